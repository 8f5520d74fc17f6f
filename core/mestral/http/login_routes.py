"""The routes of logins: what is offered, the way to a provider and back, passwords, headers, the exchange.

Guarantees: no address that a client sent becomes the target of a redirect unless it is allowed; no token is
in an address. A page that began a login gets a code in its address, which only it can exchange, once,
within a minute, by the verifier of the challenge that it sent along.
"""

import re
import secrets
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from mestral.auth.logins import LoggedIn, LoginAnswer, refusal
from mestral.contributions import Access, LoginAttempt, LoginBackend, Principal
from mestral.errors import Problem, invalid, unauthorized, unavailable
from mestral.http.answers import Answers
from mestral.http.query import parse_query
from mestral.http.responses import json_response
from mestral.http.routing import get, post
from mestral.platform import Platform, platform_of

if TYPE_CHECKING:
    from mestral.auth.attempts import Begun  # at run time it would bring pyjwt

CODE_SECONDS = 60

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_CHALLENGE = r"^[A-Za-z0-9_-]{43}$"
_REFUSED = {401: "The login was refused.", 429: "Too many attempts from this address."}
_PROVIDER = {502: "The provider answered nonsense.", 503: "The provider cannot be reached."}
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """One way to log in.

    Attributes:
        id: In paths and identities.
        display_name: For a button.
        kind: `redirect`: send the browser to `path`. `password`, `header`: POST to `path`. Null when the
            login is not available.
        path: Below the root path; null when it is not available.
        available: Whether it works now; its administrator knows why not.
    """

    id: str
    display_name: str
    kind: Literal["redirect", "password", "header"] | None
    path: str | None
    available: bool


class Providers(msgspec.Struct, frozen=True):
    """Answer of `/v4/auth/providers`."""

    providers: list[Offered]


class StartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How a login begins."""

    return_to: Annotated[
        str,
        Meta(
            max_length=1024,  # it travels in a cookie, and browsers keep 4 KiB
            description="Page that gets a code, one of the allowed clients; without, the callback "
            "answers with the token.",
        ),
    ] = ""
    code_challenge: Annotated[
        str,
        Meta(
            description="S256 challenge (RFC 7636) of the verifier with which the page will exchange "
            "the code; needed with return_to."
        ),
    ] = ""


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What core reads of what a provider sends back; the backend reads the rest."""

    state: Annotated[str, Meta(description="As it was given to the provider.")] = ""


class Credentials(msgspec.Struct, frozen=True):
    """Body of a login by password."""

    username: Annotated[str, Meta(min_length=1, max_length=256)]
    password: Annotated[str, Meta(min_length=1, max_length=4096)]

    def __repr__(self) -> str:
        return f"Credentials({self.username!r})"


class Exchange(msgspec.Struct, frozen=True):
    """Body of the exchange of a code."""

    code: Annotated[str, Meta(min_length=1, max_length=256)]
    code_verifier: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~-]{43,128}$")]

    def __repr__(self) -> str:
        return "Exchange(...)"


class _Kept(msgspec.Struct, frozen=True):
    """What is kept under a code until it is exchanged: no token, which is issued then."""

    challenge: str
    logged_in: LoggedIn


@get(
    "/v4/auth/providers",
    access=Access.PUBLIC,
    operation_id="core.login_providers",
    answers=Answers(body=Providers),
    summary="Ways to log in",
)
async def providers(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every login that this server has, in the order in which to offer them; one that is broken is said to be
    not available."""
    offered = platform_of(request).logins.offered
    return json_response(Providers([_offered(name, login) for name, login in offered.items()]))


@post(
    "/v4/auth/exchange",
    access=Access.PUBLIC,
    operation_id="core.login_exchange",
    answers=Answers(body=LoginAnswer, errors=_REFUSED, error_bodies={401: LoginAnswer}),
    summary="Exchange a code for a token",
)
async def exchange(request: Request[Any, Any, Any], data: JSONBody[Exchange]) -> Response[bytes]:
    """The token of a login that ended at `return_to?code=...`; the code counts once, within a minute."""
    platform = platform_of(request)
    await platform.throttle.count(request, "exchange")
    found = await platform.once.take("code", data.code)
    kept = msgspec.json.decode(found, type=_Kept) if found is not None else None
    if kept is None or LoginAttempt(verifier=data.code_verifier).challenge != kept.challenge:
        message = "This code is not valid, or no more: log in again."
        await platform.audit.refused(request, "login", detail="a code that is not valid was exchanged")
        raise unauthorized(message, body=refusal(message))
    return json_response(await platform.logins.token_for(kept.logged_in), headers=_NO_STORE)


def routes_of_login(plugin: str, login: LoginBackend) -> tuple[HTTPRouteHandler, ...]:
    """The routes that core makes for a backend."""
    if login.kind == "redirect":
        return _start(plugin, login), _callback(plugin, login)
    return (_present(plugin, login),)


def _start(plugin: str, login: LoginBackend) -> HTTPRouteHandler:
    @get(
        f"/v4/auth/{login.id}/start",
        access=Access.PUBLIC,
        operation_id=f"{plugin}.{login.id}_start",
        query=StartQuery,
        answers=Answers(
            body=None,
            errors={
                302: "To the provider.",
                403: "`return_to` is not allowed.",
                **_REFUSED,
                **_PROVIDER,
            },
            error_bodies={401: LoginAnswer},
        ),
        summary=f"Log in by {login.display_name}",
    )
    async def start(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Sends the browser to the provider, with state, nonce and PKCE challenge bound to it by a cookie."""
        platform = platform_of(request)
        query = parse_query(request, StartQuery)
        _check_return(platform, query)
        await platform.throttle.count(request, "start")
        begun, cookie = platform.attempts.begin(
            login.id, public_base(request), query.return_to, query.code_challenge
        )
        return _redirect(302, await platform.logins.begin(login, begun.attempt), cookie)

    return start


def _callback(plugin: str, login: LoginBackend) -> HTTPRouteHandler:
    @get(
        f"/v4/auth/{login.id}/callback",
        access=Access.PUBLIC,
        operation_id=f"{plugin}.{login.id}_callback",
        query=CallbackQuery,
        answers=Answers(
            body=LoginAnswer,
            errors={303: "To `return_to`, with `code`, or with `error`.", **_REFUSED, **_PROVIDER},
            error_bodies={401: LoginAnswer},
        ),
        summary=f"The way back from {login.display_name}",
    )
    async def callback(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Where the provider sends the browser: answers with the token, or sends it on to the page that began
        the login, which learns of a failure too."""
        platform = platform_of(request)
        state = parse_query(request, CallbackQuery).state
        query = dict(
            parse_qsl(request.scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
        )
        begun: list[tuple[Begun, Cookie]] = []

        async def principal() -> Principal:
            begun.append(await platform.attempts.end(login.id, state, request.cookies))
            return await login.finish(begun[0][0].attempt, query)

        try:
            logged_in = await platform.logins.verify(request, login.id, principal())
        except Problem as problem:
            if not begun or not begun[0][0].return_to:
                raise
            ended, cookie = begun[0]
            return _redirect(303, _with_query(ended.return_to, **_told(problem)), cookie)
        ended, cookie = begun[0]
        if not ended.return_to:
            return _answer(await platform.logins.token_for(logged_in), cookie)
        code = secrets.token_urlsafe(32)
        kept = msgspec.json.encode(_Kept(ended.challenge, logged_in)).decode()
        await platform.once.keep("code", code, kept, CODE_SECONDS)
        return _redirect(303, _with_query(ended.return_to, code=code), cookie)

    return callback


def _present(plugin: str, login: LoginBackend) -> HTTPRouteHandler:
    answers = Answers(body=LoginAnswer, errors={**_REFUSED, **_PROVIDER}, error_bodies={401: LoginAnswer})
    options: dict[str, Any] = {
        "access": Access.PUBLIC,
        "operation_id": f"{plugin}.{login.id}_login",
        "answers": answers,
        "summary": f"Log in by {login.display_name}",
    }
    if login.kind == "password":

        @post(f"/v4/auth/{login.id}/login", **options)
        async def by_password(
            request: Request[Any, Any, Any], data: JSONBody[Credentials]
        ) -> Response[bytes]:
            """A token for a user name and a password."""
            presented = {"username": data.username, "password": data.password}
            found = login.finish(LoginAttempt(), presented)
            logins = platform_of(request).logins
            return _answer(await logins.answer(request, login.id, found, user=data.username))

        return by_password

    @post(f"/v4/auth/{login.id}/login", **options)
    async def by_header(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A token for whom the proxy in front of this server vouches."""
        found = login.finish(LoginAttempt(), {name.lower(): value for name, value in request.headers.items()})
        return _answer(await platform_of(request).logins.answer(request, login.id, found))

    return by_header


def public_base(request: Request[Any, Any, Any]) -> str:
    """Address of this server as the browser knows it, without a slash at its end.

    Never taken from what a request says, save on this very machine (contract/AUTH.md B10).

    Raises:
        Problem: 503, `server.public_url` is not set.
    """
    server = platform_of(request).settings.server
    if server.public_url:
        return server.public_url
    host = request.headers.get("host", "")
    if _LOOPBACK.fullmatch(host):
        return f"http://{host}{server.root_path}"
    raise unavailable(
        "The administrator has to set server.public_url, the address by which this server is reached, "
        "before this login can be used."
    )


def _check_return(platform: Platform, query: StartQuery) -> None:
    if not query.return_to:
        return
    if not platform.logins.allowed(query.return_to):
        raise Problem(
            403,
            "This page may not have its visitors logged in: the administrator has to add it to auth.clients.",
        )
    if not re.fullmatch(_CHALLENGE, query.code_challenge):
        raise invalid(
            "Invalid value for 'code_challenge': return_to needs an S256 challenge (RFC 7636), 43 characters"
        )


def _offered(name: str, login: LoginBackend | None) -> Offered:
    if login is None:
        return Offered(id=name, display_name=name, kind=None, path=None, available=False)
    path = "start" if login.kind == "redirect" else "login"
    return Offered(
        id=name,
        display_name=login.display_name,
        kind=login.kind,
        path=f"/v4/auth/{name}/{path}",
        available=True,
    )


def _answer(answer: LoginAnswer, cookie: Cookie | None = None) -> Response[bytes]:
    response = json_response(answer, headers=_NO_STORE)
    if cookie is not None:
        response.set_cookie(cookie)
    return response


def _told(problem: Problem) -> dict[str, str]:
    """What a page is told of a login that failed (RFC 6749 4.1.2.1)."""
    refused = problem.status in (401, 403)
    error = "access_denied" if refused else "temporarily_unavailable"
    return {"error": error, "error_description": problem.message}


def _redirect(status: int, target: str, cookie: Cookie) -> Response[bytes]:
    response = Response(b"", status_code=status, headers={**_NO_STORE, "Location": target})
    response.set_cookie(cookie)
    return response


def _with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return urlunsplit(parts._replace(query=query))
