"""Fixtures of the tests of `http`: the app with the probe alone, inside this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.probe import install_probe, probe_settings, use_site

from mestral.app import build_app

Client = TestClient[Litestar]
MakeClient = Callable[..., Client]


@contextmanager
def client_maker(folder: Path) -> Iterator[MakeClient]:
    """A function that makes clients; keywords are settings, `server__root_path="/api"`."""
    install_probe(folder / "site")
    with ExitStack() as stack:
        stack.enter_context(use_site(folder / "site"))

        def make(**overrides: Any) -> Client:
            app = build_app(probe_settings(folder, **overrides))
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield make


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    """`client_maker` for one test."""
    with client_maker(tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of an app with default settings, shared by a module: tests only ask."""
    with client_maker(tmp_path_factory.mktemp("shared")) as make:
        yield make()
