"""The runs of a history, from every version of its schema, and what becomes of a history that is spoiled."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import (
    attempts,
    database,
    digest,
    experiment,
    history,
    settle,
    source,
    tree,
    writing,
)

from mestral import Problem
from mestral_experiments.model import Run
from mestral_experiments.sources.protocol import ExperimentSource

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
    assert [run.run_id for run in source(tmp_path).runs(ROW)] == [3, 4]


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


def test_all_runs_by_id(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    null = (3, None, None, None, None, None, None, None, None, None, None, None, None, None)
    history(tmp_path, "a001", NEW, null, (4, "x", -1, 10**15, "", 0, 1, 1, 1, 1, 1, 1, 1, ""), OLD)
    runs = source(tmp_path).runs(ROW)
    assert [(run.run_id, run.start, run.finish) for run in runs] == [
        (1, 5, 6), (2, 1000, 2000), (3, None, None), (4, None, None)
    ]  # fmt: skip
    assert runs[1] == Run(2, "2026-11-23T19:48:13+0000", 1000, 2000, "day", 15, 10, 60, 11, 12, 13, 14, 0)


def test_without_a_history_there_are_no_runs(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    reading = source(tmp_path)
    for _ in range(2):
        assert list(reading.runs(ROW)) == []
        assert reading.run_configuration(ROW, 1) is None
        assert list(reading.attempts(ROW)) == list(reading.attempts(ROW, name="x", last=True)) == []
        assert list(reading.last_times(ROW)) == []
        (tmp_path / "metadata" / "data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "metadata" / "data" / "job_data_a001.db").touch()  # of 0 bytes: there is nothing


UNREADABLE: list[tuple[str, Callable[[ExperimentSource], object]]] = [
    ("Error while getting experiment runs", lambda reading: reading.latest_run(ROW)),
    ("Error while getting experiment runs", lambda reading: reading.runs(ROW)),
    ("Error while reading the run configuration", lambda reading: reading.run_configuration(ROW, 1)),
    ("Error while reading the history of jobs", lambda reading: reading.attempts(ROW)),
    ("Error while reading the history of jobs", lambda reading: reading.attempts(ROW, name="x", last=True)),
    ("Error while reading the history of jobs", lambda reading: reading.last_times(ROW)),
]


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def without_columns(path: Path) -> None:
    path.unlink()
    database(path, "CREATE TABLE experiment_run (total INTEGER)", "CREATE TABLE job_data (job_name TEXT)")


def link_out(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere.db"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize(("sentence", "ask"), UNREADABLE)
@pytest.mark.parametrize("spoil", [no_database, truncated, without_columns, link_out])
def test_a_spoiled_history(
    tmp_path: Path,
    spoil: Callable[[Path], None],
    sentence: str,
    ask: Callable[[ExperimentSource], object],
) -> None:
    tree(tmp_path, "a001", "a002")
    for name in ("a001", "a002"):
        history(tmp_path, name, NEW)
        attempts(tmp_path, name, *({"job_name": f"{name}_{n}", "qos": "x" * 100} for n in range(100)))
    spoil(tmp_path / "metadata" / "data" / "job_data_a001.db")
    settle(tmp_path)
    before = digest(tmp_path)
    reading = source(tmp_path)
    with pytest.raises(Problem) as caught:
        ask(reading)
    assert (caught.value.status, caught.value.message) == (503, sentence)
    assert len(reading.attempts(experiment("a002"))) == 100
    assert digest(tmp_path) == before


@pytest.mark.parametrize(("sentence", "ask"), UNREADABLE)
def test_a_locked_history_may_be_readable_soon(
    tmp_path: Path, sentence: str, ask: Callable[[ExperimentSource], object]
) -> None:
    tree(tmp_path, "a001")
    attempts(tmp_path, "a001", {"job_name": "x"})
    path = history(tmp_path, "a001", (*NEW[:-1], "{}"))
    reading = source(tmp_path, busy_seconds=0.05)
    with writing(path) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem) as caught:
            ask(reading)
    assert (caught.value.status, caught.value.message) == (503, sentence)
    assert caught.value.headers["Retry-After"] == "1"
    ask(reading)
