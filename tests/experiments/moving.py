"""A tree of experiments moved into a database of the server that the tests started."""

from pathlib import Path

from tests.postgres import Postgres
from tools import move_to_postgres


class Moved(move_to_postgres.Moved):
    """See there.

    Args:
        rc_file: Of a tree of files; it points to the database then.
        server: Where the database is made.
        driver: Which driver the URL in the rc file names.

    Attributes:
        name: Of the database.
    """

    def __init__(self, rc_file: Path, server: Postgres, driver: str = "postgresql") -> None:
        self.name = server.new_database()
        super().__init__(rc_file, server.url(self.name, driver))
