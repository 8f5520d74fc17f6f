"""Words that count once: the state of a login, a code that is exchanged for a token.

Guarantees: of two fronts that see the same word at once, one wins; the words themselves are not kept, their
digests are, until they expire.
"""

import hashlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mestral.database.engine import Database


class Once:
    """The words of one app.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database

    async def use(self, kind: str, word: str, seconds: int) -> bool:
        """Use a word up.

        Args:
            kind: What it is, such as `state`.
            word: The word.
            seconds: How long it could come again.

        Returns:
            Whether it is used for the first time.
        """
        return await self.keep(kind, word, None, seconds)

    async def keep(self, kind: str, word: str, value: str | None, seconds: int) -> bool:
        """Keep a value under a word, to be taken once; False when the word is there already."""
        now = int(time.time())
        row = {"digest": _digest(kind, word), "value": value, "expires": now + seconds}

        def work(connection: "Connection") -> bool:
            from sqlalchemy import delete, text

            from mestral.database.tables import once

            connection.execute(delete(once).where(once.c.expires < now))
            new = text(
                "INSERT INTO mestral_once (digest, value, expires) VALUES (:digest, :value, :expires) "
                "ON CONFLICT (digest) DO NOTHING RETURNING digest"
            )
            return connection.execute(new, row).one_or_none() is not None

        return await self._database.run(work, writes=True)

    async def take(self, kind: str, word: str) -> str | None:
        """What is kept under a word, which is used up; None when there is nothing, or no more."""
        now, digest = int(time.time()), _digest(kind, word)

        def work(connection: "Connection") -> str | None:
            from sqlalchemy import delete

            from mestral.database.tables import once

            found = delete(once).where(once.c.digest == digest).returning(once.c.value, once.c.expires)
            row = connection.execute(found).one_or_none()
            return row.value if row is not None and row.expires >= now else None

        return await self._database.run(work, writes=True)


def _digest(kind: str, word: str) -> str:
    return hashlib.sha256(f"{kind}\0{word}".encode()).hexdigest()
