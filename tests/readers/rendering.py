"""Render functions that the tests have reader processes run.

Each leaves a line in `<path>.renders` (its process id), so that tests can count renderings and find the
process.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from mestral import Problem
from mestral.readers import Answer, Memo, ReaderContext, fingerprint, stamp, ticking


class Colour(msgspec.Struct, frozen=True):
    """Settings of the service below."""

    name: str = "red"


_memos = Memo(), Memo()
_built: dict[str, int] = {}


def paint(settings: Colour, state_dir: Path) -> str:
    """A service: what it says shows that it was made from its settings, in the reader."""
    return f"{settings.name} in {state_dir.name}"


def echo(_: ReaderContext, path: str) -> bytes:
    """What the file says, and who read it."""
    _note(path)
    return msgspec.json.encode({"text": Path(path).read_text(), "pid": os.getpid()})


def each_second(_: ReaderContext, path: str) -> Answer:
    """What the file says; that it depends on now, nobody knew before."""
    return Answer(body=Path(path).read_bytes(), depends=ticking(1))


def slower_than_the_clock(_: ReaderContext, path: str) -> Answer:
    """What the file says, which depends on now, in more time than it stays the same."""
    _note(path)
    depends = ticking(1)
    while depends.again().same_as(depends):
        time.sleep(0.005)
    return Answer(body=Path(path).read_bytes(), depends=depends)


def waiting(_: ReaderContext, path: str) -> bytes:
    """What the file says, once `<path>.go` is there."""
    text = Path(path).read_text()
    _note(path)
    _wait_for(path + ".go")
    return msgspec.json.encode({"text": text, "pid": os.getpid()})


def large(_: ReaderContext, path: str) -> bytes:
    """50 MB, once `<path>.go` is there."""
    _note(path)
    _wait_for(path + ".go")
    return b"x" * 50_000_000


def kilobytes(_: ReaderContext, path: str) -> bytes:
    """As many kB as the file says."""
    _note(path)
    return b"x" * 1000 * int(Path(path).read_text())


def included(_: ReaderContext, path: str) -> Answer:
    """What another file says, whose name the file holds."""
    other = Path(path).with_name(Path(path).read_text())
    depends = fingerprint([stamp(other)])
    answer = Answer(body=msgspec.json.encode({"text": other.read_text()}), depends=depends)
    _note(path)
    return answer


def included_waiting(_: ReaderContext, path: str) -> Answer:
    """As `included`, once `<path>.go` is there."""
    answer = included(_, path)
    _wait_for(path + ".go")
    return answer


def memorised(reader: ReaderContext, path: str) -> bytes:
    """What the file said when this reader first looked."""
    _note(path)

    def read() -> tuple[str, int]:
        return Path(path).read_text(), 1000

    return msgspec.json.encode({"text": reader.memo.get(path, fingerprint([]), read)})


def memorised_apart(_: ReaderContext, path: str) -> bytes:
    """How often a value of 8 MB was built, kept by one of the memos that services have."""
    _note(path)
    memo = _memos[sum(path.encode()) % 2]

    def build() -> tuple[int, int]:
        _built[path] = _built.get(path, 0) + 1
        return _built[path], 8 * 1024**2

    return msgspec.json.encode({"built": memo.get(path, fingerprint([]), build)})


def service(reader: ReaderContext, path: str) -> bytes:
    """What the service of slot `test.paint` is, and whether this process had to load Litestar."""
    _note(path)
    return msgspec.json.encode({"paint": reader.service("test.paint"), "litestar": "litestar" in sys.modules})


def refusing(_: ReaderContext, path: str) -> bytes:
    """A problem with everything a problem can have."""
    _note(path)
    raise Problem(
        409, "Not like this.", code="conflict", headers={"Retry-After": "7"}, body={"why": ["a", 1]}
    )


def failing(_: ReaderContext, path: str) -> bytes:
    """A bug."""
    _note(path)
    raise ValueError("a bug with /a/secret/path")


def recursing(reader: ReaderContext, path: str) -> bytes:
    """Endless recursion."""
    return recursing(reader, path)


def leaving(_: ReaderContext, path: str) -> bytes:
    """A call of sys.exit."""
    _note(path)
    sys.exit(3)


def unfit(_: ReaderContext, path: str) -> Any:
    """Something that is no answer."""
    return {"path": path}


def dying(_: ReaderContext, path: str) -> bytes:
    """A crash."""
    _note(path)
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def endless(_: ReaderContext, path: str) -> bytes:
    """Busy for ever."""
    _note(path)
    while True:
        pass


def hungry(_: ReaderContext, path: str) -> bytes:
    """More and more memory, in small pieces, so that in the end nothing at all is left."""
    _note(path)
    pieces = []
    while True:
        pieces.append(bytes(5000))


def growing(reader: ReaderContext, path: str) -> bytes:
    """100 MB that stay."""
    _note(path)
    reader.memo.kept_by_test = bytearray(b"x") * 100_000_000  # type: ignore[attr-defined]
    return msgspec.json.encode({"pid": os.getpid()})


def _note(path: str) -> None:
    with Path(path + ".renders").open("a") as notes:
        notes.write(f"{os.getpid()}\n")


def _wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.005)
