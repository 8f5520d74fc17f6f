"""What the proof that nothing changed has to withstand: late commits, other servers, views."""

from pathlib import Path
from typing import Any

import psycopg
from tests.experiments.postgres.conftest import Site
from tests.postgres import PASSWORD, Postgres, running_postgres

from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.autosubmit import AutosubmitSource

RUNS = "/v4/experiments/a001/runs"
NAMES = "/v4/experiments?only_active=false&fields=name,description"


def make_experiment(connection: "psycopg.Connection[Any]", description: str) -> None:
    connection.execute(
        "CREATE TABLE experiment (id int, name text, description text, autosubmit_version text)"
    )
    connection.execute("INSERT INTO experiment VALUES (1, 'a001', %s, '4.2.0')", (description,))


def source_of(folder: Path, url: str) -> AutosubmitSource:
    rc_file = folder / "rc"
    url = url.replace("%", "%%")
    rc_file.write_text(f"[database]\nbackend = postgres\nconnection_url = {url}\n[local]\npath = {folder}\n")
    return AutosubmitSource(ExperimentsSettings(rc_file=rc_file), folder / "state")


def test_one_transaction_between_two_others_is_no_mean_of_them(postgres: Postgres, site: Site) -> None:
    update = "UPDATE a001.experiment_run SET finish = %s"
    with postgres.connect(site.database.info.dbname) as late:
        site.database.execute(f"{update} WHERE run_id = 1", (100,))
        late.execute("BEGIN")
        late.execute("SELECT pg_current_xact_id()")
        site.database.execute(f"{update} WHERE run_id = 2", (100,))
        etag = site.client.get(RUNS).headers["etag"]
        late.execute(update, (200,))
        late.execute("COMMIT")
    rows = site.database.execute("SELECT DISTINCT xmin::text FROM a001.experiment_run").fetchall()
    assert len(rows) == 1
    assert site.client.get(RUNS, headers={"if-none-match": etag}).status_code == 200
    assert {run["finish"] for run in site.get(RUNS)["runs"]} == {"1970-01-01T00:03:20+00:00"}


def test_views_show_what_their_tables_hold_now(site: Site) -> None:
    children = "/v4/experiments/c006/jobs/c006_2_SIM/parents"
    site.database.execute(
        "ALTER TABLE experiment RENAME TO all_of_them;"
        "CREATE VIEW experiment AS SELECT * FROM all_of_them;"
        "ALTER TABLE a001.experiment_run RENAME TO all_runs;"
        "CREATE VIEW a001.experiment_run AS SELECT * FROM a001.all_runs;"
        "CREATE VIEW c006.experiment_structure AS SELECT 'c006_1_SIM' AS e_from, 'c006_2_SIM' AS e_to"
    )
    assert site.get(children) == {"parents": [{"job_name": "c006_1_SIM"}]}
    assert site.get(NAMES)["experiments"][0]["description"] == "Zebra first, plain"
    assert len(site.get(RUNS)["runs"]) == 2
    site.database.execute("UPDATE all_of_them SET description = 'new' WHERE id = 1")
    assert site.get(NAMES)["experiments"][0]["description"] == "new"
    site.database.execute("DELETE FROM a001.all_runs WHERE run_id = 1")
    assert len(site.get(RUNS)["runs"]) == 1


def test_who_may_read_some_columns_sees_them_change(postgres: Postgres, tmp_path: Path) -> None:
    name = postgres.new_database()
    with postgres.connect(name) as connection:
        make_experiment(connection, "old")
        connection.execute(
            f"CREATE ROLE some_of_{name} LOGIN PASSWORD '{PASSWORD}';"
            f"GRANT SELECT (id, name, description, autosubmit_version) ON experiment TO some_of_{name}"
        )
        source = source_of(tmp_path, postgres.url(name, user=f"some_of_{name}"))
        assert source.catalog().experiments[0].description == "old"
        connection.execute("UPDATE experiment SET description = 'new'")
        assert source.catalog().experiments[0].description == "new"
        source.close()


def test_another_database_counts_though_nothing_was_written_since(postgres: Postgres, site: Site) -> None:
    other = postgres.new_database()
    with postgres.connect(other) as connection:
        make_experiment(connection, "of another database")
    assert len(site.get(NAMES)["experiments"]) == 7
    rc_file = site.root / "autosubmitrc"
    rc_file.write_text(rc_file.read_text().replace(f"/{site.database.info.dbname}", f"/{other}"))
    assert site.get(NAMES)["experiments"] == [{"name": "a001", "description": "of another database"}]
    assert site.get("/v4/experiments/a001")["description"] == "of another database"


def test_a_cluster_made_anew_is_another_though_its_transactions_have_the_same_numbers(
    own_server: Postgres, tmp_path: Path
) -> None:
    def fill(description: str) -> str:
        with own_server.connect("postgres") as connection:
            make_experiment(connection, description)
            ((xmin,),) = connection.execute("SELECT xmin::text FROM experiment").fetchall()
        return str(xmin)

    before = fill("first")
    source = source_of(tmp_path, own_server.url("postgres"))
    assert source.catalog().experiments[0].description == "first"
    own_server.stop()
    own_server.make_anew()
    own_server.start()
    assert fill("second") == before
    assert source.catalog().experiments[0].description == "second"
    source.close()


def test_a_standby_server_shows_what_commits_while_an_older_transaction_goes_on(
    own_server: Postgres, tmp_path: Path
) -> None:
    with running_postgres(own_server) as standby:
        first, second, third = (own_server.connect("postgres") for _ in range(3))
        make_experiment(first, "old")
        second.execute("BEGIN; SELECT pg_current_xact_id()")
        third.execute("BEGIN; UPDATE experiment SET description = 'new'")
        first.execute("CREATE TABLE other (x int)")
        standby.catch_up(own_server)
        source = source_of(tmp_path, standby.url("postgres"))
        assert source.catalog().experiments[0].description == "old"
        third.execute("COMMIT")
        standby.catch_up(own_server)
        assert source.catalog().experiments[0].description == "new"
        source.close()
        for connection in (first, second, third):
            connection.close()
