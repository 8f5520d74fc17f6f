"""Experiments in a real PostgreSQL, which tests lock, freeze, stop and change."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import serve_tree
from tests.experiments.api.tree import make_tree
from tests.experiments.moving import Moved
from tests.postgres import Postgres, running_postgres


class Site:
    """The sample tree in PostgreSQL, served.

    Attributes:
        root: Folder of what stays files, and of the rc file.
        client: Of the app.
        database: A connection that may change everything.
    """

    def __init__(self, root: Path, client: TestClient[Any], database: "psycopg.Connection[Any]") -> None:
        self.root = root
        self.client = client
        self.database = database

    def get(self, path: str) -> Any:
        """The JSON of an answer that is well."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, path: str) -> tuple[int, str]:
        """Status and message of an answer that is not."""
        answer = self.client.get(path)
        return answer.status_code, answer.json().get("error_message", "")


Serve = Callable[..., Site]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves the sample tree from a server."""
    with ExitStack() as stack:

        def served(server: Postgres, **settings: Any) -> Site:
            root = tmp_path / "tree"
            root.mkdir()
            rc_file = make_tree(root)
            moved = Moved(rc_file, server)
            moved.remove_files()
            overrides: dict[str, Any] = {
                f"plugins.experiments.{name}": value for name, value in settings.items()
            }
            client = serve_tree(stack, rc_file, tmp_path / "state", **overrides)
            return Site(root, client, stack.enter_context(server.connect(moved.name)))

        yield served


@pytest.fixture
def site(postgres: Postgres, serve: Serve) -> Site:
    """From the server of all tests."""
    return serve(postgres)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server of the test's own, to stop and to freeze."""
    with running_postgres() as server:
        yield server
