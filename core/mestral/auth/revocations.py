"""Tokens that are valid no more before they expire.

Guarantees: what one front revokes, every front refuses within `SECONDS`. The list is kept in memory and
brought up to date by whoever asks when it is older than that; while the database does not answer, the last
known list holds.
"""

import logging
import time
from typing import TYPE_CHECKING, Any

from mestral.errors import Problem

if TYPE_CHECKING:
    from mestral.database.engine import Database

logger = logging.getLogger(__name__)

SECONDS = 1.0

_OVERLAP = 100  # numbers are given before commits, which may come in another order


class Revocations:
    """The list of one front.

    Args:
        database: Where it is shared.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._revoked: dict[str, int] = {}
        self._seen = 0
        self._at = -SECONDS

    async def add(self, jti: str, expires: int) -> None:
        """Revoke a token; twice is once."""
        from sqlalchemy import delete, select

        from mestral.database.tables import revocations

        now = int(time.time())

        def work(connection: Any) -> None:
            connection.execute(delete(revocations).where(revocations.c.expires < now))
            known = select(revocations.c.jti).where(revocations.c.jti == jti)
            if connection.execute(known).first() is None:
                connection.execute(revocations.insert().values(jti=jti, expires=expires))

        await self._database.run(work, writes=True)
        self._revoked[jti] = expires

    async def holds(self, jti: str) -> bool:
        """Whether a token is revoked."""
        if time.monotonic() - self._at >= SECONDS:
            self._at = time.monotonic()
            await self._refresh()
        return jti in self._revoked

    async def _refresh(self) -> None:
        from sqlalchemy import select

        from mestral.database.tables import revocations

        newer = select(revocations).where(revocations.c.number > self._seen - _OVERLAP)

        def work(connection: Any) -> list[Any]:
            return list(connection.execute(newer))

        try:
            rows = await self._database.run(work)
        except Problem:
            logger.error("The list of revoked tokens may be old: Mestral's database does not answer.")
            return
        now = int(time.time())
        self._revoked = {jti: expires for jti, expires in self._revoked.items() if expires >= now}
        self._revoked |= {row.jti: row.expires for row in rows}
        self._seen = max((row.number for row in rows), default=self._seen)
