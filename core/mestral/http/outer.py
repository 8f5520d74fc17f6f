"""The layer around Litestar: what holds for every answer, whatever happens inside.

Guarantees, in one pass over each request: a request id; CORS headers on every answer, and preflights without
a token; allowed hosts; paths as `paths` says; HEAD as GET without the body; the limits of `limits`; cache
headers on answers to GET; a line in the access log, metrics and a trace; and, should anything inside crash or
want to end the process, the 500 envelope with all of these.
"""

import asyncio
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Send

from mestral.errors import Problem, unavailable
from mestral.http import access_log, paths
from mestral.http.cors import Cors, Headers
from mestral.http.errors import NOT_ROUTED, UNEXPECTED, envelope, log_unexpected
from mestral.http.hosts import Hosts
from mestral.http.limits import Admitted, Limits, is_health
from mestral.http.report import RequestReport
from mestral.http.request_id import assign_request_id
from mestral.logs import Work, begin
from mestral.plugins.guard import cancelled_by_itself
from mestral.settings.model import Settings

if TYPE_CHECKING:  # what is off is not imported
    from mestral.http.metrics.requests import RequestMetrics
    from mestral.telemetry.tracing import Tracing

MAX_QUERY_BYTES = 32768

_QUERY_TOO_LONG = Problem(414, "The query string is too long.")
_STOPPED = unavailable("The server was stopped before the answer was ready.", retry_after=5)
_CACHE_CONTROL = (b"cache-control", b"private, no-cache")
_VARY_READ = (b"vary", b"Authorization, Accept-Encoding, Origin")
_VARY = (b"vary", b"Origin")


class Outer:
    """The ASGI app that wraps `app.asgi_handler`.

    Args:
        app: What is wrapped.
        settings: The settings tree.
        routes: The routes of the app, for `Allow`: Litestar's answer to OPTIONS names the methods of a path's
            first handler alone.
        metrics: Where requests are counted.
        tracing: Where they are traced.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        routes: Iterable[BaseRoute] = (),
        *,
        metrics: "RequestMetrics | None" = None,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._app = app
        self._allow = {route.path_format: _allow(route) for route in routes if isinstance(route, HTTPRoute)}
        self._root_path = settings.server.root_path
        self._cors = Cors(settings.http.cors_origins)
        self._access_log = settings.http.access_log
        self._hosts = Hosts(settings.server.allowed_hosts)
        self._limits = Limits(settings.server)
        self._metrics = metrics
        self._tracing = tracing

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
        admitted: Admitted | None = None
        work = Work(request_id=request_id)
        begin(work)
        span = self._tracing.begin(headers) if self._tracing is not None else None
        if self._metrics is not None:
            self._metrics.begin()

        async def send_outer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                if admitted is not None:
                    admitted.answers()
                answer_headers = [*message["headers"], *always]
                if method == "OPTIONS" and (allow := self._allow.get(scope.get("path_template"))):
                    answer_headers = [(b"allow", allow) if h[0] == b"allow" else h for h in answer_headers]
                elif status == 405:
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
            found = paths.split_root(scope["path"], self._root_path)
            if (refusal := self._refusal(scope, found)) is not None:
                await _send_problem(send_outer, refusal)
            elif method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
                extra = self._cors.preflight_headers(headers.get(b"access-control-request-headers"))
                await _send_answer(send_outer, 204, b"", extra)
            elif found is None:
                await _send_problem(send_outer, NOT_ROUTED)
            else:
                scope["root_path"], path = found
                scope["path"] = scope["root_path"] + path
                async with self._limits.admitted(scope, path, receive) as admitted:
                    await self._app(scope, admitted.receive, send_outer)
        except GeneratorExit:
            raise  # nobody is there any more, and nothing can be sent
        except BaseException as error:
            problem = _problem_of(scope, error)
            if status:
                raise  # half an answer is out: unless the server cuts the connection it passes for whole
            await _send_problem(send_outer, problem)
        finally:
            report = RequestReport(
                method=method,
                route=scope.get("path_template"),
                plugin=work.plugin,
                status=status,
                size=size,
                seconds=perf_counter() - started,
            )
            if self._metrics is not None:
                self._metrics.end(report)
            if self._tracing is not None and span is not None:
                self._tracing.end(span, report, request_id)
            if self._access_log:
                access_log.log_request(scope, report, log_path)

    def _refusal(self, scope: Any, found: tuple[str, str] | None) -> Problem | None:
        """Why a request is not looked at any further."""
        watching = found is not None and is_health(found[1])  # load balancers ask by address
        if not watching and (problem := self._hosts.refusal(scope["headers"])) is not None:
            return problem
        return _QUERY_TOO_LONG if len(scope["query_string"]) > MAX_QUERY_BYTES else None


def _problem_of(scope: Any, error: BaseException) -> Problem:
    """What is answered for whatever came out of the app; what nobody foresaw is logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, asyncio.CancelledError) and not cancelled_by_itself():
        return _STOPPED  # the server waited long enough and wants to end
    # Anything else, `sys.exit()` of a plugin too, concerns this request alone.
    log_unexpected(scope, error)
    return UNEXPECTED


def _allow(route: HTTPRoute) -> bytes:
    """The methods of a route as `Allow` lists them."""
    return ", ".join(sorted(route.methods)).replace("GET", "GET, HEAD").encode()


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """An `Allow` header that names HEAD beside GET; any other header as it is."""
    return (name, value.replace(b"GET", b"GET, HEAD")) if name.lower() == b"allow" else (name, value)


async def _send_problem(send: Send, problem: Problem) -> None:
    more = {"detail": problem.message} if problem is NOT_ROUTED else {}
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers.append((b"content-type", b"application/json"))
    await _send_answer(send, problem.status, envelope(problem, **more), headers)


async def _send_answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
