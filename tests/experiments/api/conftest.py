"""The assembled app over a tree of experiments: real settings, real reader processes, real files and servers.

Every test runs twice, with what Autosubmit keeps in SQLite and in files, and with the same moved into
PostgreSQL. `@pytest.mark.files` is for tests about files themselves: they damage, change or look at them.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.tree import make_tree
from tests.experiments.moving import Moved
from tests.postgres import Postgres

from mestral.app import build_app
from mestral.readers.fingerprint import SETTLE_NS
from mestral.settings import load_settings
from mestral_experiments.demo import unpack

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


def copy_shared(original: Path, folder: Path) -> Path:
    """A copy of recorded experiments in a folder, where they are there; its rc file."""
    if not original.exists():
        pytest.skip("the recorded experiments are not there")
    root = folder / "tree"
    shutil.copytree(original, root, copy_function=shutil.copy2)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    rc_file = folder / "autosubmitrc"
    template = (SHARED / "real" / "autosubmitrc.template").read_text()
    rc_file.write_text(template.replace("@ROOT@", str(root)))
    return rc_file


class Backend:
    """Where the data of a tree is when it is served: where it was made."""

    def place(self, rc_file: Path) -> Callable[[], None]:
        """Put what an rc file points to there; what is given does it again with what changed since."""
        return lambda: None

    def settle(self, rc_file: Path) -> None:
        """As `place`, once, for a tree that does not change any more."""


class InPostgres(Backend):
    """It is moved into PostgreSQL."""

    def __init__(self, server: Postgres) -> None:
        self._server = server

    def place(self, rc_file: Path) -> Callable[[], None]:
        return Moved(rc_file, self._server).again

    def settle(self, rc_file: Path) -> None:
        Moved(rc_file, self._server).remove_files()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both, one after the other."""
    return InPostgres(request.getfixturevalue("postgres")) if request.param == "postgres" else Backend()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests about files where there are none."""
    for item in list(items):
        chosen = getattr(item, "callspec", None)
        if chosen and chosen.params.get("backend") == "postgres" and item.get_closest_marker("files"):
            items.remove(item)


@pytest.fixture(scope="session")
def tree(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rc file of the sample tree, which no test changes and whose fingerprints are settled."""
    rc_file = make_tree(tmp_path_factory.mktemp("tree"))
    backend.settle(rc_file)
    time.sleep(SETTLE_NS / 1e9)
    return rc_file


@pytest.fixture(scope="session")
def client(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves the sample tree."""
    with ExitStack() as stack:
        yield serve_tree(stack, tree, tmp_path_factory.mktemp("state"))


@pytest.fixture
def serve(backend: Backend, tmp_path: Path) -> Iterator[Serve]:
    """Serves a tree of the test's own, which it may change as long as it changes files."""
    with ExitStack() as stack:

        def served(rc_file: Path) -> TestClient[Any]:
            again = backend.place(rc_file)
            client = serve_tree(stack, rc_file, tmp_path / "state")
            client.event_hooks = {"request": [lambda _: again()]}
            return client

        yield served


@pytest.fixture(scope="session")
def demo(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves the experiments that the project ships, made by Autosubmit itself."""
    rc_file = unpack(tmp_path_factory.mktemp("demo"))
    backend.settle(rc_file)
    with ExitStack() as stack:
        yield serve_tree(stack, rc_file, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def reference(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves a copy of the reference experiments of Autosubmit API."""
    yield from _shared(SHARED / "reference", backend, tmp_path_factory)


@pytest.fixture(scope="session")
def real(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves a copy of experiments made by Autosubmit 4.1.17.1 and 4.2.0."""
    yield from _shared(SHARED / "real" / "autosubmit", backend, tmp_path_factory)


@pytest.fixture(scope="session", params=["demo", "reference", "real"])
def everything(request: pytest.FixtureRequest, backend: Backend) -> TestClient[Any]:
    """Clients of all trees of real experiments, which `backend` holds."""
    client: TestClient[Any] = request.getfixturevalue(request.param)
    return client


@pytest.fixture(scope="session")
def expids(everything: TestClient[Any]) -> list[str]:
    """Names of the experiments of `everything`."""
    found = everything.get("/v4/experiments?only_active=false&page_size=0").json()["experiments"]
    return [experiment["name"] for experiment in found]


def _shared(original: Path, backend: Backend, folders: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    rc_file = copy_shared(original, folders.mktemp("shared"))
    backend.settle(rc_file)
    with ExitStack() as stack:
        yield serve_tree(stack, rc_file, folders.mktemp("state"))
