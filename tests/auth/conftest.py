"""The fixtures of `http`: the app with the probe alone. Here more tokens may fail in a minute."""

from collections.abc import Iterator

import pytest
from tests.http.conftest import Client, client_maker, make_client

__all__ = ["make_client"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of an app with default settings, shared by a module: tests only ask."""
    with client_maker(tmp_path_factory.mktemp("shared")) as make:
        made = make()
        made.app.state.platform.throttle._limits["token"] = 10**6
        yield made
