"""Two experiments that tests break, one of each generation of job lists, and what that must not harm."""

from pathlib import Path

import pytest
from tests.experiments.sources.making import digest, experiment, source

from mestral import Problem
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import JobQuery

OLD, NEW = experiment("a001"), experiment("a002", "4.2.0")
SENTENCE = "Error while reading the job list"


def pickle_of(root: Path) -> Path:
    return root / "a001" / "pkl" / "job_list_a001.pkl"


def database_of(root: Path) -> Path:
    return root / "a002" / "db" / "job_list.db"


def damaged(root: Path, row: Experiment) -> Problem:
    """The problem of one experiment, while the third is served."""
    reading = source(root)
    before = digest(root)
    for ask in (
        lambda: reading.jobs(row, JobQuery()),
        lambda: reading.jobs(row, JobQuery(limit=5)),
        lambda: reading.states(row),
        *((lambda: reading.modified(row),) if row is NEW else ()),  # that of a pickle is the file's
    ):
        with pytest.raises(Problem) as caught:
            ask()
        assert (caught.value.status, caught.value.message) == (503, SENTENCE)
    assert [job.name for job in reading.jobs(experiment("a003"), JobQuery()).jobs] == ["a003_SIM"]
    assert digest(root) == before
    return caught.value
