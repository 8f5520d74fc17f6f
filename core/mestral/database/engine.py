"""One database of Mestral's own, used from threads: SQLite in the state folder, or PostgreSQL.

Guarantees: work runs whole in one transaction or not at all; nothing blocks the event loop. A database that
does not answer is a 503 with Retry-After within seconds, and is asked again by whoever comes next. SQLAlchemy
is imported when the database is first used, not before.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from mestral.errors import unavailable
from mestral.readers.threads import CallTookTooLong, Threads
from mestral.settings.secret import mask_urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Engine

    from mestral.settings.model import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "mestral.db"
_WAIT_SECONDS = 5
_RUN_SECONDS = 10.0
_THREADS = 4
_DOWN = "The server's own database cannot be reached now, try again."


class Database:
    """The database of one app.

    Args:
        settings: `database.url`, or else the file `mestral.db` in the state folder.
    """

    def __init__(self, settings: Settings) -> None:
        given = settings.database.url
        self.file = None if given else settings.state_dir / FILE
        self._given = given.reveal() if given else f"sqlite:///{self.file}"
        self._engine: Engine | None = None
        self._making = threading.Lock()
        self._threads = Threads(_THREADS, "mestral database")

    def __str__(self) -> str:
        return mask_urls(self._given)

    @property
    def embedded(self) -> bool:
        """Whether it is SQLite, which this server alone uses and whose tables it makes by itself."""
        return self._given.startswith("sqlite")

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, made when it is first asked for."""
        with self._making:
            if self._engine is None:
                self._engine = _make_engine(self._given)
            return self._engine

    def work(self, function: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Call a function with a connection, in one transaction; blocks.

        Args:
            function: What to do; its result must not be a cursor.
            writes: Whether it may write. SQLite then waits for other writers before it begins.

        Raises:
            Problem: 503, the database cannot be reached or does not answer.
        """
        from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

        try:
            with self.engine.connect() as connection:
                connection = connection.execution_options(mestral_writes=writes)
                with connection.begin():
                    return function(connection)
        except (IntegrityError, ProgrammingError):
            raise  # ours to prevent
        except DBAPIError as error:
            logger.error("Mestral's database %s: %s", self, error.orig)
            raise unavailable(_DOWN, retry_after=5) from error

    async def run(self, function: Callable[[Connection], T], *, writes: bool = False) -> T:
        """The same in a thread, for whoever must not block."""
        try:
            return await self._threads.run(lambda: self.work(function, writes=writes), _RUN_SECONDS)
        except CallTookTooLong as error:
            logger.error("Mestral's database %s: no answer in %g seconds", self, _RUN_SECONDS)
            raise unavailable(_DOWN, retry_after=5) from error

    def close(self) -> None:
        """Give back connections and threads."""
        self._threads.close()
        with self._making:
            if self._engine is not None:
                self._engine.dispose()


def url_of(given: str) -> URL:
    """SQLAlchemy's URL: PostgreSQL is spoken to by psycopg, whatever driver is named."""
    from sqlalchemy import make_url

    url = make_url(given)
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _make_engine(given: str) -> Engine:
    from sqlalchemy import create_engine, event

    url = url_of(given)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c statement_timeout={_WAIT_SECONDS * 1000} -c lock_timeout={_WAIT_SECONDS * 1000}"
    arguments = {"connect_timeout": _WAIT_SECONDS, "options": options, "application_name": "mestral"}
    return create_engine(
        url, connect_args=arguments, pool_pre_ping=True, pool_size=_THREADS, pool_timeout=_WAIT_SECONDS
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Transactions are begun by `_begin_sqlite`, not by the driver's guess (SQLAlchemy, SQLite dialect)."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("mestral_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
