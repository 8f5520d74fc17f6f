"""How a GET over data is answered: fingerprint, ETag, cache, single flight, reader, fingerprint again.

Guarantees: an answer that is given from the cache, or confirmed by 304, is the one the data would give now.
Nothing is read but the fingerprint where the client or the cache has the answer already. The event loop
never waits for a file. Nothing here is global: several `Readers` can live in one process.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from mestral import __version__
from mestral.errors import unavailable
from mestral.http.coding import negotiate
from mestral.http.conditional import matches
from mestral.logs import setup_in_force
from mestral.readers.cache import BodyCache, Finished, Key
from mestral.readers.compress import Coding
from mestral.readers.context import ReaderService, pack_services
from mestral.readers.fingerprint import Fingerprint, content_digest
from mestral.readers.flights import Flights
from mestral.readers.plan import Plan
from mestral.readers.pool import Pool
from mestral.readers.report import JobReport, ReaderReport
from mestral.readers.threads import CallTookTooLong, Threads
from mestral.readers.wire import Hello
from mestral.settings.model import ReaderSettings, Settings

T = TypeVar("T")

logger = logging.getLogger(__name__)

_LOOKING_THREADS = 8
_LOOKING_SECONDS = 30.0  # what a fingerprint may take at most; a network file system may hang
_TRIES = 3  # how often an answer is made while its data keeps changing


class _Look(msgspec.Struct, frozen=True):
    """What the data looked like at one moment.

    Attributes:
        plan: What the route wants.
        key: Render function, encoded arguments and content coding.
        salt: What else shapes the answer: arguments, versions, settings. Not the content coding: weak tags
            name what is said, not its bytes.
    """

    plan: Plan
    key: Key
    salt: str

    def etag(self, depends: Fingerprint) -> str:
        """The entity tag of an answer made from just this, and from the files in `depends`."""
        return f'W/"{(self.plan.fingerprint + depends).digest(self.salt)}"'


class Readers:
    """The reader processes of one front, and the answers it keeps.

    Args:
        settings: The settings tree; `readers`, `state_dir` and `server.shutdown_seconds` are used.
        services: The chosen service of every slot; render functions get at them by `ReaderContext.service`.
            One whose settings cannot be handed to another process is left out, and the log says so.
        observers: Called with the report of every job that ended, in the context of who asked for it.
    """

    def __init__(
        self,
        settings: Settings,
        services: Mapping[str, ReaderService],
        observers: Sequence[Callable[[JobReport], None]] = (),
    ) -> None:
        self._settings = settings
        self._observers = observers
        self._services = pack_services(services.values())
        # Secrets are masked in `repr`, so that none takes part in an ETag.
        chosen = sorted(
            (service.slot, service.factory, repr(service.settings)) for service in services.values()
        )
        self._shape = content_digest(__version__, chosen)
        self._cache = BodyCache(settings.readers.cache_bytes)
        self._open: _Open | None = None
        self._hits = self._misses = self._not_modified = 0

    async def start(self) -> None:
        """Begin to start the reader processes, without waiting for them."""
        hello = Hello(
            state_dir=str(self._settings.state_dir),
            services=self._services,
            memory_bytes=self._settings.readers.memory_bytes,
            recycle_bytes=self._settings.readers.recycle_bytes,
            logs=setup_in_force(),
        )
        self._open = _Open(self._settings.readers, hello, self._observers)
        self._open.pool.start()

    async def stop(self) -> None:
        """Let the requests in flight finish for `server.shutdown_seconds`, then end every reader process.

        New requests are refused meanwhile. `start` may be called again afterwards.
        """
        if self._open is None:
            return
        opened, self._open = self._open, None
        await opened.drain(self._settings.server.shutdown_seconds)
        await opened.pool.stop()
        await opened.flights.cancel()
        opened.looking.close()

    def statistics(self) -> dict[str, int]:
        """Answers from the cache, answers that the client had, answers not in the cache, bytes kept, readers
        replaced; since the start."""
        return {
            "hits": self._hits,
            "not_modified": self._not_modified,
            "misses": self._misses,
            "bytes": self._cache.size,
            "restarts": self._open.pool.restarts if self._open else 0,
        }

    def reports(self) -> list[ReaderReport]:
        """Every reader as it is now; none before `start`."""
        opened = self._open
        return opened.pool.reports() if opened else []

    async def respond(self, request: Request[Any, Any, Any], plan: Callable[[], Plan]) -> Response[bytes]:
        """Answer a GET.

        Args:
            request: For its `If-None-Match`.
            plan: Takes the fingerprint and says how the answer is made. It runs in a thread, may block, and
                is called again after the answer was made.

        Raises:
            Problem: What `plan` or the render function raised as such; 503 when the data does not answer,
                or no reader can make the answer.
            RenderFailed: The render function raised something else.
        """
        coding = negotiate(request.headers.get("accept-encoding"), self._settings.http.compression)
        header = request.headers.get("if-none-match")
        found = await self._answer(plan, coding, header)
        if isinstance(found, str):
            return _not_modified(found)
        # Known only now: the tag with dependencies nobody knew, or of an answer that is not settled.
        return _not_modified(found.etag) if matches(header, found.etag) else _response(found)

    async def respond_to_post(
        self, request: Request[Any, Any, Any], plan: Callable[[], Plan]
    ) -> Response[bytes]:
        """Answer a POST that only reads: without an ETag, and not to be kept by anybody.

        Args and Raises: as for `respond`.
        """
        coding = negotiate(request.headers.get("accept-encoding"), self._settings.http.compression)
        found = await self._answer(plan, coding, None)
        assert not isinstance(found, str)  # noqa: S101 - nobody has a tag
        answer = _response(found)
        del answer.headers["etag"]
        answer.headers["cache-control"] = "no-store"
        answer.headers["vary"] = "Accept-Encoding"
        return answer

    async def body(self, plan: Callable[[], Plan]) -> bytes:
        """The body of an answer, not compressed, for what is put together from several.

        Args:
            plan: As for `respond`.

        Raises:
            Problem, RenderFailed: As `respond` does.
        """
        found = await self._answer(plan, "", None)
        assert not isinstance(found, str)  # noqa: S101 - nobody has a tag yet
        return found.body

    async def _answer(
        self, plan: Callable[[], Plan], coding: Coding, if_none_match: str | None
    ) -> Finished | str:
        """The answer; its entity tag alone when the client has it, as far as is known without making it."""
        opened = self._open
        if opened is None:
            raise unavailable("The server is not ready to make answers, try again.", retry_after=1)
        with opened:
            look = await self._look(opened, plan, coding)
            finished = self._cache.get(look.key)
            etag = look.etag(await _stamp_again(opened, finished.depends if finished else Fingerprint()))
            if matches(if_none_match, etag):
                self._not_modified += 1
                return etag
            if finished is not None and finished.etag == etag:
                self._hits += 1
                return finished
            self._misses += 1
            flight = (look.key, etag)
            return await opened.flights.join(flight, lambda: self._make(opened, plan, look, flight))

    async def _make(
        self, opened: "_Open", plan: Callable[[], Plan], look: _Look, flight: tuple[Key, str]
    ) -> Finished:
        """Have the answer made, until its data did not change meanwhile, and keep it when that is certain."""

        def started() -> None:
            # Data that is not settled can change without its fingerprint changing: who asks from now on must
            # get an answer that is begun from now on.
            if not look.plan.fingerprint.settled:
                opened.flights.close(flight)

        for attempt in range(1, _TRIES + 1):
            made = await opened.pool.render(look.key, look.plan.affinity, started)
            finished = Finished(
                etag=look.etag(made.depends),
                body=made.body,
                coding=made.coding,
                media_type=look.plan.media_type,
                depends=made.depends,
            )
            after = await self._look(opened, plan, look.key[2])
            # That time went on meanwhile makes no other answer: it is the one of when it was begun.
            unchanged = (
                after.key == look.key
                and after.plan.fingerprint.same_data_as(look.plan.fingerprint)
                and (await _stamp_again(opened, made.depends)).same_data_as(made.depends)
            )
            if unchanged and (look.plan.fingerprint + made.depends).settled:
                self._cache.put(look.key, finished)
                return finished
            if unchanged or attempt == _TRIES:
                break
            look = after
        # Nothing proves that the next answer will be the same: only the body itself can tell.
        digest = await opened.looking.run(lambda: hashlib.blake2b(made.body, digest_size=12).hexdigest())
        return msgspec.structs.replace(finished, etag=f'{finished.etag[:-1]}-{digest}"')

    async def _look(self, opened: "_Open", plan: Callable[[], Plan], coding: Coding) -> _Look:
        found = await _look_up(opened, plan)
        asked = (found.render, msgspec.msgpack.encode(found.args))
        salt = content_digest(self._shape, asked, found.media_type)
        return _Look(found, (*asked, coding), salt)


class _Open:
    """What exists between `start` and `stop`; entered by every request."""

    def __init__(
        self, settings: ReaderSettings, hello: Hello, observers: Sequence[Callable[[JobReport], None]]
    ) -> None:
        self.pool = Pool(settings, hello, observers)
        self.flights: Flights[Finished] = Flights()
        self.looking = Threads(_LOOKING_THREADS, "mestral looking")
        self.looking_seconds = min(_LOOKING_SECONDS, settings.time_seconds)
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        self._requests += 1
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        self._requests -= 1
        if not self._requests:
            self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Wait until no request is in flight, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()


async def _look_up(opened: _Open, function: Callable[[], T]) -> T:
    """Call what touches files in a thread, with a time limit."""
    try:
        return await opened.looking.run(function, opened.looking_seconds)
    except CallTookTooLong as error:
        logger.error("the data did not answer within %g seconds", opened.looking_seconds)
        raise unavailable("The data does not answer now, try again.", retry_after=5) from error


async def _stamp_again(opened: _Open, depends: Fingerprint) -> Fingerprint:
    if depends.stamps:
        return await _look_up(opened, depends.again)
    return depends.again() if depends.clock_seconds else depends


def _response(finished: Finished) -> Response[bytes]:
    headers = {"etag": finished.etag}
    if finished.coding:
        headers["content-encoding"] = finished.coding
    return Response(finished.body, status_code=200, media_type=finished.media_type, headers=headers)


def _not_modified(etag: str) -> Response[bytes]:
    return Response(b"", status_code=304, headers={"etag": etag})
