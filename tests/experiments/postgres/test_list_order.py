"""Job lists keep their order while rows of tables move, which every change of a row makes it do."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.api.conftest import SHARED, copy_shared, serve_tree
from tests.experiments.moving import Moved
from tests.experiments.postgres.conftest import Site
from tests.postgres import Postgres

EXPERIMENT = "/v4/experiments/a003"
PAGE = f"{EXPERIMENT}/jobs?page_size=10&page=2"
GRAPHS = ("/v3/graph/a003/standard/none", "/v3/graph/a003/laplacian/none", f"{EXPERIMENT}/graph")
LISTS = {
    "/v3/tree/a003": ("jobs", "id"),
    "/v3/quick/a003": ("view_data", "name"),
    "/v3/pklinfo/a003/0": ("pkl_content", "name"),
    f"{EXPERIMENT}/tree": ("jobs", "name"),
    PAGE: ("jobs", "name"),
    f"{EXPERIMENT}/jobs/a003_20240101_fc0_CLEAN/parents": ("parents", "job_name"),
}
"""Where an answer has jobs, and the name of one."""

MOVES = {
    "one job": "UPDATE a003.jobs SET status = 'RUNNING' WHERE name = 'a003_SETUP'",
    "many jobs": "UPDATE a003.jobs SET status = 'READY' WHERE chunk = 1",
    "edges": "UPDATE a003.experiment_structure SET completion_status = 'WAITING' WHERE e_from LIKE '%fc0_1%'",
}


@pytest.fixture
def real(postgres: Postgres, tmp_path: Path) -> Iterator[Site]:
    """Recorded experiments; the jobs of a003 are in tables."""
    rc_file = copy_shared(SHARED / "real" / "autosubmit", tmp_path)
    moved = Moved(rc_file, postgres)
    moved.remove_files()
    with ExitStack() as stack:
        client = serve_tree(stack, rc_file, tmp_path / "state")
        yield Site(tmp_path / "tree", client, stack.enter_context(postgres.connect(moved.name)))


def names(site: Site, path: str) -> list[str]:
    where, name = LISTS[path]
    return [job[name] for job in site.get(path)[where]]


def nodes(site: Site, path: str) -> list[tuple[str, float, float]]:
    found = site.get(path)["nodes"]
    return [(node["id"] if "id" in node else node["name"], node["x"], node["y"]) for node in found]


def rows(site: Site) -> list[Any]:
    """Jobs and edges as PostgreSQL comes by them."""
    return [
        site.database.execute("SELECT name FROM a003.jobs").fetchall(),
        site.database.execute("SELECT e_from, e_to FROM a003.experiment_structure").fetchall(),
    ]


@pytest.mark.parametrize("move", MOVES)
def test_a_change_moves_no_job(real: Site, move: str) -> None:
    listed = {path: names(real, path) for path in LISTS}
    drawn = {path: nodes(real, path) for path in GRAPHS}
    edges = real.get(GRAPHS[0])["edges"]
    before = rows(real)
    real.database.execute(MOVES[move])
    assert rows(real) != before
    assert {path: names(real, path) for path in LISTS} == listed
    assert {path: nodes(real, path) for path in GRAPHS} == drawn
    assert real.get(GRAPHS[0])["edges"] == edges


def test_the_order_is_nearly_that_in_which_autosubmit_wrote_the_jobs(real: Site) -> None:
    original = SHARED / "real" / "autosubmit" / "a003" / "db" / "job_list.db"
    with closing(sqlite3.connect(f"file:{original}?mode=ro", uri=True)) as database:
        written = [name for (name,) in database.execute("SELECT name FROM jobs ORDER BY rowid")]
    real.database.execute("UPDATE a003.jobs SET status = status WHERE name LIKE '%fc1%'")
    real.database.execute("UPDATE a003.jobs SET status = status WHERE section = 'SETUP'")
    found = names(real, "/v3/quick/a003")
    cleaned = [name for name in written if name.endswith("CLEAN")]
    assert found[: -len(cleaned)] == written[: -len(cleaned)]
    assert found[-len(cleaned) :] == sorted(cleaned)


def test_chunks_are_in_order_of_their_numbers(real: Site) -> None:
    for chunk, other in ((11, "fc0_1"), (3, "fc0_2"), (10, "fc1_1")):
        real.database.execute(
            "UPDATE a003.jobs SET name = %s, chunk = %s WHERE name = %s",
            (f"a003_20240101_fc0_{chunk}_SIM", chunk, f"a003_20240201_{other}_SIM"),
        )
    sims = [
        name
        for name in names(real, "/v3/quick/a003")
        if name.startswith("a003_20240101_fc0") and name.endswith("SIM")
    ]
    assert sims == [f"a003_20240101_fc0_{chunk}_SIM" for chunk in (1, 2, 3, 10, 11)]


def test_a_list_in_another_order_has_the_same_layout(real: Site) -> None:
    before = {path: nodes(real, path) for path in GRAPHS}
    real.database.execute("UPDATE a003.jobs SET priority = -priority")
    for path, drawn in before.items():
        found = nodes(real, path)
        assert found != drawn
        assert sorted(found) == sorted(drawn)


def test_jobs_without_what_orders_them_go_by_name(real: Site) -> None:
    real.database.execute("ALTER TABLE a003.jobs DROP COLUMN priority, ALTER chunk TYPE text")
    real.database.execute("UPDATE a003.jobs SET chunk = NULL")
    found = names(real, "/v3/quick/a003")
    assert found == sorted(found, key=lambda name: (len(name), name))


def test_another_name_is_seen_on_the_page_that_was_asked_for(real: Site) -> None:
    before = names(real, PAGE)
    real.database.execute("UPDATE a003.jobs SET name = %s WHERE name = %s", (f"{before[3]}_X", before[3]))
    assert names(real, PAGE) == [*before[:3], f"{before[3]}_X", *before[4:]]
