"""Rate limits on logins, on tokens that fail, and on what they write (contract/AUTH.md B22), shared between
fronts.

Guarantees: counted per client and per window of a minute in Mestral's database, so that every front knows of
the others' counts. A client beyond a limit is answered 429 with Retry-After and costs no more than a look
into memory until the window ends. What is kept of a window is gone when the next one is counted in.
"""

import hashlib
import ipaddress
import time
from typing import TYPE_CHECKING, Any, Literal

from mestral.errors import Problem
from mestral.http.access_log import client_of
from mestral.settings.access import AuthSettings

if TYPE_CHECKING:
    from mestral.database.engine import Database

Kind = Literal["start", "login", "exchange", "user", "token", "audit"]

WINDOW = 60

AUDITED = 30
"""Refusals of one client in one window that the audit log keeps."""

_MOST_REMEMBERED = 10_000
_IPV6_PREFIX = 64  # what one customer has: RFC 6177


class Throttle:
    """The counters of one app.

    Args:
        database: Where counts are kept.
        settings: The `[auth]` table.
    """

    def __init__(self, database: "Database", settings: AuthSettings) -> None:
        self._database = database
        logins = settings.logins_per_minute
        self._limits: dict[Kind, int] = {
            "start": logins,
            "login": logins,
            "exchange": logins,
            "user": logins,
            "token": settings.token_failures_per_minute,
            "audit": AUDITED,
        }
        self._window = 0
        self._beyond: set[tuple[Kind, str]] = set()

    async def count(self, connection: Any, kind: Kind, user: str = "") -> None:
        """Count one attempt of the client of a request.

        Args:
            connection: The request.
            kind: What was tried.
            user: Whom it is about, in place of the client: `provider:name`, as it was typed.

        Raises:
            Problem: 429, there were too many in this window; 503, the database cannot be reached.
        """
        if await self.next(connection, kind, user) > self._limits[kind]:
            raise _too_many()

    async def next(self, connection: Any, kind: Kind, user: str = "") -> int:
        """The number of this attempt in its window; arguments as for `count`. Beyond the limit it is any
        greater number."""
        window = int(time.time()) // WINDOW * WINDOW
        key = kind, _digest(user) if user else network_of(client_of(connection.scope))
        began = window != self._window
        if began:
            self._window = window
            self._beyond.clear()
        elif key in self._beyond:
            return self._limits[kind] + 2
        count = await self._increase(*key, window, clean=began)
        if count > self._limits[kind] and window == self._window and len(self._beyond) < _MOST_REMEMBERED:
            self._beyond.add(key)
        return count

    async def _increase(self, kind: Kind, client: str, window: int, *, clean: bool) -> int:
        row = {"kind": kind, "client": client, "began": window}

        def work(connection: Any) -> int:
            from sqlalchemy import delete, text

            from mestral.database.tables import attempts

            if clean:
                connection.execute(delete(attempts).where(attempts.c.began < window - WINDOW))
            one_more = text(
                "INSERT INTO mestral_attempt (kind, client, began, count) VALUES (:kind, :client, :began, 1) "
                "ON CONFLICT (kind, client, began) DO UPDATE SET count = mestral_attempt.count + 1 "
                "RETURNING count"
            )
            return int(connection.execute(one_more, row).scalar_one())

        return await self._database.run(work, writes=True)


def network_of(client: str) -> str:
    """Under which name a client is counted: its address, of IPv6 the network that one customer has."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))


def _digest(user: str) -> str:
    """Somebody may have typed a password where the name belongs."""
    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()


def _too_many() -> Problem:
    seconds = WINDOW - int(time.time()) % WINDOW
    message = f"Too many attempts: try again in {seconds} seconds."
    return Problem(429, message, headers={"Retry-After": str(seconds)})
