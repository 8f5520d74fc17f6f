"""The check before every route: who asks, and may they? (contract/AUTH.md A2)

Guarantees: runs before parameters and body are looked at. A route without an access level is refused (fail
closed). A valid token is honoured at every protection level; a bad one is counted, and ignored where the
route is open. Where a token is needed, its scopes have to suffice.
"""

import logging
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from mestral.auth.identity import Identity
from mestral.contributions import Access
from mestral.errors import Problem, insufficient_scope, unauthorized
from mestral.logs import at_hand
from mestral.settings.model import ProtectionLevel

if TYPE_CHECKING:
    from mestral.auth.tokens import Tokens  # at run time it would bring the whole of cryptography

logger = logging.getLogger(__name__)

_IDENTITY = "mestral.identity"
_SCOPES = {Access.READ: "read", Access.OPERATE: "operate"}
_LITESTAR_OPTIONS_HANDLER = "litestar.routes.http"


def needs_token(access: Access, level: ProtectionLevel) -> bool:
    """Whether PROTECTION_LEVEL demands a token for a route of this access level."""
    match access:
        case Access.PUBLIC:
            return False
        case Access.IDENTIFIED:
            return True
        case Access.READ:
            return level == "ALL"
        case Access.OPERATE:
            return level != "NONE"


def access_guard(tokens: "Tokens", level: ProtectionLevel) -> Guard:
    """The guard of an app with these tokens and this protection level."""
    protected = {access: needs_token(access, level) for access in Access}

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if (work := at_hand()) is not None:
            work.plugin = handler.opt.get("plugin", work.plugin)
        access = handler.opt.get("access")
        if access not in protected:
            if handler.fn.__module__ == _LITESTAR_OPTIONS_HANDLER:
                return  # the answer to OPTIONS that Litestar adds to every path: the methods, nothing else
            logger.error("Route %s has no access level and is refused.", handler.handler_name)
            raise unauthorized()
        authorization = connection.headers.get("authorization")
        if authorization is None and not protected[access]:
            return
        try:
            identity = await tokens.identify(authorization, handler.opt.get("token"))
        except Problem as problem:
            if authorization is not None and problem.code == "unauthorized":
                await _count_failure(connection)
            if protected[access]:
                raise
        else:
            connection.scope[_IDENTITY] = identity  # type: ignore[literal-required]
            scope = _SCOPES.get(access)
            if protected[access] and scope is not None:
                require_scope(connection, scope)

    return guard


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], scope: str) -> None:
    """Refuse a token that is not for this.

    Raises:
        Problem: 403, with the challenge of RFC 6750.
    """
    identity = identity_of(connection)
    if identity is not None and scope not in identity.scopes:
        raise insufficient_scope(scope)


async def _count_failure(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """A token that is none may be a guess; one that expired is not.

    Raises:
        Problem: 429, there were too many.
    """
    try:
        await connection.app.state.platform.throttle.count(connection, "token")
    except Problem as problem:
        if problem.status != 503:  # not counted while the database cannot be reached
            raise


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
    """Who sent this request; None without a valid token."""
    return identity_in(connection.scope)


def identity_in(scope: Any) -> Identity | None:
    """The same for an ASGI scope."""
    return cast("Identity | None", scope.get(_IDENTITY))
