"""Both databases: the file in the state folder, and one in a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.conftest import Site
from tests.postgres import Postgres


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site without any distribution."""
    return Site(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def database_toml(request: pytest.FixtureRequest) -> Iterator[str]:
    """The part of a mestral.toml that chooses the database."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    yield f'[database]\nurl = "{server.url(server.new_database())}"\n'
