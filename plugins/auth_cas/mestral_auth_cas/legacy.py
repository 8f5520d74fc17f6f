"""The CAS logins of Autosubmit API, `/v4/auth/cas/v2/login` and `/v3/login` (contract/AUTH.md A5 to A7).

Guarantees: a ticket is asked and checked for services alone that are an allowed client or below one, compared
by origin and path (B6, B7), or this server's own configured address (B10). The Referer of v3 says which
allowed client it is, and allows nothing by itself. Redirects are 302, because 307 would have a browser
repeat what it posted (B26).
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from mestral import Access, LoginRefused, Principal, Problem, platform_of
from mestral.http import Answers, get, json_response, parse_query
from mestral.login import LoginAnswer, public_base
from mestral_auth_cas.backend import ID
from mestral_auth_cas.server import CasServer, server_of, server_of_v3
from mestral_auth_cas.settings import CasSettings

_NOT_ALLOWED = (
    "Your {} is not authorized for this operation. "
    "The API admin needs to add your URL to the list of allowed clients."
)
_ANSWERS = Answers(
    body=LoginAnswer,
    errors={
        302: "To the login page of the CAS server; without a ticket.",
        401: "The ticket is not valid, or the page may not have its visitors logged in.",
        403: "This login is switched off (`auth.legacy_gui_login`).",
        429: "Too many attempts from this address.",
        502: "The CAS server answered nonsense.",
        503: "The CAS server cannot be reached.",
    },
    error_bodies={401: LoginAnswer},
)


class LoginQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A login of v4."""

    service: Annotated[
        str, Meta(description="Page to which CAS sends the ticket; without, this server itself.")
    ] = ""
    ticket: Annotated[str, Meta(description="What CAS sent; without, the browser is sent to CAS.")] = ""


class LoginQueryV3(msgspec.Struct, frozen=True, kw_only=True):
    """A login of v3."""

    env: Annotated[str, Meta(description="Path of the GUI below the allowed client.")] = ""
    ticket: Annotated[str, Meta(description="What CAS sent; without, the browser is sent to CAS.")] = ""


def legacy_logins(settings: CasSettings) -> tuple[HTTPRouteHandler, ...]:
    """Both routes."""
    server, server_v3 = server_of(settings), server_of_v3(settings)

    @get(
        "/v4/auth/cas/v2/login",
        access=Access.PUBLIC,
        operation_id="auth_cas.v4_login",
        query=LoginQuery,
        answers=_ANSWERS,
        summary="Log in by CAS in the way of Autosubmit API's GUI",
    )
    async def v4_login(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The token of whom the ticket was given to."""
        query = parse_query(request, LoginQuery)
        platform = platform_of(request)
        platform.logins.warn_legacy(ID)
        service = query.service or f"{public_base(request)}/"
        allowed = platform.logins.allowed(service, legacy=True) or _is_own(request, service)
        return await _login(
            request,
            server,
            service if allowed else None,
            query.ticket,
            refusals=(_NOT_ALLOWED.format("service"), "Can't verify user"),
            message="Token generated",
        )

    @get(
        "/v3/login",
        access=Access.PUBLIC,
        operation_id="auth_cas.v3_login",
        query=LoginQueryV3,
        answers=_ANSWERS,
        summary="Log in by CAS in the way of Autosubmit API's v3",
    )
    async def v3_login(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The same for the page that the Referer is below: CAS sends the ticket to its `{env}/login`."""
        query = parse_query(request, LoginQueryV3)
        platform = platform_of(request)
        platform.logins.warn_legacy(ID)
        client = platform.logins.client_of(request.headers.get("referer", ""))
        service = _service_v3(client, query.env) if client is not None else None
        return await _login(
            request,
            server_v3,
            service if service is not None and platform.logins.allowed(service) else None,
            query.ticket,
            refusals=(_NOT_ALLOWED.format("client"), "Can't verify user."),
            message="Token generated.",
        )

    return v4_login, v3_login


async def _login(
    request: Request[Any, Any, Any],
    server: CasServer,
    service: str | None,
    ticket: str,
    *,
    refusals: tuple[str, str],
    message: str,
) -> Response[bytes]:
    """What both have in common.

    Args:
        service: None when it is not allowed.
        refusals: Sentences for a service that is not allowed, and for a ticket that is not valid.
        message: Sentence of a success.
    """
    if service is not None and not ticket:
        headers = {"Location": server.login_address(service), "Cache-Control": "no-store"}
        return Response(b"", status_code=302, headers=headers)

    async def principal() -> Principal:
        if service is None:
            raise LoginRefused(refusals[0])
        return await server.verify(service, ticket, refusals[1])

    answer = await platform_of(request).logins.answer(request, ID, principal(), message)
    return json_response(answer, headers={"Cache-Control": "no-store"})


def _is_own(request: Request[Any, Any, Any], service: str) -> bool:
    """Whether it is the address of this server, which Autosubmit API always allows."""
    try:
        return service == f"{public_base(request)}/"
    except Problem:
        return False


def _service_v3(client: str, env: str) -> str:
    """`{client}{env}/login`, with the slash that Autosubmit API leaves to whoever writes the list."""
    return "/".join(filter(None, [client.rstrip("/"), env.strip("/"), "login"]))
