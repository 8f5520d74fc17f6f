"""The login call of today's GUI: `/v4/auth/oidc/login` (contract/AUTH.md A5, A9, B17)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from mestral import Access, LoginAttempt, LoginRefused, Platform, Principal, platform_of
from mestral.http import Answers, get, json_response, parse_query
from mestral.login import LoginAnswer
from mestral_auth_oidc.login import NO_CODE, OidcLogin

NOT_ALLOWED = (
    "Your client is not authorized for this operation. The API admin needs to add your URL to the list of "
    "allowed clients."
)


class LoginQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider gave to the GUI's login page."""

    code: Annotated[str, Meta(description="The code that the provider gave.")] = ""
    redirect_uri: Annotated[str, Meta(description="The login page to which it gave it.")] = ""


def legacy_login(login: OidcLogin, redirect_uris: tuple[str, ...]) -> HTTPRouteHandler:
    """The handler.

    Args:
        login: Who finishes it.
        redirect_uris: The pages that may be named; none: those of allowed clients.
    """

    @get(
        "/v4/auth/oidc/login",
        access=Access.PUBLIC,
        operation_id="auth_oidc.login",
        query=LoginQuery,
        answers=Answers(
            body=LoginAnswer,
            errors={
                401: "The login was refused.",
                403: "Logins of this kind are switched off (auth.legacy_gui_login).",
                429: "Too many attempts from this address.",
                502: "The provider answered nonsense.",
                503: "The provider cannot be reached.",
            },
            error_bodies={401: LoginAnswer},
        ),
        summary="Log in by OpenID Connect, as Autosubmit API does",
    )
    async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A token for a code that a provider gave to a page. Nothing binds it to the browser that began the
        login; `/v4/auth/oidc/start` does."""
        platform = platform_of(request)
        platform.logins.warn_legacy("oidc")
        query = parse_query(request, LoginQuery)

        async def principal() -> Principal:
            if not query.code:
                raise LoginRefused(NO_CODE)
            if not _is_allowed(platform, query.redirect_uri, redirect_uris):
                raise LoginRefused(NOT_ALLOWED, f"redirect_uri {query.redirect_uri[:200]!r} is not allowed")
            return await login.finish(LoginAttempt(callback=query.redirect_uri), {"code": query.code})

        found = await platform.logins.answer(request, "oidc", principal())
        return json_response(found, headers={"Cache-Control": "no-store"})

    return answer


def _is_allowed(platform: Platform, url: str, redirect_uris: tuple[str, ...]) -> bool:
    if redirect_uris:
        return url in redirect_uris
    return platform.logins.allowed(url, legacy=True)
