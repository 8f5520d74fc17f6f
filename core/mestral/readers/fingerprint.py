"""Fingerprints: cheap proof that what an answer was made from has not changed.

Guarantees: two equal fingerprints, both *settled*, mean equal content. A stamp holds path, mtime and ctime
in nanoseconds, size, inode and, for SQLite files, the header's change counter; a SQLite database is stamped
with its write-ahead log and its rollback journal. A file changed less than `SETTLE_NS` before it was looked
at may change again within the clock's resolution, so such a fingerprint proves nothing.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

SETTLE_NS = 2_000_000_000


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """A file's identity and version. What is not there or cannot be looked at has inode 0.

    A link that leads nowhere stands for itself.

    Attributes:
        path: Absolute path, in bytes: a text with a name that is no UTF-8 could not be sent.
        mtime_ns, ctime_ns: Times of the last change of content and of the inode, nanoseconds since the epoch.
        size: Bytes.
        inode: Inode number, 0 when there is no file.
        counter: Change counter of a SQLite file (bytes 24 to 27 of its header), else 0.
    """

    path: bytes
    mtime_ns: int = 0
    ctime_ns: int = 0
    size: int = 0
    inode: int = 0
    counter: int = 0

    @property
    def place(self) -> str:
        """The path as Python's own functions give and take it."""
        return os.fsdecode(self.path)


class Fingerprint(msgspec.Struct, frozen=True, array_like=True):
    """What an answer was made from.

    Attributes:
        stamps: The files that take part, missing ones included (they may appear).
        content: Digest of rows of shared databases, which are keyed by content and not by file.
        taken_ns: When it was taken, nanoseconds since the epoch; not part of its identity.
        clock_seconds: For what depends on now, see `ticking`; 0 for what does not.
        tick: Which multiple of so many seconds since the epoch had passed.
    """

    stamps: tuple[Stamp, ...] = ()
    content: str = ""
    taken_ns: int = 0
    clock_seconds: int = 0
    tick: int = 0

    def same_as(self, other: "Fingerprint") -> bool:
        """Whether both saw the same files and rows, at about the same time where that matters."""
        return self._identity == other._identity

    def same_data_as(self, other: "Fingerprint") -> bool:
        """Whether both saw the same files and rows, whatever the time."""
        return self.stamps == other.stamps and self.content == other.content

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.stamps, self.content, self.clock_seconds, self.tick

    @property
    def settled(self) -> bool:
        """Whether no file was changed within `SETTLE_NS` before the fingerprint was taken."""
        newest = max((max(s.mtime_ns, s.ctime_ns) for s in self.stamps), default=0)
        return newest + SETTLE_NS <= self.taken_ns

    def digest(self, *salt: str) -> str:
        """A short text for an ETag: equal for equal content and salt."""
        data = msgspec.msgpack.encode((*self._identity, salt))
        return hashlib.blake2b(data, digest_size=12).hexdigest()

    def again(self) -> "Fingerprint":
        """The same files and the same clock, looked at now; `content` stays as it is."""
        stamps = (stamp_sqlite(s.place)[0] if s.counter else stamp(s.place) for s in self.stamps)
        now = time.time_ns()
        return Fingerprint(
            tuple(stamps), self.content, now, self.clock_seconds, _tick(now, self.clock_seconds)
        )

    def __add__(self, other: "Fingerprint") -> "Fingerprint":
        """Both together; of two clocks the finer one."""
        clocks = [one for one in (self, other) if one.clock_seconds]
        clock = min(clocks, key=lambda one: one.clock_seconds, default=self)
        return Fingerprint(
            stamps=self.stamps + other.stamps,
            content=content_digest(self.content, other.content)
            if self.content and other.content
            else self.content or other.content,
            taken_ns=min(self.taken_ns, other.taken_ns) or max(self.taken_ns, other.taken_ns),
            clock_seconds=clock.clock_seconds,
            tick=clock.tick,
        )


def stamp(path: Path | str) -> Stamp:
    """Stamp one plain file or folder by `stat`."""
    return _stamp(os.fspath(path), os.stat)


def _stamp(text: str, look: Callable[[str], os.stat_result]) -> Stamp:
    try:
        st = look(text)
    except (OSError, ValueError):
        return Stamp(_path(text))
    return Stamp(_path(text), st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino)


def stamp_opened(path: Path | str) -> Stamp:
    """Stamp one file by opening it: a network file system then asks the server for its attributes."""
    return _stamp_opened(os.fspath(path), counter=False)


def stamp_sqlite(path: Path | str) -> tuple[Stamp, ...]:
    """Stamp a SQLite database: the file with its change counter, its `-wal` and its `-journal`.

    Closing a file drops the locks that SQLite holds on it in the same process (POSIX): not while another
    thread reads that database.
    """
    text = os.fspath(path)
    return _stamp_opened(text, counter=True), stamp(text + "-wal"), stamp(text + "-journal")


def _stamp_opened(text: str, counter: bool) -> Stamp:
    with contextlib.suppress(OSError, ValueError):
        fd = os.open(text, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a named pipe must not block
        try:
            st = os.fstat(fd)
            count = int.from_bytes(os.pread(fd, 4, 24), "big") if counter else 0
        finally:
            os.close(fd)
        return Stamp(_path(text), st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino, count)
    return _stamp(text, os.lstat)


def _path(text: str) -> bytes:
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:  # half a surrogate pair is in the name of no file
        return text.encode("utf-8", "replace")


def fingerprint(stamps: Iterable[Stamp], content: str = "") -> Fingerprint:
    """A fingerprint taken now."""
    return Fingerprint(tuple(stamps), content, time.time_ns())


def ticking(seconds: int) -> Fingerprint:
    """For what depends on now: another fingerprint at every multiple of so many seconds since the epoch."""
    now = time.time_ns()
    return Fingerprint(taken_ns=now, clock_seconds=seconds, tick=_tick(now, seconds))


def _tick(now_ns: int, seconds: int) -> int:
    return now_ns // (seconds * 1_000_000_000) if seconds else 0


def content_digest(*values: object) -> str:
    """Digest of rows or other values that msgspec can encode."""
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=12).hexdigest()
