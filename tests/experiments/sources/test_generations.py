"""Which of the two job lists of an experiment counts: pickle or database."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.experiments.sources.making import experiment, job_pickle, source, tuples
from tests.experiments.sources.pair import OLD, database_of

from mestral_experiments.sources.protocol import JobQuery


@pytest.mark.parametrize(
    "version", ["4.1.17", "4.2.0", "4.10.1", "5.0", None, "", "abc", "4", "4.x", "4.2rc1", "4." + 9999 * "9"]
)
def test_the_generation_that_exists_is_used(root: Path, version: str | None) -> None:
    reading = source(root)
    for name in ("a001", "a002"):
        (job,) = reading.jobs(experiment(name, version), JobQuery()).jobs
        assert job.name == f"{name}_SIM"
        assert reading.modified(experiment(name, version)) is not None


@pytest.mark.parametrize(
    ("version", "generation"),
    [("4.2.0", "new"), ("4.10", "new"), ("5.0.1", "new"), ("4.1.17", "old"), (None, "old"), ("4.x", "old")],
)
def test_of_two_generations_the_version_decides(root: Path, version: str | None, generation: str) -> None:
    job_pickle(root, "a002", tuples("old"))
    database_of(root)
    with sqlite3.connect(database_of(root)) as connection:
        connection.execute("UPDATE jobs SET name = 'new'")
    connection.close()
    (job,) = source(root).jobs(experiment("a002", version), JobQuery()).jobs
    assert job.name == generation


def test_nothing_but_a_row(root: Path) -> None:
    shutil.rmtree(root / "a001")
    reading = source(root)
    page = reading.jobs(OLD, JobQuery(name="x", limit=3))
    assert (list(page.jobs), page.total, reading.states(OLD), reading.modified(OLD)) == ([], 0, None, None)
