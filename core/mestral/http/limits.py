"""How many requests are answered at once, and how long one may take.

Guarantees: a request beyond a limit costs next to nothing and is told in the envelope when to come back. Who
watches the server is not counted: a busy server is not taken for a dead one. The time limit ends when the
answer begins, so that a stream may go on.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from litestar.types import Receive, ReceiveMessage

from mestral.errors import Problem, unavailable
from mestral.settings.model import ServerSettings

_HEALTH = "/health/"
_METRICS = "/metrics"


def is_health(path: str) -> bool:
    """Whether a path, below the root path, is one by which the server is watched."""
    return path.startswith(_HEALTH) or path == _METRICS


class Limits:
    """The limits of one app.

    Args:
        server: `max_requests`, `max_requests_per_client` and `request_seconds` are used.
    """

    def __init__(self, server: ServerSettings) -> None:
        self._most = server.max_requests
        self._most_of_one = server.max_requests_per_client
        self._seconds = server.request_seconds
        self._count = 0
        self._count_of: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def admitted(self, scope: Any, path: str, receive: Receive) -> AsyncIterator["Admitted"]:
        """Answer one request within the limits.

        Args:
            scope: Its ASGI scope.
            path: Its path below the root path.
            receive: Where its body comes from.

        Raises:
            Problem: 503 or 429 when there are too many, 503 or 408 when it takes too long.
        """
        counted = 0 if is_health(path) else 1
        client = scope["client"][0] if scope.get("client") else ""  # none behind a unix socket
        if counted and self._count >= self._most:
            raise unavailable("The server answers as many requests as it can, try again.", retry_after=1)
        if counted and self._most_of_one and client and self._count_of[client] >= self._most_of_one:
            message = "Too many requests of this client are being answered, try again."
            raise Problem(429, message, headers={"Retry-After": "1"})
        self._count += counted
        self._count_of[client] += counted
        clock = asyncio.timeout(self._seconds)
        admitted = Admitted(clock, receive)
        try:
            async with clock:
                yield admitted
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise self._late(admitted) from error
        finally:
            self._count -= counted
            self._count_of[client] -= counted
            if not self._count_of[client]:
                del self._count_of[client]

    def _late(self, admitted: "Admitted") -> Problem:
        if admitted.waits_for_client:
            message, headers = "The request did not arrive in time.", {"Connection": "close"}
            return Problem(408, message, headers=headers)
        message = (
            f"The answer takes longer than {self._seconds:g} seconds, more than is allowed, try again later."
        )
        return unavailable(message, retry_after=10)


class Admitted:
    """A request that is being answered.

    Attributes:
        waits_for_client: Whether it is the client who has to send something now.
    """

    def __init__(self, clock: asyncio.Timeout, receive: Receive) -> None:
        self.waits_for_client = False
        self._clock = clock
        self._receive = receive

    async def receive(self) -> ReceiveMessage:
        """The client's next message."""
        self.waits_for_client = True
        message = await self._receive()
        self.waits_for_client = False
        return message

    def answers(self) -> None:
        """Its answer begins: no limit any more."""
        with contextlib.suppress(RuntimeError):  # the time is over already
            self._clock.reschedule(None)
