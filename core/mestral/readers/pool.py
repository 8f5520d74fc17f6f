"""The readers of one front: which one makes an answer, and what happens when it cannot.

Guarantees: one reader does one job at a time, in order; plans of one affinity always meet the same reader.
A reader that died, ran out of time or memory, or has grown too large is replaced before the next job of its
queue, and costs the job it was doing, never another one. Everything that prevents an answer is a `Problem`
503.
"""

import asyncio
import logging
import os
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from mestral.errors import Problem, unavailable
from mestral.logs import at_hand, on_behalf_of
from mestral.readers.cache import Key
from mestral.readers.compress import Coding
from mestral.readers.fingerprint import Fingerprint
from mestral.readers.process import Died, Expired, ReaderProcess, start_process
from mestral.readers.report import JobReport, ReaderReport
from mestral.readers.threads import Threads
from mestral.readers.wire import Failed, Hello, Job, Refused, Rendered
from mestral.settings.model import ReaderSettings

logger = logging.getLogger(__name__)

_QUEUE_LIMIT = 64  # jobs waiting for one reader
_BACK_OFF_SECONDS = 30.0  # longest pause between two attempts to start a reader that does not start
_LARGE = 2  # a reader above this part (1/2) of recycle_bytes is not left idle for ever
_PAUSE_SECONDS = 0.5  # before a reader that ended without a job is replaced: never in a tight loop

_STOPPING = "The server is stopping."
_ENDED = "The process that made this answer ended, try again."


class RenderFailed(Exception):  # noqa: N818 - says what happened
    """A render function raised something that is not an answer: a bug, logged with its traceback."""


class Made(msgspec.Struct, frozen=True):
    """What a render function made.

    Attributes:
        body: The body, in its content coding.
        depends: Files that turned out to take part.
        coding: The content coding; empty: as it is.
    """

    body: bytes
    depends: Fingerprint
    coding: Coding


class _Call:
    """A job with somebody waiting for it."""

    def __init__(self, key: Key, started: Callable[[], None]) -> None:
        self.render, self.args, self.coding = key
        self.work = at_hand()
        self.result: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self._started = started
        self._asked_ns = time.time_ns()
        self._asked = time.perf_counter()
        self._begun: float | None = None
        self._ended: float | None = None
        self._outcome = "rejected"
        self._parse_seconds = 0.0

    def begin(self) -> None:
        """A reader begins with it."""
        self._begun = time.perf_counter()
        self._outcome = "died"  # until something better is known
        self._started()

    def end(self, outcome: str, parse_seconds: float = 0.0) -> None:
        """The reader is done with it; `outcome` as in `JobReport`."""
        self._ended = time.perf_counter()
        self._outcome = outcome
        self._parse_seconds = parse_seconds

    def report(self) -> JobReport:
        """What became of it."""
        ended = self._ended or time.perf_counter()
        begun = self._begun or ended
        return JobReport(
            plugin=self.work.plugin if self.work else "core",
            render=self.render,
            outcome=self._outcome,
            asked_ns=self._asked_ns,
            waited=begun - self._asked,
            begun=self._begun is not None,
            seconds=ended - begun,
            parse_seconds=self._parse_seconds,
        )

    def settle(self, outcome: Made | Exception) -> None:
        """Tell the one who waits, once; later outcomes do not count."""
        if self.result.done():
            return
        if isinstance(outcome, Made):
            self.result.set_result(outcome)
        else:
            self.result.set_exception(outcome)

    def refuse(self, message: str, retry_after: int | None = 1) -> None:
        """Tell the one who waits that there is no answer."""
        self.settle(unavailable(message, retry_after=retry_after))


class Pool:
    """All readers of one front.

    Args:
        settings: Count, limits.
        hello: What each reader is told.
        observers: Called with the report of every job that ended, in the context of who asked for it.
    """

    def __init__(
        self, settings: ReaderSettings, hello: Hello, observers: Sequence[Callable[[JobReport], None]] = ()
    ) -> None:
        count = settings.count or max(1, len(os.sched_getaffinity(0)) - 1)
        self._threads = Threads(count, "mestral reader exchange")
        self._readers = [
            _Reader(f"mestral reader {number + 1}", settings, hello, self._threads) for number in range(count)
        ]
        self._observers = observers
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def restarts(self) -> int:
        """How many readers were replaced."""
        return sum(reader.restarts for reader in self._readers)

    def reports(self) -> list[ReaderReport]:
        """Every reader as it is now."""
        return [reader.report(number) for number, reader in enumerate(self._readers, 1)]

    def start(self) -> None:
        """Begin to start the readers; jobs may be given at once and wait for them."""
        self._tasks = [asyncio.create_task(reader.run()) for reader in self._readers]

    async def stop(self) -> None:
        """End every reader, with or without a job. Nothing is left behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.close()

    async def render(self, key: Key, affinity: str, started: Callable[[], None]) -> Made:
        """Have one answer made.

        Args:
            key: Render function, encoded arguments and content coding.
            affinity: Chooses the reader.
            started: Called when the reader begins.

        Raises:
            Problem: What the render function raised as such; 503 when no answer can be made.
            RenderFailed: It raised something else.
        """
        number = zlib.crc32(affinity.encode("utf-8", "surrogateescape")) % len(self._readers)
        call = _Call(key, started)
        try:
            return await self._readers[number].submit(call)
        finally:
            for observe in self._observers:
                observe(call.report())


class _Reader:
    """A place for a reader process: its queue stays when the process is replaced."""

    def __init__(self, name: str, settings: ReaderSettings, hello: Hello, threads: Threads) -> None:
        self._name = name
        self._settings = settings
        self._hello = hello
        self._threads = threads
        self._calls: deque[_Call] = deque()
        self._wake = asyncio.Event()
        self._closed = ""  # why jobs are refused, for the API's user
        self._large = False  # whether an idle process has memory worth giving back
        self._pid = 0
        self._busy = False
        self.restarts = 0

    def report(self, number: int) -> ReaderReport:
        """What it does now."""
        return ReaderReport(
            number=number,
            pid=self._pid,
            busy=self._busy,
            waiting=len(self._calls),
            restarts=self.restarts,
        )

    async def submit(self, call: _Call) -> Made:
        """Queue a job and wait for what becomes of it."""
        if self._closed:
            raise unavailable(self._closed, retry_after=1)
        if len(self._calls) >= _QUEUE_LIMIT:
            raise unavailable("Too many answers are waiting to be made, try again.", retry_after=1)
        self._calls.append(call)
        self._wake.set()
        return await call.result

    async def run(self) -> None:
        """Keep a process running and give it the jobs, until cancelled."""
        try:
            while True:
                process = await self._start()
                self._pid = process.pid
                try:
                    await self._serve(process)
                except Exception:  # a fault of ours must not leave the queue without anybody to serve it
                    logger.exception("%s is replaced after an unexpected error", self._name)
                finally:
                    self._pid = 0
                    await process.close()
                self.restarts += 1
        finally:
            self._close(_STOPPING)

    async def _start(self) -> ReaderProcess:
        pause = 0.5
        while True:
            try:
                process = await start_process(self._name, self._hello, self._threads)
            except Exception as error:
                logger.error("%s does not start (%s); next attempt in %g seconds", self._name, error, pause)
                self._close("The process that makes this answer does not start, try again.")
                await asyncio.sleep(pause)
                pause = min(2 * pause, _BACK_OFF_SECONDS)
            else:
                self._closed = ""
                self._large = False
                return process

    async def _serve(self, process: ReaderProcess) -> None:
        """Give it jobs until it has to be replaced."""
        while not process.ended.done():
            if self._calls:
                call = self._calls.popleft()
                self._busy = True
                try:
                    with on_behalf_of(call.work):
                        stays = await self._render(process, call)
                except BaseException as error:
                    call.refuse(_STOPPING if isinstance(error, asyncio.CancelledError) else _ENDED)
                    raise
                finally:
                    self._busy = False
                if not stays:
                    return
            elif await self._idle(process):
                logger.info("%s (process %d) gives back its memory and is renewed", self._name, process.pid)
                return
        logger.warning("%s (process %d) ended without a job; it is replaced", self._name, process.pid)
        await asyncio.sleep(_PAUSE_SECONDS)

    async def _idle(self, process: ReaderProcess) -> bool:
        """Wait for a job or the end of the process. Returns whether it was idle for too long for its size."""
        self._wake.clear()
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            done, _ = await asyncio.wait(
                (waking, process.ended),
                timeout=self._settings.idle_seconds if self._large else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return not done
        finally:
            waking.cancel()

    async def _render(self, process: ReaderProcess, call: _Call) -> bool:
        """Do one job. Returns whether the process can do another."""
        call.begin()
        try:
            reply, body = await process.render(
                Job(call.render, call.coding, call.work), call.args, self._settings.time_seconds
            )
        except Expired:
            call.end("expired")
            logger.error(
                "%s was killed because %s took more than readers.time_seconds (%g); it is replaced",
                self._name,
                call.render,
                self._settings.time_seconds,
            )
            call.refuse("The answer takes longer than is allowed.", retry_after=None)
            return False
        except Died:
            logger.error(
                "%s (process %d) ended in the midst of %s; it is replaced",
                self._name,
                process.pid,
                call.render,
            )
            call.refuse(_ENDED)
            return False
        self._large = reply.resident_bytes > self._settings.recycle_bytes // _LARGE
        call.end(type(reply.outcome).__name__.lower(), reply.parse_seconds)
        match reply.outcome:
            case Rendered(depends, coding):
                call.settle(Made(body, depends, coding))
            case Refused() as no:
                call.settle(Problem(no.status, no.message, code=no.code, headers=no.headers, body=no.body))
            case Failed(traceback=text):
                logger.error("%s: %s failed:\n%s", self._name, call.render, text)
                call.settle(RenderFailed(f"{call.render}: {text.rstrip().rpartition(chr(10))[2]}"))
        if reply.leaving:
            logger.info("%s (process %d) has grown large; it is renewed", self._name, process.pid)
        return not reply.leaving

    def _close(self, message: str) -> None:
        """Refuse the waiting jobs and those to come."""
        self._closed = message
        while self._calls:
            self._calls.popleft().refuse(message)
