"""The one place that opens SQLite files that belong to Autosubmit, without ever writing beside them.

Guarantees: nothing is created, changed or removed next to the file, whoever runs this; what one `with`
block reads is one consistent state; what can be wrong with the file arrives as `Missing`, `Damaged` or
`Busy`.

What `mode=ro` does was tried for each case (tests/experiments/sources/test_sqlite.py): it reads rollback-
journal files without a trace; it cannot read a file with a hot journal (SQLITE_READONLY_ROLLBACK); in WAL
mode it creates `-wal` and `-shm` where it may, fails where it may not, and with `readonly_shm` leaves both
alone as long as both exist. Run by root, SQLite also takes ownership of every journal it opens, which
changes its ctime. Hence: in place where no trace is left, else from a private copy below the state folder.

Closing any descriptor of a database drops the locks that SQLite holds on it in the same process (POSIX): do
not stamp or open a file in one thread while another reads it here.
"""

import logging
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from mestral.readers import Fingerprint, fingerprint, stamp_sqlite
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing, Unfinished, refused

T = TypeVar("T")
logger = logging.getLogger(__name__)

_MAGIC = b"SQLite format 3\x00"
_WAL = 2  # as write or read version, bytes 18 and 19 of the header
_PASSING = frozenset(
    (
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT,
    )
)  # fmt: skip
"""Errors that say nothing about the file itself."""
_TRIES = 4
_PAUSE_SECONDS = 0.05
_TICK_NS = 20_000_000  # two writes within one tick of the file system's clock have the same mtime
_ABANDONED_SECONDS = 3600  # a scratch folder this old belonged to a process that was killed


@contextmanager
def open_readonly(path: Path | str, *, state_dir: Path, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """Read a SQLite file in one transaction; errors of SQLite inside the block become faults too.

    Args:
        path: The database.
        state_dir: Folder for a private copy where the file cannot be read in place.
        busy_seconds: How long to wait for a lock.

    Raises:
        Missing: No file, or one of 0 bytes.
        Damaged: Not a database, corrupt, truncated, or not readable by this user.
        Busy: Locked beyond `busy_seconds`, or changing all the time while it was copied.
    """
    with open_in_place(path, busy_seconds=busy_seconds) as connection, ExitStack() as stack:
        if connection is None:
            copy = stack.enter_context(_copied(os.fspath(path), state_dir))
            connection = _begin(copy, "mode=rw", busy_seconds)
            stack.callback(connection.close)
        yield connection


@contextmanager
def open_in_place(path: Path | str, *, busy_seconds: float) -> Iterator[sqlite3.Connection | None]:
    """As `open_readonly`, but nothing is copied: None for a database that can only be read from a copy."""
    file = os.fspath(path)
    try:
        with ExitStack() as stack:
            connection = _in_place(file, busy_seconds)
            if connection is not None:
                stack.callback(connection.close)
            yield connection
    except sqlite3.Error as error:
        raise _fault(error, file) from error


def read_database(
    path: Path | str, read: Callable[[sqlite3.Connection], T], *, state_dir: Path, busy_seconds: float
) -> T:
    """What `read` makes of a database; one that looks damaged while it is being written is read again.

    Raises:
        Missing, Damaged: As `open_readonly`, and whatever `read` raises.
        Busy: As `open_readonly`; `Unfinished` when it is damaged and was written just now.
    """
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        try:
            with open_readonly(path, state_dir=state_dir, busy_seconds=busy_seconds) as connection:
                return read(connection)
        except Damaged as fault:
            named = str(fault).startswith(os.fspath(path))  # what reads a table does not know of which file
            damage = fault if named else type(fault)(f"{os.fspath(path)}: {fault}")
            if fingerprint(stamp_sqlite(path)).settled:
                raise damage from fault
    raise Unfinished(f"{damage}; it was written just now") from damage


def uses_wal(path: str) -> bool:
    """Whether a write-ahead log can belong to this file; True when that cannot be known."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            header = os.pread(descriptor, 20, 0)
        finally:
            os.close(descriptor)
    except OSError:
        return True
    return not header.startswith(_MAGIC) or _WAL in header[18:20]


def _readable_in_place(file: str) -> bool:
    """Whether SQLite can read this file where it is without leaving a trace.

    Raises:
        Missing, Damaged: Before SQLite has touched anything.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(file) from error
    except (OSError, ValueError) as error:
        raise refused(file, error) from error
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        header = os.pread(descriptor, 20, 0) if regular else b""
    except OSError as error:
        raise refused(file, error) from error
    finally:
        os.close(descriptor)
    if regular and not header:
        raise Missing(f"{file}: 0 bytes")
    if not header.startswith(_MAGIC):
        raise Damaged(f"{file}: not a SQLite database")
    root = os.geteuid() == 0
    if _WAL in header[18:20]:
        return not root and _size(file + "-wal") is not None and _size(file + "-shm") is not None
    return not (root and _size(file + "-journal"))


def _in_place(file: str, busy_seconds: float) -> sqlite3.Connection | None:
    """A connection to the file itself; None when that would leave a trace or needs a rollback."""
    if not _readable_in_place(file):
        return None
    connection = _begin(file, "mode=ro&readonly_shm=1", busy_seconds)
    if not _size(file + "-journal"):
        return connection
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if (
            error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK
        ):  # the journal is hot; it is left as it is
            return None
        raise
    return connection


def _begin(file: str, options: str, busy_seconds: float) -> sqlite3.Connection:
    """A connection whose statements belong to one transaction."""
    uri = f"file:{quote(os.fsencode(file))}?{options}"
    connection = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None)
    connection.execute("BEGIN")
    return connection


@contextmanager
def _copied(file: str, state_dir: Path) -> Iterator[str]:
    """A private copy of the database with its journals, as they were at one moment; removed afterwards.

    Raises:
        Busy: They changed during every try, cannot be read, or the state folder cannot be written.
    """
    try:
        scratch = state_dir / "sqlite"
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_abandoned(scratch)
        folder = tempfile.mkdtemp(dir=scratch)
    except OSError as error:
        raise Busy(f"{file}: no copy can be made: {error.strerror}") from error
    try:
        copy = f"{folder}/copy.db"
        try:
            _copy_unchanged(file, copy)
        except OSError as error:
            raise Busy(f"{file}: no copy can be made: {error.strerror}") from error
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_unchanged(file: str, copy: str) -> None:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        before = fingerprint(stamp_sqlite(file))
        if _newest(before) + _TICK_NS > before.taken_ns:
            continue
        for suffix in ("", "-wal", "-journal"):
            Path(copy + suffix).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(file + suffix, copy + suffix)
        if fingerprint(stamp_sqlite(file)).same_as(before):
            return
    raise Busy(f"{file}: changes all the time")


def _newest(taken: Fingerprint) -> int:
    return max(max(stamp.mtime_ns, stamp.ctime_ns) for stamp in taken.stamps)


def _remove_abandoned(scratch: Path) -> None:
    for folder in scratch.iterdir():
        with suppress(OSError):
            if folder.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                logger.info("removing %s, left by a process that was killed", folder)
                shutil.rmtree(folder, ignore_errors=True)


def _size(file: str) -> int | None:
    """Bytes of a file, None when there is none."""
    try:
        return os.stat(file).st_size  # noqa: PTH116 - hot path
    except OSError:
        return None


def _fault(error: sqlite3.Error, file: str) -> Fault:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (Busy if code in _PASSING else Damaged)(f"{file}: {error}")
