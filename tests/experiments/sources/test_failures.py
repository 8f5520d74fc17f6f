"""What cannot be read is told once per state of the file, and seen again as soon as the file is mended."""

import logging
import time
from pathlib import Path

import pytest
from tests.experiments.sources.making import STATUS_TABLE, database, history, source, tree, writing
from tests.experiments.sources.pair import NEW, OLD, database_of, pickle_of

from mestral import Problem
from mestral_experiments.sources.protocol import JobQuery


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged since the last call, from warnings up."""
    texts = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    caplog.clear()
    return texts


def test_a_damaged_job_list_is_told_once(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    reading = source(root)
    for row, path in ((OLD, pickle_of(root)), (NEW, database_of(root))):
        whole = path.read_bytes()
        for broken in (b"no job list", b"nor this one"):
            path.write_bytes(broken)
            for _ in range(3):
                with pytest.raises(Problem):
                    reading.states(row)
                with pytest.raises(Problem):
                    reading.jobs(row, JobQuery())
            (text,) = told(caplog)
            assert str(path) in text
        path.write_bytes(whole)
        assert len(reading.states(row) or ()) == 1
    assert told(caplog) == []


def test_a_damaged_history_is_told_once(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = root / "metadata" / "data" / "job_data_a001.db"
    reading, whole = source(root), path.read_bytes()
    path.write_bytes(whole[:100] + b"?" * (len(whole) - 100))
    for _ in range(3):
        with pytest.raises(Problem):
            reading.latest_run(OLD)
    assert len(told(caplog)) == 1
    path.unlink()
    history(root, "a001", [7, *[None] * 13])
    run = reading.latest_run(OLD)
    assert run is not None
    assert (run.run_id, told(caplog)) == (7, [])


def test_a_damaged_experiment_database_is_told_once_and_seen_when_it_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree(tmp_path, "a001")
    path = tmp_path / "autosubmit.db"
    reading, whole = source(tmp_path), path.read_bytes()
    path.write_bytes(b"no database")
    for _ in range(3):
        for ask in (reading.catalog, lambda: reading.find("a001")):
            with pytest.raises(Problem, match="The experiment database cannot be read"):
                ask()
    assert len(told(caplog)) == 1
    path.write_bytes(whole)
    assert reading.find("a001").id == 1
    assert len(reading.catalog()) == 1


def test_fresh_damage_is_looked_at_again_once_nothing_can_have_been_missed(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    path = tmp_path / "autosubmit.db"
    reading, whole = source(tmp_path), path.read_bytes()
    path.write_bytes(b"no database")
    for expected in ({"Retry-After": "1"}, {}):
        with pytest.raises(Problem) as caught:
            reading.catalog()
        assert caught.value.headers == expected
        time.sleep(2.1)
    path.write_bytes(whole)
    assert len(reading.catalog()) == 1


def test_an_unreadable_status_is_told_once_and_known_to_be_unknown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree(tmp_path, "a001")
    path = tmp_path / "as_times.db"
    path.write_bytes(b"no database")
    reading = source(tmp_path)
    for _ in range(3):
        catalog = reading.catalog()
        assert (catalog.status_known, catalog.experiments[0].status) == (False, None)
        assert reading.find("a001").status is None
    (text,) = told(caplog)
    assert str(path) in text
    path.unlink()
    assert reading.catalog().status_known
    database(path, STATUS_TABLE, "INSERT INTO experiment_status VALUES (1, 'a001', 'RUNNING')")
    assert reading.catalog().experiments[0].status == "RUNNING"


def test_a_lock_is_tried_every_time(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    reading = source(root)
    with writing(database_of(root)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(Problem):
                reading.states(NEW)
        connection.execute("ROLLBACK")
        assert len(reading.states(NEW) or ()) == 1
    assert len(told(caplog)) == 1
