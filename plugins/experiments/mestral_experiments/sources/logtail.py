"""The last lines of a log, plain or compressed by xz or gzip, which its first bytes tell.

Guarantees: however large the file is, and whatever it unpacks to, some megabytes of memory serve, and those
that xz was told to use (64 at its best compression). Of a plain file only the end is read. A compressed one
can only be read from its beginning: it is unpacked a kilobyte at a time, of which neither format makes more
than 8 MB, up to `UNPACKED_BYTES` and until a given time. Only regular files are read, and a file that grows
or shrinks meanwhile harms nothing.
"""

import errno
import lzma
import os
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, Protocol

from mestral_experiments.sources.faults import Busy, Missing, refused

WINDOW_BYTES = 1 << 20
"""How much of the end of a log is given at most."""
UNPACKED_BYTES = 512 << 20
"""How much a compressed log may hold."""

_USUAL_BYTES = 1 << 16  # in which the lines that are asked for lie, nearly always
_STEP_BYTES = 1 << 10
_XZ_MEMORY_BYTES = 128 << 20  # the best compression of xz needs half of it

INCOMPLETE = "The compressed log is incomplete: its end is missing."
CORRUPT = "The compressed log is damaged and cannot be read."
TOO_LARGE = f"The compressed log holds more than {UNPACKED_BYTES >> 20} MB: its end is not read."


class _Unpacker(Protocol):
    """What `zlib` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_UNPACKERS: dict[bytes, Callable[[], _Unpacker]] = {
    b"\xfd7zXZ\0": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES),
    b"\x1f\x8b": partial(zlib.decompressobj, wbits=16 + zlib.MAX_WBITS),
}
"""By the bytes that a file begins with."""


class Ending(NamedTuple):
    """The last lines that could be read, and why they are not the end of the log; None when they are."""

    lines: list[str]
    problem: str | None = None


def read_last_lines(path: str, count: int, until: float) -> Ending:
    """The last lines of a log.

    Args:
        path: The file.
        count: How many at most, 1 or more.
        until: When unpacking is given up, by `time.monotonic`.

    Returns:
        Lines without their ends (LF, CRLF, CR), bytes that are no UTF-8 replaced by U+FFFD; those of a
        compressed log without blanks at their ends (contract/API_V3.md 2.8). There are fewer than `count`
        where `WINDOW_BYTES` do not hold them; of a last line that is longer itself, its end is given.

    Raises:
        Missing: No such file, or a name that no file can have.
        Damaged: It is no regular file, or this user may not read it.
        Busy: It takes too long to unpack, or a trouble of the system that may pass.
    """
    with _opened(path) as (descriptor, size):
        head = os.pread(descriptor, max(map(len, _UNPACKERS)), 0)
        for magic, new in _UNPACKERS.items():
            if head.startswith(magic):
                return _unpacked_end(path, descriptor, new, count, until)
        return _plain_end(descriptor, size, count)


@contextmanager
def _opened(path: str) -> Iterator[tuple[int, int]]:
    """Descriptor and size of a regular file; what goes wrong with it meanwhile is a fault."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("not a regular file")
            yield descriptor, status.st_size
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            raise Missing(path) from error
        raise refused(path, error) from error
    except ValueError as error:
        raise refused(path, error) from error


def _plain_end(descriptor: int, size: int, count: int) -> Ending:
    for length in (_USUAL_BYTES, WINDOW_BYTES):
        end = os.pread(descriptor, length, max(0, size - length))
        lines = end.splitlines()
        if len(lines) > count or length >= size:
            break
    return Ending(_last(lines, count, cut=length < size))


def _unpacked_end(
    path: str, descriptor: int, new: Callable[[], _Unpacker], count: int, until: float
) -> Ending:
    window, total, problem = bytearray(), 0, None
    try:
        for piece in _unpack(descriptor, new):
            window += piece
            total += len(piece)
            if len(window) > 2 * WINDOW_BYTES:  # not each time, or it would be moved for every piece
                del window[:-WINDOW_BYTES]
            if total > UNPACKED_BYTES:
                problem = TOO_LARGE
                break
            if time.monotonic() > until:
                raise Busy(f"{path}: takes too long to unpack")
    except EOFError:
        problem = INCOMPLETE
    except (zlib.error, lzma.LZMAError):
        return Ending([], CORRUPT)  # what came out of it may be anything, long before that is noticed
    lines = bytes(window[-WINDOW_BYTES:]).splitlines()
    return Ending([line.rstrip() for line in _last(lines, count, cut=total > WINDOW_BYTES)], problem)


def _last(lines: list[bytes], count: int, *, cut: bool) -> list[str]:
    """The last lines as texts; of `cut` ones the first is not whole, and given only if there is no other."""
    if cut and 1 < len(lines) <= count:
        del lines[0]
    return [line.decode("utf-8", "replace") for line in lines[-count:]]


def _unpack(descriptor: int, new: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """The content piece by piece, pieces of 0 bytes included; several streams, and zeros between, are one.

    Raises:
        EOFError: The file ends too early.
        zlib.error, lzma.LZMAError: It is damaged.
    """
    unpacker = new()
    while block := os.read(descriptor, _STEP_BYTES):
        while block:
            if unpacker.eof:
                block = block.lstrip(b"\0")
                if not block:
                    break
                unpacker = new()
            yield unpacker.decompress(block)
            block = unpacker.unused_data
    if not unpacker.eof:
        raise EOFError
