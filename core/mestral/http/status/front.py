"""What `GET /` is: the status page for who prefers HTML, else the route at `/` (RFC 9110 section 12.5.1).

Guarantees: clients that do not say that they prefer HTML to JSON get what they always got; both answers name
`Accept` in `Vary`. Other paths pass untouched.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Send

from mestral.http.weights import weigh

PAGE = "/status"
"""Path of the page itself."""

_VARY = (b"vary", b"Accept")
_HTML = ("text/html", "text/*", "*/*")
_JSON = ("application/json", "application/*", "*/*")


class Front:
    """An ASGI app that leads `GET /` to the status page where HTML is preferred.

    Args:
        app: The app behind it, which has a route for the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request, whose path begins with its root path."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != scope["root_path"] + "/":
            await self._app(scope, receive, send)
            return

        async def send_varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _VARY]
            await send(message)

        if prefers_html(_accept(scope["headers"])):
            scope["path"] = scope["root_path"] + PAGE
        await self._app(scope, receive, send_varied)


def _accept(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return ",".join(value.decode("latin-1") for name, value in headers if name == b"accept")


@lru_cache(maxsize=256)  # clients send a handful of different headers
def prefers_html(accept: str) -> bool:
    """Whether an `Accept` header gives HTML more weight than JSON; the most specific range counts."""
    weights = dict(map(weigh, accept.lower().split(",")))
    return _weight(weights, _HTML) > _weight(weights, _JSON)


def _weight(weights: dict[str, float], ranges: tuple[str, ...]) -> float:
    return next((weights[name] for name in ranges if name in weights), 0.0)
