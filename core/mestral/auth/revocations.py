"""Tokens that are valid no more before they expire.

Guarantees: what one front revokes, every front refuses within two seconds. The list is kept in memory and
brought up to date by whoever asks when it is older than `SECONDS`; while the database does not answer, the
last known list holds, and nobody waits for it but the first who asks: experiments are read all the same.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from mestral.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mestral.database.engine import Database

logger = logging.getLogger(__name__)

SECONDS = 1.0

_WAIT_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 5.0  # nothing is known yet; SQLAlchemy is imported
_OVERLAP = 100  # numbers are given before commits, which may come in another order
_LARGEST = 2**62


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
        self._refreshing: asyncio.Task[None] | None = None
        self._patience = _FIRST_WAIT_SECONDS

    async def add(self, token: str, expires: float) -> None:
        """Revoke a token by its id; twice is once."""
        now = int(time.time())
        until = int(min(expires, _LARGEST))

        def work(connection: "Connection") -> None:
            from sqlalchemy import delete, text

            from mestral.database.tables import revocations

            connection.execute(delete(revocations).where(revocations.c.expires < now))
            once = text(
                "INSERT INTO mestral_revocation (jti, expires) VALUES (:jti, :expires) "
                "ON CONFLICT (jti) DO NOTHING"
            )
            connection.execute(once, {"jti": token, "expires": until})

        await self._database.run(work, writes=True)
        self._revoked[token] = until

    async def holds(self, token: str) -> bool:
        """Whether a token is revoked."""
        if time.monotonic() - self._at >= SECONDS:
            await self._bring_up_to_date()
        return token in self._revoked

    async def _bring_up_to_date(self) -> None:
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
        if self._patience:
            _, late = await asyncio.wait((self._refreshing,), timeout=self._patience)
            if late:
                self._be_impatient()

    def _be_impatient(self) -> None:
        if self._patience:
            logger.error("The list of revoked tokens may be old: Mestral's database does not answer.")
        self._patience = 0.0

    async def _refresh(self) -> None:
        began = time.monotonic()

        def work(connection: "Connection") -> list[tuple[int, str, int]]:
            from sqlalchemy import select

            from mestral.database.tables import revocations

            newer = select(revocations).where(revocations.c.number > self._seen - _OVERLAP)
            return [(row.number, row.jti, row.expires) for row in connection.execute(newer)]

        try:
            rows = await self._database.run(work)
        except Exception as error:
            if not isinstance(error, Problem):  # that was logged
                logger.exception("The list of revoked tokens cannot be read.")
            self._be_impatient()
            self._at = time.monotonic()
            return
        finally:
            self._refreshing = None
        now = time.time()
        kept = {token: expires for token, expires in self._revoked.items() if expires >= now}
        self._revoked = kept | {token: expires for _, token, expires in rows}
        self._seen = max((number for number, _, _ in rows), default=self._seen)
        self._at, self._patience = began, _WAIT_SECONDS
