"""Files and folders that this user may read only, or not at all."""

from pathlib import Path

import pytest
from tests.experiments.sources.making import (
    digest,
    history,
    job_pickle,
    jobs_database,
    run_python,
    tree,
    tuples,
)
from tests.experiments.sources.pair import pickle_of

AS_NOBODY = """
import sys
from pathlib import Path
from mestral import Problem
from mestral_experiments.sources.protocol import JobQuery, Part
from tests.experiments.sources.making import become_nobody, experiment, source
import mestral_experiments.sources.configuration
become_nobody()
reading = source(Path(sys.argv[1]))
experiments = reading.catalog().experiments
for row in experiments:
    reading.fingerprint(row, *Part)
    reading.fingerprint_list([row], *Part)
    for ask in (
        lambda: reading.jobs(row, JobQuery()).total,
        lambda: reading.jobs(row, JobQuery(limit=2)).total,
        lambda: len(reading.states(row)),
        lambda: reading.latest_run(row),
        lambda: reading.modified(row) is None,
    ):
        try:
            print(ask(), end=" ")
        except Problem as problem:
            print(problem.status, end=" ")
    print(end="; ")
"""


@pytest.fixture
def read_only(public_path: Path) -> Path:
    """A tree that its reader may not write."""
    root = public_path / "root"
    tree(root, "a001", "a002")
    job_pickle(root, "a001", tuples("a001_SIM"))
    jobs_database(root, "a002", {"name": "a002_SIM", "status": "RUNNING"})
    history(root, "a001")
    (public_path / "root-state").mkdir()
    (public_path / "root-state").chmod(0o777)
    return root


def forbid_writing(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_user_without_write_permission_reads_everything(read_only: Path) -> None:
    forbid_writing(read_only)
    before = digest(read_only)
    assert run_python(AS_NOBODY, read_only) == "1 1 1 None False ; 1 1 1 None True ;"
    assert digest(read_only) == before


def test_files_that_may_not_be_read_are_damage_and_not_missing(read_only: Path) -> None:
    forbid_writing(read_only)
    pickle_of(read_only).chmod(0)
    (read_only / "a002" / "db").chmod(0)
    before = digest(read_only)
    assert run_python(AS_NOBODY, read_only) == "503 503 503 None False ; 503 503 503 None 503 ;"
    assert digest(read_only) == before
