"""The fixtures of `http` (the app with the probe alone), and servers with a third party's logins."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.auth.doors import Makes
from tests.http.conftest import client, make_client

__all__ = ["client", "make_client"]


@pytest.fixture
def make_doors(tmp_path: Path) -> Iterator[Makes]:
    """Makes clients of servers with the plugin of `doors`."""
    with ExitStack() as stack:
        yield Makes(tmp_path, stack)
