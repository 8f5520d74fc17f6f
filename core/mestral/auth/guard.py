"""The check before every route: who asks, and may they? (contract/AUTH.md A2)

Guarantees: runs before parameters and body are looked at. A route without an access level is refused (fail
closed). A valid token is honoured at every protection level; a bad one is ignored where the route is open.
"""

import logging
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from mestral.auth.identity import Identity
from mestral.contributions import Access
from mestral.errors import Problem, unauthorized
from mestral.logs import at_hand
from mestral.settings.model import ProtectionLevel

if TYPE_CHECKING:
    from mestral.auth.tokens import Tokens  # at run time it would bring the whole of cryptography

logger = logging.getLogger(__name__)

_IDENTITY = "mestral.identity"
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
        except Problem:
            if protected[access]:
                raise
        else:
            connection.scope[_IDENTITY] = identity  # type: ignore[literal-required]

    return guard


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
    """Who sent this request; None without a valid token."""
    return identity_in(connection.scope)


def identity_in(scope: Any) -> Identity | None:
    """The same for an ASGI scope."""
    return cast("Identity | None", scope.get(_IDENTITY))
