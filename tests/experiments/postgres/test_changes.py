"""Every committed change is seen, whatever commits it and in whatever order; nothing is ever written."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.experiments.api.test_untouched import every_get
from tests.experiments.postgres.conftest import Serve, Site
from tests.postgres import PASSWORD, Postgres

from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.autosubmit import AutosubmitSource

RUNS = "/v4/experiments/a001/runs"
JOBS = "/v4/experiments/c006/jobs"


def tag(site: Site, path: str) -> str:
    answer = site.client.get(path)
    assert answer.status_code == 200, answer.text
    etag: str = answer.headers["etag"]
    assert site.client.get(path, headers={"if-none-match": etag}).status_code == 304
    return etag


CHANGES = {
    "a row in place": (RUNS, "UPDATE a001.experiment_run SET completed = 7 WHERE run_id = 1"),
    "a row less and one more": (
        RUNS,
        "WITH gone AS (DELETE FROM a001.experiment_run WHERE run_id = 2 RETURNING *) "
        "INSERT INTO a001.experiment_run SELECT * FROM gone",
    ),
    "all rows": (RUNS, "TRUNCATE a001.experiment_run"),
    "no table": (RUNS, "DROP TABLE a001.experiment_run"),
    "no schema": (RUNS, "DROP SCHEMA a001 CASCADE"),
    "a column": (RUNS, "ALTER TABLE a001.experiment_run DROP COLUMN suspended"),
    "a name of a column": (RUNS, "ALTER TABLE a001.experiment_run RENAME COLUMN suspended TO other"),
    "the list of jobs": (JOBS, "UPDATE c006.jobs SET status = 'FAILED' WHERE name = 'c006_2_SIM'"),
    "a pickled list": ("/v4/experiments/a001/jobs", "DELETE FROM job_pkl WHERE expid = 'a001'"),
    "a description": (
        "/v4/experiments?only_active=false", "UPDATE experiment SET description = 'new' WHERE name = 'a001'"
    ),
    "details": ("/v4/experiments/a001", "UPDATE details SET \"user\" = 'carol' WHERE exp_id = 1"),
    "a status": ("/v4/experiments", "UPDATE experiment_status SET status = 'RUNNING' WHERE name = 'a001'"),
    "no table of states": ("/v4/experiments", "DROP TABLE experiment_status"),
    "no details": ("/v4/experiments/a001", "DROP TABLE details"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_it_gives_a_new_answer(site: Site, change: str) -> None:
    path, statement = CHANGES[change]
    before = tag(site, path)
    site.database.execute(statement)
    answer = site.client.get(path, headers={"if-none-match": before})
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] != before


def test_what_others_write_changes_no_answer(site: Site) -> None:
    before = tag(site, RUNS)
    site.database.execute("UPDATE c006.jobs SET status = 'FAILED'")
    site.database.execute("CREATE TABLE other (x int)")
    assert site.client.get(RUNS, headers={"if-none-match": before}).status_code == 304


def test_a_commit_that_comes_late_is_seen(postgres: Postgres, site: Site) -> None:
    with postgres.connect(site.database.info.dbname) as late:
        late.execute("BEGIN")
        late.execute("UPDATE a001.experiment_run SET finish = 101 WHERE run_id = 1")
        site.database.execute("UPDATE a001.experiment_run SET finish = 102 WHERE run_id = 2")
        before = tag(site, RUNS)
        late.execute("COMMIT")
    assert site.client.get(RUNS, headers={"if-none-match": before}).status_code == 200
    assert len({run["finish"] for run in site.get(RUNS)["runs"]}) == 2


def test_an_experiment_appears_and_gets_its_schema(site: Site) -> None:
    assert site.refusal("/v4/experiments/n00b/runs") == (404, "Experiment with expid 'n00b' not found.")
    site.database.execute("INSERT INTO experiment VALUES (77, 'n00b', 'new', '4.2.0')")
    assert site.get("/v4/experiments/n00b/runs") == {"runs": []}
    assert site.get("/v4/experiments/n00b/jobs")["jobs"] == []
    site.database.execute("CREATE SCHEMA n00b")
    site.database.execute("CREATE TABLE n00b.jobs AS SELECT * FROM c006.jobs")
    assert site.get("/v4/experiments/n00b/jobs") == site.get(JOBS)


def test_rights_that_come_later_count_at_once(postgres: Postgres, site: Site) -> None:
    name = site.database.info.dbname
    role = sql.Identifier(f"reader_of_{name}")
    site.database.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, PASSWORD))
    rc_file = site.root / "autosubmitrc"
    own, other = (
        one.replace("%", "%%") for one in (postgres.url(name), postgres.url(name, user=f"reader_of_{name}"))
    )
    rc_file.write_text(rc_file.read_text().replace(own, other))
    assert site.refusal(RUNS) == (503, "The experiment database cannot be read")
    for schema in ("public", "a001"):
        site.database.execute(
            sql.SQL(
                "GRANT USAGE ON SCHEMA {0} TO {1}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}"
            ).format(sql.Identifier(schema), role)
        )
    assert len(site.get(RUNS)["runs"]) == 2
    listed = {one["name"]: one for one in site.get("/v4/experiments?only_active=false")["experiments"]}
    assert [listed[name]["total"] for name in ("c006", "a001", "t002")] == [0, 8, 0]
    assert site.refusal(JOBS) == (503, "Error while reading the job list")
    states = {part["part"]: part["state"] for part in site.get("/v4/experiments/c006/health")["parts"]}
    assert states["job_list"] == "unreadable"
    site.database.execute(
        sql.SQL("GRANT USAGE ON SCHEMA c006 TO {0}; GRANT SELECT ON c006.jobs TO {0}").format(role)
    )
    assert len(site.get(JOBS)["jobs"]) == 2


def test_reading_everything_writes_nothing(postgres: Postgres, site: Site) -> None:
    before = written(site.database)
    asked = list(every_get(site.client, ["a001", "t002", "c006", "b005"]))
    for path in asked:
        assert site.client.get(path).status_code < 500, path
    assert len(asked) > 40
    assert written(site.database) == before


def written(database: "psycopg.Connection[Any]") -> str:
    """Moves with every transaction that writes, anywhere in the server."""
    ((snapshot,),) = database.execute("SELECT pg_current_snapshot()::text").fetchall()
    return str(snapshot)


def test_odd_values_harm_no_other(site: Site) -> None:
    site.database.execute(
        "ALTER TABLE c006.jobs ALTER priority TYPE numeric, ALTER date TYPE timestamp USING date::timestamp"
    )
    site.database.execute("ALTER TABLE c006.jobs ALTER id TYPE bigint")
    site.database.execute("UPDATE c006.jobs SET id = 20261123193340, member = NULL, status = 'NEW STATE'")
    jobs = site.get(JOBS)["jobs"]
    assert [job["status"] for job in jobs] == ["UNKNOWN", "UNKNOWN"]
    assert [job["member"] for job in jobs] == [None, None]
    assert [job["date"] for job in jobs] == ["2020-01-01"] * 2


def test_a_text_that_no_row_can_hold_is_no_error(site: Site) -> None:
    site.database.execute("CREATE TABLE c006.experiment_structure (e_from text, e_to text)")
    source = AutosubmitSource(ExperimentsSettings(rc_file=site.root / "autosubmitrc"), site.root)
    experiment = source.find("c006")
    for name in ("a\0b", "\ud800"):
        assert source.job(experiment, name) is None
        assert source.parents(experiment, name) == []
        assert source.attempts(experiment, name=name) == []
    source.close()


def test_another_database_in_the_rc_file_counts_at_once(postgres: Postgres, site: Site, serve: Serve) -> None:
    other = postgres.new_database()
    rc_file = site.root / "autosubmitrc"
    rc_file.write_text(rc_file.read_text().replace(f"/{site.database.info.dbname}", f"/{other}"))
    assert site.refusal(RUNS) == (503, "The experiment database cannot be read")
    with postgres.connect(other) as connection:
        connection.execute(
            "CREATE TABLE experiment (id int, name text, description text, autosubmit_version text)"
        )
        connection.execute("INSERT INTO experiment VALUES (1, 'zzzz', 'only one', '4.2.0')")
    assert [one["name"] for one in site.get("/v4/experiments?only_active=false")["experiments"]] == ["zzzz"]
