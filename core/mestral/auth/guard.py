"""The check before every route: who asks, and may they? (contract/AUTH.md A2)

Guarantees: runs before parameters and body are looked at. A route without an access level is refused (fail
closed). A valid token is honoured at every protection level; a bad one is ignored where the route is open.
Bad tokens are counted per client, and a client that sent too many is answered 429 where it would be 401: a
valid token is never refused for what others sent. Where a token is needed, its scopes have to suffice. Who
may operate is for the policy to say.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from mestral.auth.identity import Identity
from mestral.contributions import Access
from mestral.errors import Problem, insufficient_scope, unauthorized
from mestral.logs import at_hand
from mestral.platform import platform_of
from mestral.settings.access import AuthSettings, ProtectionLevel

if TYPE_CHECKING:
    from mestral.auth.tokens import Tokens  # at run time it would bring the whole of cryptography

logger = logging.getLogger(__name__)

CHECKS_TOKENS = "checks_tokens"
"""In the `opt` of a public route that tells whether a token is valid: too many that are not are a 429."""

_KNOWN = frozenset(Access)
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


def everybody_operates(settings: AuthSettings) -> bool:
    """Whether even the anonymous may operate: two settings have to say so together."""
    return settings.operate == "authenticated" and settings.protection_level == "NONE"


def refuses_anonymous(opt: Mapping[str, Any], settings: AuthSettings) -> bool:
    """Whether a route, by the options it was declared with, answers nobody without a token."""
    return needs_token(opt["access"], settings.protection_level) or (
        who_asks(opt) != "none" and not everybody_operates(settings)
    )


def who_asks(opt: Mapping[str, Any]) -> str:
    """Who asks the policy: `path`, `handler`, `none` (`mestral.http.routing.AskPolicy`)."""
    return str(opt.get("policy", "path")) if opt["access"] is Access.OPERATE else "none"


def access_guard(tokens: "Tokens", settings: AuthSettings) -> Guard:
    """The guard of an app with these tokens and this `[auth]` table."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if (work := at_hand()) is not None:
            work.plugin = handler.opt.get("plugin", work.plugin)
        access = handler.opt.get("access")
        if access not in _KNOWN:
            if handler.fn.__module__ == _LITESTAR_OPTIONS_HANDLER:
                return  # the answer to OPTIONS that Litestar adds to every path: the methods, nothing else
            logger.error("Route %s has no access level and is refused.", handler.handler_name)
            raise unauthorized()
        needed = refuses_anonymous(handler.opt, settings)
        authorization = connection.headers.get("authorization")
        if authorization is not None or needed:
            try:
                identity = await tokens.identify(authorization, handler.opt.get("token"))
            except Problem as problem:
                if authorization is not None:
                    checks = bool(handler.opt.get(CHECKS_TOKENS))
                    await _count_failure(connection, problem, refuses=needed or checks)
                if needed:
                    raise
            else:
                connection.scope[_IDENTITY] = identity  # type: ignore[literal-required]
                scope = _SCOPES.get(access)
                if needed and scope is not None:
                    require_scope(connection, scope)
        if who_asks(handler.opt) == "path":
            expid = connection.path_params.get("expid", "")
            await platform_of(connection).policy.require(connection, "operate", expid)

    return guard


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], scope: str) -> None:
    """Refuse a token that is not for this.

    Raises:
        Problem: 403, with the challenge of RFC 6750.
    """
    identity = identity_of(connection)
    if identity is not None and scope not in identity.scopes:
        raise insufficient_scope(scope)


async def _count_failure(connection: Any, problem: Problem, *, refuses: bool) -> None:
    """Count a token that is not valid, and record it: it may be a guess. One that expired is none.

    Raises:
        Problem: 429, there were too many, and the answer would be 401.
    """
    if problem.code != "unauthorized":
        return
    platform = platform_of(connection)
    try:
        await platform.throttle.count(connection, "token")
    except Problem as beyond:
        if beyond.status == 429 and refuses:
            raise beyond from problem
        return  # the database is away, which is no reason to say anything but 401
    await platform.audit.refused(connection, "token.refused", detail="the token is not valid")


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
    """Who sent this request; None without a valid token."""
    return identity_in(connection.scope)


def identity_in(scope: Any) -> Identity | None:
    """The same for an ASGI scope."""
    return cast("Identity | None", scope.get(_IDENTITY))
