"""The newest run of a history, from every version of its schema."""

from pathlib import Path

import pytest
from tests.experiments.sources.making import database, experiment, history, source, tree

from mestral import Problem
from mestral_experiments.model import Run

ROW = experiment("a001")
OLD = (1, "2021-07-02-10:34:13", 5, 6, "month", 1, 1, 1, 1, 1, 1, 1, 1, "{}")
NEW = (2, "2026-11-23T19:48:13+0000", 1000, 2000, "day", 15, 10, 60, 11, 12, 13, 14, 0, "x" * 50_000)


def test_the_newest_run(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    history(tmp_path, "a001", NEW, OLD)
    assert source(tmp_path).latest_run(ROW) == Run(
        2, "2026-11-23T19:48:13+0000", 1000, 2000, "day", 15, 10, 60, 11, 12, 13, 14, 0
    )


def test_nulls_and_open_runs(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    history(tmp_path, "a001", (3, None, 0, None, "NA", 0, None, 60, None, 1, 2, 3, "x", None))
    assert source(tmp_path).latest_run(ROW) == Run(3, None, None, None, "NA", 0, 0, 60, 0, 1, 2, 3, 0)


@pytest.mark.parametrize(
    "columns",
    [
        "run_id INTEGER PRIMARY KEY, total INTEGER",
        "total INTEGER, modified TEXT, run_id INTEGER",
        "metadata TEXT, run_id, suspended, total",
    ],
)
def test_other_columns_in_another_order(tmp_path: Path, columns: str) -> None:
    tree(tmp_path, "a001")
    path = tmp_path / "metadata" / "data" / "job_data_a001.db"
    rows = [f"INSERT INTO experiment_run (run_id, total) VALUES ({n}, {n * 10})" for n in (4, 3)]
    database(path, f"CREATE TABLE experiment_run ({columns})", *rows)
    run = source(tmp_path).latest_run(ROW)
    assert run == Run(4, None, None, None, None, None, total=40)


def test_no_runs(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    assert source(tmp_path).latest_run(ROW) is None
    path = tmp_path / "metadata" / "data" / "job_data_a001.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert source(tmp_path).latest_run(ROW) is None
    database(path, "CREATE TABLE job_data (x)")
    assert source(tmp_path).latest_run(ROW) is None
    history(tmp_path, "a001")
    assert source(tmp_path).latest_run(ROW) is None


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(1000)])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    tree(tmp_path, "a001")
    history(tmp_path, "a001").write_bytes(content)
    with pytest.raises(Problem) as caught:
        source(tmp_path).latest_run(ROW)
    assert (caught.value.status, caught.value.message) == (503, "Error while getting experiment runs")


def test_a_new_run_is_seen(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    path = history(tmp_path, "a001", OLD)
    reading = source(tmp_path)
    first = reading.latest_run(ROW)
    database(path, "UPDATE experiment_run SET total = 99")
    second = reading.latest_run(ROW)
    assert first is not None and second is not None
    assert (first.total, second.total) == (1, 99)
