"""The assembled app over a tree of experiments: real settings, real reader processes, real files."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.tree import make_tree

from mestral.app import build_app
from mestral.readers.fingerprint import SETTLE_NS
from mestral.settings import load_settings

Serve = Callable[[Path], TestClient[Any]]

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "experiments"


def serve_tree(
    stack: ExitStack, rc_file: Path, state_dir: Path, level: str = "NONE", **overrides: object
) -> TestClient[Any]:
    """A client of an app that serves the tree of this rc file until the stack is closed."""
    settings = load_settings(
        environ={"AUTOSUBMIT_CONFIGURATION": str(rc_file), "PROTECTION_LEVEL": level},
        overrides={"state_dir": str(state_dir), "readers.count": 1, "http.access_log": False, **overrides},
    )
    return stack.enter_context(TestClient(build_app(settings)))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rc file of the sample tree, which no test changes and whose fingerprints are settled."""
    rc_file = make_tree(tmp_path_factory.mktemp("tree"))
    time.sleep(SETTLE_NS / 1e9)
    return rc_file


@pytest.fixture(scope="session")
def client(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves the sample tree."""
    with ExitStack() as stack:
        yield serve_tree(stack, tree, tmp_path_factory.mktemp("state"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves a tree of the test's own."""
    with ExitStack() as stack:
        yield lambda rc_file: serve_tree(stack, rc_file, tmp_path / "state")


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves a copy of the reference experiments of Autosubmit API."""
    yield from _shared(SHARED / "reference", tmp_path_factory)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves a copy of experiments made by Autosubmit 4.1.17.1 and 4.2.0."""
    yield from _shared(SHARED / "real" / "autosubmit", tmp_path_factory)


def _shared(original: Path, folders: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    if not original.exists():
        pytest.skip("the recorded experiments are not there")
    root = folders.mktemp("shared") / "tree"
    shutil.copytree(original, root, copy_function=shutil.copy2)
    rc_file = root.parent / "autosubmitrc"
    template = (SHARED / "real" / "autosubmitrc.template").read_text()
    rc_file.write_text(template.replace("@ROOT@", str(root)))
    with ExitStack() as stack:
        yield serve_tree(stack, rc_file, folders.mktemp("state"))
