"""The audit log: who did what, when, from where, and with which result.

Guarantees: each event is a row of the database and a line of the logger `mestral.audit`; when the database
does not answer, the line is still written. No code, ticket, password or token is in either: whoever records
an event gives words of its own. Refusals, which anybody can bring about, are bounded per client and minute
(`throttle.AUDITED`). Events older than `audit.days` are taken out now and then, when one is kept. Nothing in
an event could forge another line.
"""

import logging
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mestral.auth.identity import Identity
from mestral.auth.throttle import AUDITED, Throttle
from mestral.errors import Problem
from mestral.http.access_log import client_of
from mestral.http.request_id import request_id_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from mestral.database.engine import Database

logger = logging.getLogger("mestral.audit")

Result = Literal["ok", "refused", "failed"]

_MOST = 500
_DAY = 86400
_CLEAN_SECONDS = 3600


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth knowing later.

    Attributes:
        at: Seconds since 1970 (UTC).
        action: What was tried: `login`, `logout`, `token.create`, `token.revoke`, `token.refused`,
            `operate`, or a command.
        result: `ok`; `refused` when it was not allowed; `failed` when something else prevented it.
        who: `provider:subject`; empty when nobody is known.
        username: Name to show.
        target: What it concerns: the login's id, the token's id, the expid.
        client: Address it came from.
        request_id: Id of the request, as in the access log.
        detail: More, for people.
    """

    at: float
    action: str
    result: Result
    who: str = ""
    username: str = ""
    target: str = ""
    client: str = ""
    request_id: str = ""
    detail: str = ""


class Audit:
    """The audit log of one app.

    Args:
        database: Where events are kept.
        throttle: Bounds refusals.
        days: How long events are kept.
    """

    def __init__(self, database: "Database", throttle: Throttle, days: int) -> None:
        self._database = database
        self._throttle = throttle
        self._days = days
        self._clean_at = 0.0

    async def record(
        self,
        connection: Any,
        action: str,
        result: Result,
        *,
        identity: Identity | None = None,
        target: str = "",
        detail: str = "",
    ) -> None:
        """Record what a request did.

        Args:
            connection: The request.
            action, result, target, detail: As in `Event`.
            identity: Who did it; None when nobody is known.
        """
        await self.keep(
            Event(
                at=time.time(),
                action=action,
                result=result,
                who=identity.id if identity else "",
                username=identity.username if identity else "",
                target=target,
                client=client_of(connection.scope),
                request_id=request_id_in(connection.scope),
                detail=detail,
            )
        )

    async def refused(
        self,
        connection: Any,
        action: str,
        *,
        identity: Identity | None = None,
        target: str = "",
        detail: str = "",
    ) -> None:
        """Record that a request was refused, as long as its client is not refused all the time; arguments as
        for `record`."""
        try:
            count = await self._throttle.next(connection, "audit")
        except Problem:
            count = 1  # `keep` says that the database does not answer
        if count == AUDITED:
            detail = f"{detail}; more refusals of this client in this minute are not kept"
        if count <= AUDITED:
            await self.record(connection, action, "refused", identity=identity, target=target, detail=detail)

    async def keep(self, event: Event) -> None:
        """Record an event that is no request's."""
        row = {key: _plain(value) for key, value in msgspec.structs.asdict(event).items()}
        logger.info("%(action)s %(result)s who=%(who)r target=%(target)r client=%(client)s %(detail)s", row)
        try:
            await self._database.run(lambda connection: self._insert(connection, row), writes=True)
        except Problem:
            logger.error("The event above could not be kept in the database.")

    def _insert(self, connection: "Connection", row: dict[str, Any]) -> None:
        from sqlalchemy import delete, insert

        from mestral.database.tables import audit

        connection.execute(insert(audit).values(row))
        if row["at"] >= self._clean_at:
            self._clean_at = row["at"] + _CLEAN_SECONDS
            connection.execute(delete(audit).where(audit.c.at < row["at"] - self._days * _DAY))


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are looked for; what is None or empty selects nothing out.

    Attributes:
        since, until: Seconds since 1970 (UTC), the first included, the second not.
        action, result, target: As they are.
        who: `provider:subject`, or a user name.
        limit: How many at most: the newest.
    """

    since: float | None = None
    until: float | None = None
    action: str = ""
    result: str = ""
    who: str = ""
    target: str = ""
    limit: int = 100


def find(connection: "Connection", search: Search) -> "Sequence[Event]":
    """Events of the database, oldest first."""
    from sqlalchemy import or_, select

    from mestral.database.tables import audit

    wanted: list[ColumnElement[bool]] = []
    if search.since is not None:
        wanted.append(audit.c.at >= search.since)
    if search.until is not None:
        wanted.append(audit.c.at < search.until)
    for column, value in ((audit.c.action, search.action), (audit.c.result, search.result)):
        if value:
            wanted.append(column == value)
    if search.target:
        wanted.append(audit.c.target == search.target)
    if search.who:
        wanted.append(or_(audit.c.who == search.who, audit.c.username == search.who))
    query = select(audit).where(*wanted).order_by(audit.c.number.desc()).limit(search.limit)
    names = Event.__struct_fields__
    events = [Event(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]
    return events[::-1]


def _plain(value: Any) -> Any:
    """A text of one line, printable and not too long: clients and providers have a part in it."""
    if not isinstance(value, str):
        return value
    text = value if value.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value)
    return text[:_MOST]
