"""The layer around Litestar: what holds for every answer, whatever happens inside.

Guarantees, in one pass over each request: a request id; CORS headers on every answer, and preflights without
a token; paths as `paths` says; HEAD as GET without the body; cache headers on answers to GET; a line in the
access log; and, should anything inside crash, the 500 envelope with all of these.
"""

import asyncio
from time import perf_counter
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send

from mestral.errors import Problem, unavailable
from mestral.http import access_log, paths
from mestral.http.cors import Cors, Headers
from mestral.http.errors import NOT_ROUTED, UNEXPECTED, envelope, log_unexpected
from mestral.http.request_id import assign_request_id
from mestral.settings.model import Settings

MAX_QUERY_BYTES = 32768

_QUERY_TOO_LONG = Problem(414, "The query string is too long.", code="too_large")
_STOPPED = unavailable("The server was stopped before the answer was ready.", retry_after=5)
_CACHE_CONTROL = (b"cache-control", b"private, no-cache")
_VARY_READ = (b"vary", b"Authorization, Accept-Encoding, Origin")
_VARY = (b"vary", b"Origin")


class Outer:
    """The ASGI app that wraps `app.asgi_handler`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._root_path = settings.server.root_path
        self._cors = Cors(settings.http.cors_origins)
        self._access_log = settings.http.access_log

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        headers = dict(scope["headers"])
        request_id = assign_request_id(scope, headers.get(b"x-request-id"))
        log_path = access_log.printable_path(scope)
        method = scope["method"]
        head = method == "HEAD"
        reading = head or method == "GET"
        always = [
            (b"x-request-id", request_id.encode()),
            _VARY_READ if reading else _VARY,
            *self._cors.headers(headers.get(b"origin")),
        ]
        if head:
            # A copy, because the server looks at the method of its own scope when it sends the answer.
            scope = {**scope, "method": "GET"}
        status = size = 0

        async def send_outer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                answer_headers = [*message["headers"], *always]
                if status == 405 or method == "OPTIONS":
                    answer_headers = [_with_head(*header) for header in answer_headers]
                if reading and not any(name.lower() == b"cache-control" for name, _ in answer_headers):
                    answer_headers.append(_CACHE_CONTROL)
                message["headers"] = answer_headers
            elif message["type"] == "http.response.body":
                if head:
                    message["body"] = b""
                size += len(message.get("body", b""))
            await send(message)

        try:
            if method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
                extra = self._cors.preflight_headers(headers.get(b"access-control-request-headers"))
                await _send_answer(send_outer, 204, b"", extra)
            elif (found := paths.split_root(scope["path"], self._root_path)) is None:
                await _send_problem(send_outer, NOT_ROUTED, detail=NOT_ROUTED.message)
            elif len(scope["query_string"]) > MAX_QUERY_BYTES:
                await _send_problem(send_outer, _QUERY_TOO_LONG)
            else:
                scope["root_path"], path = found
                scope["path"] = scope["root_path"] + path
                await self._app(scope, receive, send_outer)
        except asyncio.CancelledError:
            if status:
                raise
            await _send_problem(send_outer, _STOPPED)  # the server waited long enough and wants to end
        except Exception as error:
            log_unexpected(scope, error)
            if status:
                raise  # half an answer is out: unless the server cuts the connection it passes for whole
            await _send_problem(send_outer, UNEXPECTED)
        finally:
            if self._access_log:
                seconds = perf_counter() - started
                access_log.log_request(scope, method, log_path, status=status, size=size, seconds=seconds)


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """An `Allow` header that names HEAD beside GET; any other header as it is."""
    return (name, value.replace(b"GET", b"GET, HEAD")) if name.lower() == b"allow" else (name, value)


async def _send_problem(send: Send, problem: Problem, **more: object) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers.append((b"content-type", b"application/json"))
    await _send_answer(send, problem.status, envelope(problem, **more), headers)


async def _send_answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
