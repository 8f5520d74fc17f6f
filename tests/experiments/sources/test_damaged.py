"""Damage in one experiment: a clear 503 for that one and no harm to others."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import attributes, job_pickle, source, tuples, writing
from tests.experiments.sources.pair import NEW, OLD, SENTENCE, damaged, database_of, pickle_of

from mestral import Problem
from mestral_experiments.model import JobStatus
from mestral_experiments.sources.protocol import JobQuery, Part


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"garbage", tuples("a")[:-9], b"cos\nsystem\n(S'true'\ntR."]
)
def test_damaged_pickle(root: Path, content: bytes) -> None:
    pickle_of(root).write_bytes(content)
    damaged(root, OLD)


@pytest.mark.parametrize("keep", [10, 1000, 4096, 5000])
def test_truncated_database(root: Path, keep: int) -> None:
    path = database_of(root)
    path.write_bytes(path.read_bytes()[:keep])
    damaged(root, NEW)


def test_locked_database_may_be_asked_again(root: Path) -> None:
    with writing(database_of(root)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert damaged(root, NEW).headers == {"Retry-After": "1"}
    assert source(root).states(NEW) == [("a002_SIM", JobStatus.RUNNING)]


def test_locked_history(root: Path) -> None:
    with writing(root / "metadata" / "data" / "job_data_a001.db") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem) as caught:
            source(root).latest_run(OLD)
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})


@pytest.mark.parametrize("which", [pickle_of, database_of])
def test_a_pipe_does_not_block(root: Path, which: Callable[[Path], Path]) -> None:
    which(root).unlink()
    os.mkfifo(which(root))
    row = OLD if which is pickle_of else NEW
    source(root).fingerprint(row, Part.JOBS)
    source(root).fingerprint_list([row], Part.JOBS)
    reading = source(root)
    with pytest.raises(Problem, match=SENTENCE):
        reading.jobs(row, JobQuery())


def test_a_list_of_odd_jobs_is_served(root: Path) -> None:
    content = pickle.dumps(
        {"good": attributes(), "odd": attributes(_status="?", _chunk="x"), 5: attributes()}, 5
    )
    job_pickle(root, "a001", content)
    page = source(root).jobs(OLD, JobQuery())
    assert [(job.name, job.status) for job in page.jobs] == [
        ("good", JobStatus.COMPLETED),
        ("odd", JobStatus.UNKNOWN),
    ]
