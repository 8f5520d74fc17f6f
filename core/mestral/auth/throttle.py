"""Rate limits on logins and on tokens that fail (contract/AUTH.md B22), shared between fronts.

Guarantees: counted per client address and per window of a minute in Mestral's database, so that every front
knows of the others' counts. A client beyond the limit is answered 429 with Retry-After and costs no more
than a look into memory until the window ends.
"""

import time
from typing import TYPE_CHECKING, Any

from mestral.errors import Problem
from mestral.http.access_log import client_of

if TYPE_CHECKING:
    from mestral.database.engine import Database

WINDOW = 60


class Throttle:
    """The counters of one app.

    Args:
        database: Where counts are kept.
        limits: Kind of attempt (`login`, `token`), and how many a client may make in a window.
    """

    def __init__(self, database: "Database", limits: dict[str, int]) -> None:
        self._database = database
        self._limits = limits
        self._beyond: dict[tuple[str, str], int] = {}

    async def count(self, connection: Any, kind: str) -> None:
        """Count one attempt of the client of a request.

        Raises:
            Problem: 429, it made too many in this window.
        """
        now = time.time()
        window = int(now) // WINDOW * WINDOW
        key = (kind, client_of(connection.scope))
        if self._beyond.get(key) == window:
            raise _too_many(window, now)
        if await self._increase(*key, window) > self._limits[kind]:
            self._beyond = {k: w for k, w in self._beyond.items() if w == window} | {key: window}
            raise _too_many(window, now)

    async def _increase(self, kind: str, client: str, window: int) -> int:
        from sqlalchemy import delete, text

        from mestral.database.tables import attempts

        one_more = text(
            "INSERT INTO mestral_attempt (kind, client, began, count) VALUES (:kind, :client, :began, 1) "
            "ON CONFLICT (kind, client, began) DO UPDATE SET count = mestral_attempt.count + 1 "
            "RETURNING count"
        )

        def work(connection: Any) -> int:
            connection.execute(delete(attempts).where(attempts.c.began < window - WINDOW))
            return int(
                connection.execute(one_more, {"kind": kind, "client": client, "began": window}).scalar_one()
            )

        return await self._database.run(work, writes=True)


def _too_many(window: int, now: float) -> Problem:
    seconds = max(1, int(window + WINDOW - now) + 1)
    message = f"Too many attempts from this address: try again in {seconds} seconds."
    return Problem(429, message, headers={"Retry-After": str(seconds)})
