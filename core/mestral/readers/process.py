"""One reader process as the front sees it: started, asked, ended.

Guarantees: every way a reader can fail ends in one of two exceptions: `Expired` (over the time limit,
killed) and `Died`. After `close` the process is gone and reaped.
"""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from mestral.readers.threads import Threads
from mestral.readers.wire import Hello, Job, Ready, Reply, receive, send

T = TypeVar("T")

_START_SECONDS = 60.0  # a cold start from a slow network file system
_CLOSE_SECONDS = 2.0
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "8388608", "MALLOC_TRIM_THRESHOLD_": "536870912"}
"""For glibc: memory that is freed serves what comes next, instead of being faulted in again page by page,
which is a quarter of the time that reading a large list takes; a reader that has grown gives it back after a
job. What is larger than 8 MB (texts of tables, bodies) is mapped by itself, where it grows in place: in the
heap it would leave gaps as large as itself."""


class Died(Exception):  # noqa: N818 - says what happened
    """The reader process ended, or does not speak as it should."""


class Expired(Exception):  # noqa: N818 - says what happened
    """The time limit passed; the reader process was killed."""


class ReaderProcess:
    """A running reader. Made by `start_process`.

    Attributes:
        ended: Done as soon as the process has ended, for whatever reason.
    """

    def __init__(self, process: asyncio.subprocess.Process, sock: socket.socket, threads: Threads) -> None:
        self._process = process
        self._sock = sock
        self._threads = threads
        self.ended = asyncio.ensure_future(process.wait())

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def render(self, job: Job, args: bytes, seconds: float) -> tuple[Reply, bytes]:
        """Have one answer made.

        Args:
            job: What to render, and the content coding.
            args: Arguments of the render function, encoded.
            seconds: Time limit.

        Raises:
            Died: The process ended meanwhile.
            Expired: The limit passed.
        """
        return await self._ask(job, args, Reply, seconds)

    async def greet(self, hello: Hello) -> None:
        """Tell it what it needs to know, and wait until it takes jobs.

        Raises:
            Died, Expired: It did not start.
        """
        await self._ask(hello, b"", Ready, _START_SECONDS)

    async def close(self) -> None:
        """Hang up, which tells the reader to end; kill it when it does not do so soon."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        try:
            await asyncio.wait((self.ended,), timeout=_CLOSE_SECONDS)
        finally:  # also when there is no time left to wait
            self.kill()
            await self.ended
            self._sock.close()

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _ask(
        self, header: msgspec.Struct, body: bytes, expected: type[T], seconds: float
    ) -> tuple[T, bytes]:
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            self.kill()

        def exchange() -> tuple[T, bytes]:
            send(self._sock, header, body)
            return receive(self._sock, expected)

        timer = asyncio.get_running_loop().call_later(seconds, expire)
        try:
            return await self._threads.run(exchange)
        except (EOFError, OSError, msgspec.DecodeError) as error:
            if expired:
                raise Expired(f"killed after {seconds:g} seconds") from error
            raise Died(str(error)) from error
        except asyncio.CancelledError:
            self.kill()  # nobody waits for this reply, and it must not be taken for that of another question
            raise
        finally:
            timer.cancel()


async def start_process(name: str, hello: Hello, threads: Threads) -> ReaderProcess:
    """Start a reader, and return it when it takes jobs.

    Args:
        name: Shown in process lists and in the log.
        hello: What it needs to know.
        threads: One thread must be free for it at any time.

    Raises:
        OSError: The process cannot be started.
        Died, Expired: It ended, or does not answer.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the folder the server was started in is no place to import from
                "-m",
                "mestral.readers.worker",
                str(theirs.fileno()),
                name,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the front; one that is just starting would die of it
                env={**os.environ, **_KEEP_MEMORY, "PYTHONPATH": _import_path()},
            )
    except BaseException:
        ours.close()
        raise
    reader = ReaderProcess(process, ours, threads)
    try:
        await reader.greet(hello)
    except BaseException:
        await reader.close()
        raise
    return reader


def _import_path() -> str:
    """The front's own import path, so that a reader finds the very same modules."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
