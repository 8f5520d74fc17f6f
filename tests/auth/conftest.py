"""Fixtures of the tests of `auth`: the app with the probe alone, inside this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from mestral.app import build_app

from tests.probe import install_probe, probe_settings, use_site

Client = TestClient[Litestar]
MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    """A client of an app with the probe; keywords are settings, `server__root_path="/api"`."""
    install_probe(tmp_path / "site")
    with ExitStack() as stack:
        stack.enter_context(use_site(tmp_path / "site"))

        def make(**overrides: Any) -> Client:
            app = build_app(probe_settings(tmp_path, **overrides))
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    """A client of an app with the probe and default settings."""
    return make_client()
