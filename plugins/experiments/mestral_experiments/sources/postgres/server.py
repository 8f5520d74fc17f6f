"""A PostgreSQL server: pooled connections, each for one read-only transaction at a time.

Guarantees: nothing is ever written; what one `with` block reads is one consistent state; no block lasts
longer than its limit, whether the server is slow, frozen, restarted or cut off; what can be wrong arrives as
`Missing`, `Damaged` or `Busy`, without a password. Safe from several threads.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from mestral_experiments.sources.faults import Busy, Damaged, Fault, Forbidden, Missing

if TYPE_CHECKING:
    from psycopg import Connection, Error
    from sqlalchemy.pool import PoolProxiedConnection, QueuePool

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 2
_GRACE_SECONDS = 0.5  # the server's own limit comes first: it says more
_SPARED_SECONDS = 1.0  # who comes after a failure gets it too: many do not wait one after the other
_IDLE_SECONDS = 600  # proxies and firewalls cut connections that are idle for longer
_TEXTS = ("date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "uuid")
"""Types whose values are read as the texts that Autosubmit writes; Python's own cannot hold all of them."""
_BEGIN = """BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {limit};
SET LOCAL lock_timeout = {patience};
SET LOCAL synchronize_seqscans = off;
SET LOCAL max_parallel_workers_per_gather = 0"""
"""One round trip. The last two keep the order of rows that are read without ORDER BY."""


class Reading:
    """A read-only transaction, and what was found out in it that stays true as long as it lasts.

    Attributes:
        connection: In the transaction.
        snapshot: What it sees, once that was asked for.
        columns: Of tables by their names in a statement: how each column is spelled, by its lower-case name.
    """

    def __init__(self, connection: "Connection[Any]") -> None:
        self.connection = connection
        self.snapshot = ""
        self.columns: dict[str, dict[str, str]] = {}

    def rows(
        self, statement: str, values: Sequence[object] = (), *, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self.connection.execute(statement, values or None, binary=binary).fetchall()


class Server:
    """Lends transactions.

    Args:
        url: As Autosubmit has it: a URL of SQLAlchemy, of PostgreSQL with any driver.
        seconds: How long a block may last, and how long to wait for a connection.
        connections: How many may be lent at a time.
    """

    def __init__(self, url: str, seconds: float, connections: int) -> None:
        self._url = url
        self._seconds = seconds
        self._connections = connections
        self._lock = threading.Lock()
        self._pool: QueuePool | None = None
        self._failed: tuple[float, str] | None = None  # monotonic time, and why
        self._of_thread = threading.local()  # `together`: what its readings share, if anything

    def __str__(self) -> str:
        return "PostgreSQL"

    @contextmanager
    def reading(self, patience: float | None = None) -> Iterator[Reading]:
        """A new transaction; the shared one in a block of `together`.

        Args:
            patience: Seconds to wait for a lock in a new one; None: as long as a block may last.

        Raises:
            Damaged: The URL or the driver cannot be used.
            Busy: The server cannot be reached, does not answer in time, or refuses a connection.
            Missing, Damaged: See `_fault`; also for errors of psycopg in the block.
        """
        together: _Together | None = getattr(self._of_thread, "together", None)
        with self._transaction(patience) if together is None else together.reading() as reading:
            yield reading

    @contextmanager
    def _transaction(self, patience: float | None = None) -> Iterator[Reading]:
        pool = self._current()
        from psycopg import Error

        lent, watchdog = None, None
        try:
            lent, watchdog = self._begun(pool, patience)
            yield Reading(lent.driver_connection)  # type: ignore[arg-type]
        except Error as error:
            if watchdog is not None and watchdog.barked:
                raise self._unreachable(f"no answer within {self._seconds:g} seconds") from error
            raise _fault(error) from error
        finally:
            if lent is not None:
                _give_back(lent)
            if watchdog is not None:
                watchdog.leave()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside, readings of this thread share transactions. Raises nothing."""
        self._of_thread.together = together = _Together(self._transaction, self._seconds / 2)
        try:
            yield
        finally:
            self._of_thread.together = None
            together.end()

    def close(self) -> None:
        """Close the connections that are not lent now."""
        with self._lock:
            if self._pool is not None:
                self._pool.dispose()
                self._pool = None

    def _current(self) -> "QueuePool":
        with self._lock:
            if self._pool is None:
                self._pool = _pool(self._url, self._seconds, self._connections)
            return self._pool

    def _begun(
        self, pool: "QueuePool", patience: float | None
    ) -> tuple["PoolProxiedConnection", "_Watchdog"]:
        """A connection in its transaction. One that died while nobody used it is replaced, once."""
        from psycopg import Error

        limit = max(1, round(self._seconds * 1000))
        wait = limit if patience is None else max(1, round(patience * 1000))
        begin = _BEGIN.format(limit=limit, patience=wait)
        for fresh in (False, True):
            lent = self._lent(pool)
            connection: Connection[Any] = lent.driver_connection  # type: ignore[assignment]
            watchdog = _Watchdog(connection.fileno(), self._seconds + _GRACE_SECONDS)
            try:
                connection.execute(begin)
            except BaseException as error:
                watchdog.leave()
                lent.invalidate()
                if watchdog.barked:
                    raise self._unreachable(f"no answer within {self._seconds:g} seconds") from error
                if fresh or not isinstance(error, Error) or not connection.closed:
                    raise
                pool = self._renewed(pool)
            else:
                break
        return lent, watchdog

    def _lent(self, pool: "QueuePool") -> "PoolProxiedConnection":
        """A connection of the pool.

        Raises:
            Busy: All are in use, or the server cannot be reached: now, or when somebody tried just before.
        """
        from psycopg import OperationalError
        from sqlalchemy.exc import TimeoutError as AllLent

        self._spare()
        try:
            lent = pool.connect()
        except AllLent as error:
            self._spare()
            raise Busy(
                f"{self}: every connection is in use (plugins.experiments.database_connections)"
            ) from error
        except OperationalError as error:
            raise self._unreachable(str(error).strip()) from error
        except UnicodeError as error:
            raise Damaged(f"[database] connection_url: its host is no name: {error}") from error
        try:
            self._spare()  # it may have been waited for
        except Busy:
            lent.close()
            raise
        return lent

    def _unreachable(self, why: str) -> Busy:
        """The fault that says so, which others get who come now."""
        self._failed = time.monotonic(), why
        return Busy(f"{self}: {why}")

    def _spare(self) -> None:
        failed = self._failed
        if failed is not None and time.monotonic() < failed[0] + _SPARED_SECONDS:
            raise Busy(f"{self}: {failed[1]}")

    def _renewed(self, old: "QueuePool") -> "QueuePool":
        """A pool without the connections of the old one: when one died, the others did."""
        with self._lock:
            if self._pool is old:
                old.dispose()
                self._pool = old.recreate()
            if self._pool is None:
                raise Busy(f"{self}: closed")
            return self._pool


class _Together:
    """A transaction for several readings; another one after an error, or when it is old.

    Args:
        begin: Begins one.
        seconds: How old it may be when a reading begins: who asks works in between, for as long as it takes,
            and the time that a transaction has is for its readings.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Reading]], seconds: float) -> None:
        self._begin = begin
        self._seconds = seconds
        self._stack = ExitStack()
        self._shared: tuple[float, Reading] | None = None  # monotonic time when it began

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """See `Server.reading`."""
        from psycopg import Error

        if self._shared is None or time.monotonic() > self._shared[0] + self._seconds:
            self.end()
            self._shared = time.monotonic(), self._stack.enter_context(self._begin())
        try:
            yield self._shared[1]
        except Error as error:
            self._shared = None
            self._stack.__exit__(type(error), error, error.__traceback__)  # raises what it means
            raise

    def end(self) -> None:
        """End the transaction."""
        self._shared = None
        self._stack.close()


class _Watchdog:
    """Cuts a connection when its time is over: a server that is frozen or cut off never answers.

    Args:
        descriptor: Of the connection's socket.
        seconds: From now.
    """

    def __init__(self, descriptor: int, seconds: float) -> None:
        self.barked = False
        self._lock = threading.Lock()
        # A descriptor of its own: the connection's may be closed and its number used again meanwhile.
        self._socket: socket.socket | None = socket.socket(fileno=os.dup(descriptor))
        self._timer = threading.Timer(seconds, self._bark)
        self._timer.daemon = True
        self._timer.start()

    def leave(self) -> None:
        """Watch no longer; may be called again."""
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _bark(self) -> None:
        with self._lock:
            if self._socket is not None:
                self.barked = True
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


def _pool(url: str, seconds: float, connections: int) -> "QueuePool":
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
        from psycopg.types.string import TextLoader
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
        from sqlalchemy.pool import QueuePool
    except ImportError as error:
        raise Damaged(
            f"the driver of PostgreSQL is not installed ({error}): run pip install 'mestral[postgres]'"
        ) from error
    if not url:
        raise Damaged("[database] connection_url is not set, which backend = postgres needs")
    try:
        parsed = make_url(url)
        if parsed.drivername.partition("+")[0] not in ("postgresql", "postgres"):
            raise ArgumentError("not of PostgreSQL")
        if any("@" in (part or "") for part in (parsed.host, parsed.database)):
            raise ArgumentError("a password that is not encoded")  # the host would be a part of it
        parsed = parsed.set(drivername="postgresql+psycopg")
        _, arguments = parsed.get_dialect()().create_connect_args(parsed)
        parameters = make_conninfo(
            **{"connect_timeout": _CONNECT_SECONDS, "application_name": "mestral", **arguments}
        )
    except psycopg.ProgrammingError as error:
        raise Damaged(f"[database] connection_url: {str(error).strip()}") from error
    except (ArgumentError, ValueError):
        raise Damaged(
            "[database] connection_url is not a URL of PostgreSQL; it looks like "
            "postgresql://user:password@host:5432/database, with @ : / % in a password as %40 %3A %2F %25"
        ) from None  # its text may quote the URL, and that the password

    def connect() -> Any:
        # No prepared statements: a proxy may give every transaction another connection.
        connection = psycopg.connect(
            parameters, autocommit=True, prepare_threshold=None, client_encoding="utf8"
        )
        for name in _TEXTS:
            connection.adapters.register_loader(name, TextLoader)
        return connection

    return QueuePool(connect, connections, max_overflow=0, timeout=seconds, recycle=_IDLE_SECONDS)


def _give_back(lent: "PoolProxiedConnection") -> None:
    """End the transaction; a connection that cannot do that is closed. What was read stands either way."""
    from psycopg import Error
    from psycopg.pq import TransactionStatus

    connection: Any = lent.driver_connection
    try:
        if connection.info.transaction_status is not TransactionStatus.ACTIVE:
            connection.execute("ROLLBACK")
    except Error as error:
        logger.debug("a connection is closed: %s", error)
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        lent.invalidate()
    lent.close()


def _fault(error: "Error") -> Fault:
    """What an error of the server means: one that may pass, one of rights, or one that lasts."""
    from psycopg import InterfaceError, OperationalError, errors

    text = f"PostgreSQL: {str(error).strip() or type(error).__name__}"
    if isinstance(error, errors.InsufficientPrivilege):
        return Forbidden(text)
    if isinstance(error, (errors.UndefinedTable, errors.InvalidSchemaName)):
        return Missing(text)
    return (Busy if isinstance(error, (OperationalError, InterfaceError)) else Damaged)(text)
