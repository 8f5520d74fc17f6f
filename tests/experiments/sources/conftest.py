"""Copies of the real trees, which no test changes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.experiments.sources.making import history, job_pickle, jobs_database, rc_file, tree, tuples

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "experiments"


def _copy(tmp_path_factory: pytest.TempPathFactory, original: Path) -> Path:
    if not original.is_dir():
        pytest.skip(f"no sample data: shared/experiments/{original.name} is not beside the project")
    root = tmp_path_factory.mktemp(original.name) / "root"
    shutil.copytree(original, root, symlinks=True)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    rc_file(root)
    return root


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nine reference experiments of Autosubmit API."""
    return _copy(tmp_path_factory, SHARED / "reference")


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six experiments made by Autosubmit 4.1.17.1 and 4.2.0."""
    return _copy(tmp_path_factory, SHARED / "real" / "autosubmit")


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A folder that every user may enter, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two healthy experiments, one of each generation, and a third one."""
    root = tmp_path / "root"
    tree(root, "a001", "a002", "a003")
    job_pickle(root, "a001", tuples("a001_SIM"))
    jobs_database(root, "a002", {"name": "a002_SIM", "status": "RUNNING", "modified": "2026-01-01 00:00:00"})
    job_pickle(root, "a003", tuples("a003_SIM"))
    for name in ("a001", "a002", "a003"):
        history(root, name)
    return root
