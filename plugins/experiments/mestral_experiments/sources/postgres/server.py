"""A PostgreSQL server: pooled connections, each for one read-only transaction at a time.

Guarantees: nothing is ever written; what one `with` block reads is one consistent state; no block lasts
longer than its limit, whether the server is slow, frozen, restarted or cut off; what can be wrong arrives as
`Missing`, `Damaged` or `Busy`, without a password. Safe from several threads.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from mestral_experiments.sources.faults import Busy, Damaged, Fault, Forbidden, Missing

if TYPE_CHECKING:
    from psycopg import Connection, Error
    from sqlalchemy.pool import PoolProxiedConnection, QueuePool

_CONNECT_SECONDS = 2
_GRACE_SECONDS = 0.5  # the server's own limit comes first: it says more
_SPARED_SECONDS = 1.0  # who comes after a failure gets it too: many do not wait one after the other
_IDLE_SECONDS = 600  # proxies and firewalls cut connections that are idle for longer
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
        self._of_thread = threading.local()  # `shared`: the transaction of `together`

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
        from_together: Reading | None = getattr(self._of_thread, "shared", None)
        if from_together is not None:
            with self._used(from_together):
                yield from_together
            return
        pool = self._current()
        from psycopg import Error

        lent, watchdog = None, None
        try:
            lent, watchdog = self._begun(pool, patience)
            connection: Connection[Any] = lent.driver_connection  # type: ignore[assignment]
            yield Reading(connection)
            connection.execute("ROLLBACK")
        except Error as error:
            if watchdog is not None and watchdog.barked:
                raise self._unreachable(f"no answer within {self._seconds:g} seconds") from error
            raise _fault(error) from error
        finally:
            if watchdog is not None:
                watchdog.leave()
            if lent is not None:
                if not _is_idle(lent):
                    lent.invalidate()
                lent.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside, all readings of this thread share one transaction, until one fails. Raises nothing."""
        with ExitStack() as stack:
            with suppress(Fault):
                self._of_thread.shared = stack.enter_context(self.reading())
            try:
                yield
            finally:
                self._of_thread.shared = None
                with suppress(Fault):
                    stack.close()

    @contextmanager
    def _used(self, shared: Reading) -> Iterator[None]:
        """After an error a transaction is over: others make one of their own."""
        from psycopg import Error

        try:
            yield
        except Error as error:
            self._of_thread.shared = None
            raise _fault(error) from error

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
    except (ArgumentError, ValueError) as error:
        # Its text may quote the URL, and that the password.
        raise Damaged(
            "[database] connection_url is not a URL of PostgreSQL; it looks like "
            "postgresql://user:password@host:5432/database, with @ : / % in a password as %40 %3A %2F %25"
        ) from error
    arguments.setdefault("connect_timeout", _CONNECT_SECONDS)
    arguments.setdefault("application_name", "mestral")
    # No prepared statements: a proxy may give every transaction another connection.
    arguments.update(autocommit=True, prepare_threshold=None, client_encoding="utf8")

    def connect() -> Any:
        return psycopg.connect(**arguments)

    return QueuePool(connect, connections, max_overflow=0, timeout=seconds, recycle=_IDLE_SECONDS)


def _is_idle(lent: "PoolProxiedConnection") -> bool:
    from psycopg.pq import TransactionStatus

    connection: Any = lent.driver_connection
    return connection is not None and connection.info.transaction_status == TransactionStatus.IDLE


def _fault(error: "Error") -> Fault:
    """What an error of the server means: one that may pass, one of rights, or one that lasts."""
    from psycopg import InterfaceError, OperationalError, errors

    text = f"PostgreSQL: {str(error).strip() or type(error).__name__}"
    if isinstance(error, errors.InsufficientPrivilege):
        return Forbidden(text)
    if isinstance(error, (errors.UndefinedTable, errors.InvalidSchemaName)):
        return Missing(text)
    return (Busy if isinstance(error, (OperationalError, InterfaceError)) else Damaged)(text)
