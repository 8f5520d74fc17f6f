"""What login plugins need beside contributions: to ask their provider safely, and the answer of a login.

Guarantees: a provider that is down, slow, sends elsewhere or never ends its answer costs a bounded time and
size, and is a 502 or 503 in the envelope. httpx2 is imported when a provider is asked. The names in `__all__`
are public for plugins.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

from mestral.auth.logins import LoggedIn, LoginAnswer, refusal
from mestral.errors import bad_gateway, unavailable
from mestral.http.login_routes import public_base

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

__all__ = ["LoggedIn", "LoginAnswer", "asking", "client_options", "public_base", "refusal"]

logger = logging.getLogger(__name__)

SECONDS = 8.0
"""How long one exchange with a provider may take, from the connection to the last byte."""

MOST_BYTES = 1024 * 1024
"""How large an answer of a provider may be."""


def client_options() -> dict[str, Any]:
    """Arguments of an `httpx2.AsyncClient`, authlib's `AsyncOAuth2Client` too, that keep its answers bounded.

    It follows no redirect: who validates a ticket or exchanges a code must not be sent elsewhere. It goes
    through the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`), as a site may have no other way.
    """
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        def __init__(self, inner: httpx2.AsyncByteStream) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in self._inner:
                size += len(part)
                if size > MOST_BYTES:
                    raise httpx2.ReadError(f"more than {MOST_BYTES} bytes")
                yield part

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise httpx2.DecodingError("compressed, though not asked for")  # it would grow beyond the bound
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - for the type
        response.stream = Bounded(response.stream)

    return {
        "verify": _trusted(),
        "headers": {"Accept-Encoding": "identity"},
        "event_hooks": {"response": [bound]},
        "timeout": SECONDS,
        "follow_redirects": False,
    }


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; kept, as reading them takes tens of milliseconds of the event loop."""
    import httpx2

    return httpx2.create_ssl_context()


@contextlib.asynccontextmanager
async def asking(provider: str) -> AsyncIterator[None]:
    """Around everything that is asked of a provider.

    Args:
        provider: Its name for people.

    Raises:
        Problem: 503 when it cannot be reached or is too slow; 502 when it breaks the protocol of HTTP or its
            answer has no end. The log says more.
    """
    import httpx2

    try:
        async with asyncio.timeout(SECONDS):
            yield
    except (TimeoutError, httpx2.TimeoutException) as error:
        logger.warning("%s did not answer within %g seconds.", provider, SECONDS)
        raise unavailable(f"{provider} does not answer, try again later.", retry_after=30) from error
    except httpx2.ConnectError as error:
        logger.warning("%s cannot be reached: %s", provider, error)
        raise unavailable(f"{provider} cannot be reached, try again later.", retry_after=30) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        logger.warning("%s does not answer as it should: %s: %s", provider, type(error).__name__, error)
        raise bad_gateway(f"{provider} does not answer as it should.") from error
