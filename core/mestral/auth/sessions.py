"""Which tokens came from which session at a provider, and the end of such a session (CAS single logout).

Guarantees: a session's id is kept as a digest; ending one revokes its tokens on every front.
"""

import hashlib
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mestral.auth.tokens import Tokens
    from mestral.database.engine import Database


class Sessions:
    """The sessions of one app.

    Args:
        database: Where they are kept.
        tokens: Which are revoked.
    """

    def __init__(self, database: "Database", tokens: "Tokens") -> None:
        self._database = database
        self._tokens = tokens

    async def remember(self, provider: str, digest: str, token: str) -> None:
        """A token was issued for a session, whose id `digest_of` made the digest of."""
        now = int(time.time())
        jti, expires = self._tokens.id_of(token)
        row = {"jti": jti, "provider": provider, "session": digest, "expires": expires}

        def work(connection: Any) -> None:
            from sqlalchemy import delete, insert

            from mestral.database.tables import sessions

            connection.execute(delete(sessions).where(sessions.c.expires < now))
            connection.execute(insert(sessions).values(row))

        await self._database.run(work, writes=True)

    async def end(self, provider: str, session: str) -> int:
        """Revoke what a session gave.

        Returns:
            How many tokens were revoked.
        """
        digest = digest_of(session)

        def work(connection: Any) -> list[tuple[str, int]]:
            from sqlalchemy import delete

            from mestral.database.tables import sessions

            of = (sessions.c.provider == provider) & (sessions.c.session == digest)
            found = delete(sessions).where(of).returning(sessions.c.jti, sessions.c.expires)
            return [(row.jti, row.expires) for row in connection.execute(found)]

        ended = await self._database.run(work, writes=True)
        for jti, expires in ended:
            await self._tokens.revoke(jti, expires)
        return len(ended)


def digest_of(session: str) -> str:
    """What is kept of a session's id."""
    return hashlib.sha256(session.encode()).hexdigest()
