"""User metrics."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import database, digest, experiment, metrics, source, tree, writing

from mestral import Problem
from mestral_experiments.model import UserMetric

ROW = experiment("a001")
SPEED = {"run_id": 2, "job_name": "a", "metric_name": "speed", "metric_value": "1.50", "modified": "2026Z"}
SENTENCE = "Error while reading the user metrics"


def test_runs_newest_first_and_metrics_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    metrics(
        tmp_path,
        "a001",
        SPEED | {"user_metric_id": 9, "job_name": "z"},
        SPEED | {"user_metric_id": 7},
        SPEED | {"run_id": 10, "metric_value": '{"a": 1}', "modified": None},
        SPEED | {"run_id": None},
    )
    before = digest(tmp_path)
    reading = source(tmp_path)
    assert reading.metric_runs(ROW) == [10, 2]
    assert reading.metrics(ROW, 2) == [
        UserMetric("a", "speed", "1.50", "2026Z"),
        UserMetric("z", "speed", "1.50", "2026Z"),
    ]
    assert reading.metrics(ROW, 10) == [UserMetric("a", "speed", '{"a": 1}', None)]
    for unknown in (0, 3, -(2**70), 2**70):
        assert list(reading.metrics(ROW, unknown)) == []
    assert digest(tmp_path) == before


def test_a_value_is_a_text_whatever_it_is_stored_as(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    table = (
        "CREATE TABLE user_metrics (user_metric_id, run_id, job_name, metric_name, metric_value, modified)"
    )
    rows = [SPEED | {"user_metric_id": n, "metric_value": v} for n, v in enumerate((1, 2.5, None, "x", b"b"))]
    metrics(tmp_path, "a001", *rows, SPEED | {"job_name": 5}, SPEED | {"metric_name": None}, table=table)
    values = [metric.metric_value for metric in source(tmp_path).metrics(ROW, 2)]
    assert values == ["1", "2.5", "", "x", ""]


def test_no_metrics(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    reading = source(tmp_path)
    path = tmp_path / "a001" / "tmp" / "metrics_a001.db"

    def nothing() -> bool:
        return list(reading.metric_runs(ROW)) == [] and list(reading.metrics(ROW, 1)) == []

    assert nothing()
    path.parent.mkdir(parents=True)
    path.touch()
    assert nothing()
    database(path, "CREATE TABLE other (x)")
    assert nothing()
    metrics(tmp_path, "a001")
    assert nothing()
    metrics(tmp_path / "again", "a001", SPEED)
    (tmp_path / "again" / "a001" / "tmp" / "metrics_a001.db").replace(path)
    assert list(reading.metric_runs(ROW)) == [2]


def no_database(path: Path) -> None:
    path.write_bytes(b"no database")


def without_columns(path: Path) -> None:
    database(path, "DROP TABLE user_metrics", "CREATE TABLE user_metrics (job_name TEXT)")


def link_out(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere.db"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone.db")


@pytest.mark.parametrize("spoil", [no_database, without_columns, link_out, link_to_nowhere])
def test_spoiled_metrics(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    tree(tmp_path, "a001", "a002")
    metrics(tmp_path, "a002", SPEED)
    spoil(metrics(tmp_path, "a001", SPEED))
    reading = source(tmp_path)
    for ask in (lambda: reading.metric_runs(ROW), lambda: reading.metrics(ROW, 2)):
        with pytest.raises(Problem) as caught:
            ask()
        assert (caught.value.status, caught.value.message) == (503, SENTENCE)
    assert list(reading.metric_runs(experiment("a002"))) == [2]


def test_locked_metrics_may_be_readable_soon(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    path = metrics(tmp_path, "a001", SPEED)
    reading = source(tmp_path, busy_seconds=0.05)
    with writing(path) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem) as caught:
            reading.metrics(ROW, 2)
    assert caught.value.headers["Retry-After"] == "1"
    assert len(reading.metrics(ROW, 2)) == 1
