"""One database of Mestral's own, used from threads: SQLite in the state folder, or PostgreSQL.

Guarantees: work runs whole in one transaction or not at all; nothing blocks the event loop. A database that
does not answer, is frozen or lacks its tables is a 503 with Retry-After within seconds, and is asked again by
whoever comes a second later. SQLAlchemy is imported when the database is first used, not before.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from mestral.errors import Problem, unavailable
from mestral.readers.threads import CallTookTooLong, Threads
from mestral.settings.secret import mask_urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Engine

    from mestral.settings.model import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "mestral.db"
_CONNECT_SECONDS = 3
_WAIT_SECONDS = 5  # for a lock, and for a statement
_RUN_SECONDS = 8.0
_SPARED_SECONDS = 1.0  # who comes after a failure gets it too: many do not wait one after the other
_THREADS = 4
_DOWN = "The server's own database cannot be used now, try again."
_NOT_OURS = ("42P01", "42703", "42501", "3F000")  # no such table, column, schema; not allowed


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
        self._failed: tuple[float, BaseException] | None = None  # monotonic time, and why
        self._sockets: weakref.WeakSet[Any] = weakref.WeakSet()  # connections to PostgreSQL

    def __str__(self) -> str:
        return mask_urls(self._given) if self.file is None else str(self.file)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, made when it is first asked for."""
        with self._making:
            if self._engine is None:
                self._engine = self._make_engine()
            return self._engine

    def work(self, function: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Call a function with a connection, in one transaction; blocks.

        Args:
            function: What to do; its result must not be a cursor.
            writes: Whether it may write. SQLite then waits for other writers before it begins.

        Raises:
            Problem: 503, the database cannot be reached, does not answer, or lacks its tables; `reason` says
                which.
        """
        from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

        connection = self._connected(writes)
        try:
            with connection, connection.begin():
                return function(connection)
        except IntegrityError:
            raise  # the caller's to judge
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) not in _NOT_OURS:
                raise  # a mistake of ours
            raise self._down(error) from error
        except SQLAlchemyError as error:
            raise self._down(error) from error

    async def run(self, function: Callable[[Connection], T], *, writes: bool = False) -> T:
        """The same in a thread, for whoever must not block."""
        began: list[float] = []

        def call() -> T:
            began.append(time.monotonic())
            return self.work(function, writes=writes)

        try:
            return await self._threads.run(call, _RUN_SECONDS)
        except CallTookTooLong as error:
            if began and time.monotonic() - began[0] > _WAIT_SECONDS:
                self._cut()
            raise self._down(error) from error

    async def look(self, function: Callable[[], T], seconds: float) -> T:
        """Call what uses this database by itself, in a thread.

        Raises:
            Problem: 503, it takes longer than this.
        """
        try:
            return await self._threads.run(function, seconds)
        except CallTookTooLong as error:
            raise self._down(error) from error

    def close(self) -> None:
        """Give back connections and threads."""
        self._threads.close()
        with self._making:
            if self._engine is not None:
                self._engine.dispose()

    def _connected(self, writes: bool) -> Connection:
        from sqlalchemy.exc import SQLAlchemyError

        failed = self._failed
        if failed is not None and time.monotonic() < failed[0] + _SPARED_SECONDS:
            raise unavailable(_DOWN, retry_after=5) from failed[1]
        try:
            return self.engine.connect().execution_options(mestral_writes=writes)
        except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
            self._failed = time.monotonic(), error
            raise self._down(error) from error

    def _down(self, error: BaseException) -> Problem:
        logger.error("Mestral's database %s: %s", self, _told(error))
        return unavailable(_DOWN, retry_after=5)

    def _cut(self) -> None:
        """Cut every connection: a server that did not even tell that its own limit is over is frozen or gone.

        The threads that wait for it end by that; SQLAlchemy replaces the connections.
        """
        self._failed = time.monotonic(), TimeoutError(f"no answer within {_RUN_SECONDS:g} seconds")
        for connection in list(self._sockets):
            with (
                suppress(Exception),  # closed meanwhile
                socket.socket(fileno=os.dup(connection.fileno())) as copy,
            ):
                copy.shutdown(socket.SHUT_RDWR)

    def _make_engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        if self.file is not None:
            arguments: dict[str, Any] = {"timeout": _WAIT_SECONDS, "check_same_thread": False}
            engine = create_engine(self._given, connect_args=arguments)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        url = url_of(self._given)
        milliseconds = _WAIT_SECONDS * 1000
        ours = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        arguments = {
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"{url.query.get('options', '')} {ours}".strip(),
            "application_name": "mestral",
        }
        engine = create_engine(
            url, connect_args=arguments, pool_pre_ping=True, pool_size=_THREADS, pool_timeout=_WAIT_SECONDS
        )
        event.listen(engine, "connect", lambda connection, _: self._sockets.add(connection))
        return engine


def url_of(given: str) -> URL:
    """SQLAlchemy's URL of PostgreSQL, which is spoken to by psycopg, whatever driver is named."""
    from sqlalchemy import make_url

    return make_url(given).set(drivername="postgresql+psycopg")


def reason(problem: Problem) -> str:
    """Why the database cannot be used, for the deployer; passwords are masked."""
    return _told(problem.__cause__ or problem)


def _told(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return mask_urls(" ".join(text.split())) or type(error).__name__


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Transactions are begun by `_begin_sqlite`, not by the driver's guess (SQLAlchemy, SQLite dialect)."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("mestral_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
