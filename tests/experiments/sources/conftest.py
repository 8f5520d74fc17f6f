"""Copies of the real trees, which no test changes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.experiments.sources.making import rc_file

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
