"""HTTP/1.1 as uvicorn speaks it, with limits on what comes before a request exists.

Guarantees: a request's line and headers are bounded in bytes and number (431), and in the time they take; a
connection on which no request begins is closed. Connections are bounded by the files this process may open,
so that there is always one for the data. What is refused here is refused in the error envelope, with
`Connection: close`; nobody is waited for.
"""

import asyncio
import logging
import resource
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mestral.errors import Problem, unavailable
from mestral.http.errors import envelope

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200
_WANTED_FILES = 65536
_KEPT_FILES = 128  # for data, logs, pipes, sockets of readers

_TOO_LARGE = Problem(
    431,
    f"The request's headers are too large: at most {MAX_HEADERS} and {MAX_HEAD_BYTES} bytes.",
    code="too_large",
)
_INVALID = Problem(400, "This is no HTTP/1.1 request.", code="invalid")
_FULL = unavailable("The server has too many connections, try again.", retry_after=5)


class _TooLarge(Exception):  # noqa: N818 - says what happened
    """Ends the parser's work on a request."""


class BoundedHttp(HttpToolsProtocol):
    """One connection, as uvicorn makes it.

    Args:
        head_seconds: Until the headers of a request are complete, from the opening of the connection or the
            first byte on.
        keywords: Of uvicorn.
    """

    def __init__(self, *, head_seconds: float, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._head_seconds = head_seconds
        self._head_bytes = self._header_bytes = 0
        self._refusal = _INVALID
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse it when there are too many, else wait for a request, but not for ever."""
        super().connection_made(transport)
        if len(self.connections) > _most_connections():
            self._refuse(_FULL)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, as long as what comes is not too much."""
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        elif self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """uvicorn found that this is no request, or one of the limits ended it."""
        self._refuse(self._refusal)

    def on_message_begin(self) -> None:
        """The first byte of a request was seen."""
        self._head_bytes = self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header or trailer."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            self._too_large()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """There is a request."""
        self._head_done()
        self._head_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body; `server.max_body_bytes` is its limit."""
        self._head_bytes = 0
        super().on_body(body)

    def _unsupported_upgrade_warning(self) -> None:
        logger.debug("an upgrade to another protocol was asked for; the request is answered without it")

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEAD_BYTES:
            self._too_large()

    def _too_large(self) -> None:
        self._refusal = _TOO_LARGE
        raise _TooLarge

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_seconds, self.transport.close)

    def _head_done(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, problem: Problem) -> None:
        self._head_done()
        logger.info("refused %s: %d, %s", self.client or "a connection", problem.status, problem.message)
        body = envelope(problem)
        more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
        head = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\nconnection: close\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
        )
        if self.cycle is None or self.cycle.response_complete:  # else another answer is on its way
            self.transport.write(head.encode() + body)
        self.transport.close()


def raise_file_limit() -> None:
    """Let this process, and those it starts, open as many files as they may, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(_WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _most_connections() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WANTED_FILES if soft == resource.RLIM_INFINITY else max(16, soft - _KEPT_FILES)
