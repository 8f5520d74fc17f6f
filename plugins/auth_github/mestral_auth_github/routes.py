"""`/v4/auth/oauth2/github/login`: the login call of Autosubmit API, for today's GUI (contract/AUTH.md A8).

Guarantees: its messages and shapes are those of A5; a `redirect_uri` is passed on only if it is listed.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from mestral import Access, LoginRefused, Principal, platform_of
from mestral.http import Answers, get, json_response, parse_query
from mestral.login import LoginAnswer
from mestral_auth_github.provider import GitHub
from mestral_auth_github.settings import GithubSettings


class LoginQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What GitHub sent the browser back with."""

    code: Annotated[str, Meta(description="The code that GitHub gave.")] = ""
    redirect_uri: Annotated[
        str,
        Meta(description="As it was given to GitHub, if it was; one of `redirect_uris` of the settings."),
    ] = ""


def legacy_login(settings: GithubSettings, github: GitHub) -> HTTPRouteHandler:
    """The route."""

    @get(
        "/v4/auth/oauth2/github/login",
        access=Access.PUBLIC,
        operation_id="auth_github.login",
        query=LoginQuery,
        answers=Answers(
            body=LoginAnswer,
            errors={
                401: "The login was refused.",
                403: "Such logins are switched off.",
                429: "Too many attempts from this address.",
                502: "GitHub answered nonsense.",
                503: "GitHub cannot be reached.",
            },
            error_bodies={401: LoginAnswer},
        ),
        summary="Log in by a code of GitHub",
    )
    async def login(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A token for a code, as Autosubmit API has it. Nothing binds the code to the browser: new programs
        begin at `/v4/auth/github/start`."""
        logins = platform_of(request).logins
        logins.warn_legacy("github")
        query = parse_query(request, LoginQuery)

        async def principal() -> Principal:
            if query.redirect_uri and query.redirect_uri not in settings.redirect_uris:
                raise LoginRefused(
                    "This redirect_uri is not allowed: the administrator has to add it to redirect_uris in "
                    "[plugins.auth_github].",
                    "the redirect_uri is not listed",
                )
            return await github.log_in(query.code, query.redirect_uri)

        answer = await logins.answer(request, "github", principal())
        return json_response(answer, headers={"Cache-Control": "no-store"})

    return login
