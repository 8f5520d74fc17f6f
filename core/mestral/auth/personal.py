"""Personal tokens: what a person made for a script, with a name, scopes and an end (contract/AUTH.md B11).

Guarantees: the text of a token is 256 random bits and is known to nobody but its owner: SHA-256 of it is what
is kept. Every token ends. What one front revokes, every front refuses within `SECONDS`; a token that cannot
be looked up now is 503, not accepted.
"""

import asyncio
import hashlib
import logging
import re
import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from mestral.auth.identity import Identity
from mestral.errors import EXPIRED, Problem, not_found, unauthorized

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mestral.database.engine import Database

logger = logging.getLogger(__name__)

SECONDS = 1.0
PREFIX = "mst_"
MOST = 100

Scope = Literal["read", "operate"]

_TEXT = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_DAY = 24 * 3600
_USED_SECONDS = 60
_MOST_KNOWN = 1000


class PersonalToken(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token, which is all but its text.

    Attributes:
        id: For lists and to revoke it.
        name: What its owner calls it.
        identity: Whom it stands for; accounts are found out anew at every use.
        created, expires, used, revoked: Seconds since 1970 (UTC); used is exact to a minute.
    """

    id: str
    name: str
    identity: Identity
    created: int
    expires: int
    used: int | None
    revoked: int | None

    @property
    def valid(self) -> bool:
        """Whether it is accepted now."""
        return self.revoked is None and self.expires > time.time()


class PersonalTokens:
    """The personal tokens of one app.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._known: dict[str, tuple[float, PersonalToken]] = {}  # by digest; monotonic time of the look
        self._noting: set[asyncio.Task[None]] = set()

    async def create(
        self, identity: Identity, *, name: str, scopes: Sequence[Scope], days: int
    ) -> tuple[str, PersonalToken]:
        """A new token, and its text, which is not to be had again.

        Raises:
            Problem: 409, this person has too many.
        """
        text = PREFIX + secrets.token_urlsafe(32)
        now = int(time.time())
        row = {
            "id": secrets.token_hex(8),
            "digest": _digest(text),
            "name": name,
            "provider": identity.provider,
            "subject": identity.subject,
            "username": identity.username,
            "groups": msgspec.json.encode(identity.groups).decode(),
            "scopes": " ".join(sorted(set(scopes), key=("read", "operate").index)),
            "created": now,
            "expires": now + days * _DAY,
        }

        def work(connection: "Connection") -> PersonalToken:
            from sqlalchemy import delete, func, insert, select

            from mestral.database.tables import tokens

            connection.execute(delete(tokens).where(tokens.c.expires < now))
            mine = (tokens.c.provider == identity.provider) & (tokens.c.subject == identity.subject)
            valid = mine & tokens.c.revoked.is_(None)
            if connection.execute(select(func.count()).where(valid)).scalar_one() >= MOST:
                raise Problem(409, f"There are {MOST} tokens of yours already: revoke one first.")
            connection.execute(insert(tokens).values(row))
            return _token(connection.execute(select(tokens).where(tokens.c.id == row["id"])).one())

        return text, await self._database.run(work, writes=True)

    async def listed(self, identity: Identity | None = None) -> list[PersonalToken]:
        """Those of one person, or all, that have not expired; the newest first."""

        def work(connection: "Connection") -> list[PersonalToken]:
            from sqlalchemy import select

            from mestral.database.tables import tokens

            wanted = select(tokens).where(tokens.c.expires >= int(time.time()))
            if identity is not None:
                wanted = wanted.where(
                    tokens.c.provider == identity.provider, tokens.c.subject == identity.subject
                )
            rows = connection.execute(wanted.order_by(tokens.c.created.desc(), tokens.c.id))
            return [_token(row) for row in rows]

        return await self._database.run(work)

    async def revoke(self, id_: str, identity: Identity | None = None) -> PersonalToken:
        """Make a token invalid; twice is once.

        Args:
            id_: Its id.
            identity: Whose it must be; None: anybody's.

        Raises:
            Problem: 404, there is no such token, or it is not theirs.
        """

        def work(connection: "Connection") -> PersonalToken | None:
            from sqlalchemy import func, select, update

            from mestral.database.tables import tokens

            which = tokens.c.id == id_
            if identity is not None:
                which &= (tokens.c.provider == identity.provider) & (tokens.c.subject == identity.subject)
            now = func.coalesce(tokens.c.revoked, int(time.time()))
            connection.execute(update(tokens).where(which).values(revoked=now))
            row = connection.execute(select(tokens).where(which)).one_or_none()
            return _token(row) if row is not None else None

        revoked = await self._database.run(work, writes=True)
        if revoked is None:
            raise not_found(f"There is no token with the id {id_!r}.")
        self._known = {digest: seen for digest, seen in self._known.items() if seen[1].id != id_}
        return revoked

    async def identify(self, text: str) -> Identity:
        """Whom a token stands for.

        Raises:
            Problem: 401, it is no token of ours, was revoked, or expired; 503, the database does not answer.
        """
        token = await self._find(_digest(text)) if _TEXT.fullmatch(text) else None
        if token is None or token.revoked is not None:
            raise unauthorized(invalid_token=True)
        if not token.valid:
            raise unauthorized(EXPIRED, invalid_token=True)
        if token.used is None or token.used <= time.time() - _USED_SECONDS:
            self._note_use(token)
        return token.identity

    async def _find(self, digest: str) -> PersonalToken | None:
        seen = self._known.get(digest)
        if seen is not None and time.monotonic() - seen[0] < SECONDS:
            return seen[1]

        def work(connection: "Connection") -> PersonalToken | None:
            from sqlalchemy import select

            from mestral.database.tables import tokens

            row = connection.execute(select(tokens).where(tokens.c.digest == digest)).one_or_none()
            return _token(row) if row is not None else None

        asked = time.monotonic()
        found = await self._database.run(work)
        if found is None:
            self._known.pop(digest, None)
        else:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[digest] = asked, found
        return found

    def _note_use(self, token: PersonalToken) -> None:
        """Keep when it was used, without a request waiting for it."""
        now = int(time.time())
        for digest, (at, known) in self._known.items():
            if known.id == token.id:
                self._known[digest] = at, msgspec.structs.replace(known, used=now)

        def work(connection: "Connection") -> None:
            from sqlalchemy import update

            from mestral.database.tables import tokens

            connection.execute(update(tokens).where(tokens.c.id == token.id).values(used=now))

        async def note() -> None:
            try:
                await self._database.run(work, writes=True)
            except Problem:
                logger.warning("The last use of token %s could not be kept.", token.id)

        task = asyncio.create_task(note())
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)


def _token(row: Any) -> PersonalToken:
    identity = Identity(
        provider=row.provider,
        subject=row.subject,
        username=row.username,
        groups=tuple(msgspec.json.decode(row.groups, type=list[str])),
        scopes=tuple(cast("list[Scope]", row.scopes.split())),
        token=row.id,
        personal=True,
        expires=row.expires,
    )
    return PersonalToken(
        id=row.id,
        name=row.name,
        identity=identity,
        created=row.created,
        expires=row.expires,
        used=row.used,
        revoked=row.revoked,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
