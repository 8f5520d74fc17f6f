"""The audit log: who did what, when, from where, and with which result.

Guarantees: each event is a row of the database and a line of the logger `mestral.audit`; when the database
does not answer, the line is still written. No code, ticket, password or token is in either: whoever records
an event gives words of its own.
"""

import logging
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mestral.auth.identity import Identity
from mestral.errors import Problem
from mestral.http.access_log import client_of
from mestral.http.request_id import request_id_in

if TYPE_CHECKING:
    from mestral.database.engine import Database

logger = logging.getLogger("mestral.audit")

Result = Literal["ok", "refused", "failed"]
_MOST = 500


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth knowing later.

    Attributes:
        at: Seconds since 1970 (UTC).
        action: What was tried: `login`, `logout`, `token.create`, `token.revoke`, `token.refused`, or a
            command.
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
    """

    def __init__(self, database: "Database") -> None:
        self._database = database

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
        event = Event(
            at=time.time(),
            action=action,
            result=result,
            who=identity.id if identity else "",
            username=identity.username if identity else "",
            target=target[:_MOST],
            client=client_of(connection.scope),
            request_id=request_id_in(connection.scope),
            detail=detail[:_MOST],
        )
        await self.keep(event)

    async def keep(self, event: Event) -> None:
        """Record an event that is no request's."""
        from sqlalchemy import insert

        from mestral.database.tables import audit

        row = msgspec.structs.asdict(event)
        logger.info("%(action)s %(result)s who=%(who)r target=%(target)r client=%(client)s %(detail)s", row)
        try:
            await self._database.run(lambda c: c.execute(insert(audit).values(row)) and None, writes=True)
        except Problem:
            logger.error("The event above could not be kept in the database.")
