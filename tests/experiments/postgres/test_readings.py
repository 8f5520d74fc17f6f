"""Transactions and connections: how long they are kept, and what is read with them."""

import time
from pathlib import Path

from tests.experiments.postgres.conftest import Site
from tests.postgres import Postgres

from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.autosubmit import AutosubmitSource
from mestral_experiments.sources.protocol import Part


def source_of(site: Site, **settings: float) -> AutosubmitSource:
    return AutosubmitSource(
        ExperimentsSettings(rc_file=site.root / "autosubmitrc", **settings),  # type: ignore[arg-type]
        site.root / "state",
    )


def test_who_reads_a_list_may_take_longer_than_a_reading(site: Site) -> None:
    source = source_of(site, database_seconds=0.2, database_connections=1)
    seen = {}
    for experiment in source.in_turn(source.catalog().experiments[:2], Part.HISTORY):
        time.sleep(0.8)  # the server has not kept anybody waiting
        seen[experiment.name] = source.latest_run(experiment)
    assert [run.total for run in seen.values() if run] == [8, 8]
    assert source.health() is None
    source.close()


def test_what_is_not_there_costs_no_connection(site: Site) -> None:
    def connections() -> list[tuple[int]]:
        return site.database.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'mestral' AND datname = "
            "current_database() ORDER BY pid"
        ).fetchall()

    source = source_of(site, database_connections=1)
    experiment = source.find("b005")
    before = connections()
    for _ in range(3):
        assert source.wrappers(experiment) == {}
        assert source.runs(experiment) == []
    assert connections() == before != []
    source.close()


def test_values_of_other_types_are_read_as_texts(site: Site) -> None:
    site.database.execute(
        'ALTER TABLE a001.experiment_run ALTER metadata TYPE jsonb USING \'{"A": {"B": 1}}\'::jsonb;'
        "ALTER TABLE c006.jobs ALTER modified TYPE timestamp USING modified::timestamp;"
        "ALTER TABLE c006.jobs ALTER member TYPE uuid USING '00000000-0000-0000-0000-000000000001'::uuid;"
        "ALTER TABLE details ALTER created TYPE timestamp USING 'infinity'::timestamp;"
        "ALTER TABLE job_pkl ALTER expid TYPE char(40)"
    )
    assert site.get("/v4/experiments/a001/runs/1/config")["config"]["A"] == {"B": 1}
    listed = {one["name"]: one for one in site.get("/v4/experiments?only_active=false")["experiments"]}
    assert listed["c006"]["modified"] == "2024-05-01T12:30:00+00:00"
    assert listed["c006"]["created"] == "infinity"
    assert listed["a001"]["modified"] is not None
    jobs = site.get("/v4/experiments/c006/jobs?page_size=1")["jobs"]
    assert jobs[0]["member"] == "00000000-0000-0000-0000-000000000001"
    assert len(site.get("/v4/experiments/a001/jobs")["jobs"]) == 4


def test_parameters_that_the_url_of_a_deployment_has_are_no_trouble(
    postgres: Postgres, site: Site, tmp_path: Path
) -> None:
    rc_file = site.root / "autosubmitrc"
    name = site.database.info.dbname
    written = rc_file.read_text()
    for parameters in ("client_encoding=utf8", "sslmode=prefer&connect_timeout=10", "application_name=other"):
        rc_file.write_text(written.replace(f"/{name}", f"/{name}?{parameters}"))
        assert site.get("/v4/experiments/a001")["name"] == "a001"
    rc_file.write_text(written.replace(f"/{name}", f"/{name}?autocommit=1"))
    assert site.refusal("/v4/experiments/a001") == (503, "The experiment database cannot be read")
    source = source_of(site)
    assert 'invalid connection option "autocommit"' in (source.health() or "")
    source.close()
