"""Tokens that people manage themselves: make, list and revoke personal ones, and log out.

Guarantees: everybody sees and revokes their own alone; the text of a token is in the answer that made it and
nowhere else; a personal token makes, lists and revokes none but itself, by `logout`. All of it is audited.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from mestral.auth.guard import identity_of
from mestral.auth.identity import STATIC_PROVIDERS, Identity
from mestral.auth.personal import PersonalToken, Scope
from mestral.contributions import Access
from mestral.errors import Problem, invalid, unauthorized
from mestral.http.answers import Answers
from mestral.http.responses import json_response
from mestral.http.routing import delete, get, post
from mestral.platform import platform_of

DEFAULT_DAYS = 30

_NO_STORE = {"Cache-Control": "no-store"}
_NOT_BY_THIS = {403: "The token that was sent is no token of a login."}


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A personal token; times are ISO 8601 in UTC.

    Attributes:
        id: To revoke it.
        name: What its owner calls it.
        scopes: What it may be used for.
        created, expires: When.
        used: Last use, exact to a minute; null: never.
        revoked: When it was revoked; null: it was not.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created: str
    expires: str
    used: str | None
    revoked: str | None


class NewToken(Token, frozen=True, kw_only=True):
    """A personal token and its text, which is not shown again; sent as `Authorization: Bearer mst_...`."""

    token: str


class TokenList(msgspec.Struct, frozen=True):
    """Answer of `/v4/auth/tokens`."""

    tokens: list[Token]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Body that asks for a token."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="What it is for.")]
    scopes: Annotated[
        tuple[Scope, ...], Meta(min_length=1, description="read: see experiments. operate: change them.")
    ] = ("read",)
    days: Annotated[
        int | None,
        Meta(description="Days until it expires; without: 30, or auth.personal_token_days if that is less."),
    ] = None


class LoggedOut(msgspec.Struct, frozen=True):
    """Answer of `/v4/auth/logout`."""

    message: str


@get(
    "/v4/auth/tokens",
    access=Access.IDENTIFIED,
    operation_id="core.tokens",
    answers=Answers(body=TokenList, errors=_NOT_BY_THIS),
    summary="Your personal tokens",
)
async def list_tokens(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Those that have not expired, the newest first, revoked ones too; their texts are not known."""
    owner = _owner(request)
    found = await platform_of(request).personal_tokens.listed(owner)
    return json_response(TokenList([described(token) for token in found]), headers=_NO_STORE)


@post(
    "/v4/auth/tokens",
    access=Access.IDENTIFIED,
    operation_id="core.token_create",
    answers=Answers(body=NewToken, errors={**_NOT_BY_THIS, 409: "You have too many."}),
    summary="Make a personal token",
)
async def create_token(request: Request[Any, Any, Any], data: JSONBody[Wanted]) -> Response[bytes]:
    """A token for a script of yours. Only this answer shows its text."""
    owner = _owner(request)
    platform = platform_of(request)
    days = days_of(data.days, platform.settings.auth.personal_token_days)
    text, token = await platform.personal_tokens.create(owner, name=data.name, scopes=data.scopes, days=days)
    detail = f"scopes {' '.join(token.identity.scopes)}, {days} days"
    await platform.audit.record(request, "token.create", "ok", identity=owner, target=token.id, detail=detail)
    new = NewToken(**msgspec.structs.asdict(described(token)), token=text)
    return json_response(new, headers=_NO_STORE)


@delete(
    "/v4/auth/tokens/{token_id:str}",
    access=Access.IDENTIFIED,
    operation_id="core.token_revoke",
    answers=Answers(body=Token, errors={**_NOT_BY_THIS, 404: "You have no token with this id."}),
    summary="Revoke a personal token",
)
async def revoke_token(
    request: Request[Any, Any, Any],
    token_id: Annotated[str, PathParameter(description="Its id, as the list has it.")],
) -> Response[bytes]:
    """It is refused from now on, everywhere within two seconds."""
    owner = _owner(request)
    platform = platform_of(request)
    revoked = await platform.personal_tokens.revoke(token_id, owner)
    await platform.audit.record(request, "token.revoke", "ok", identity=owner, target=token_id)
    return json_response(described(revoked), headers=_NO_STORE)


@post(
    "/v4/auth/logout",
    access=Access.IDENTIFIED,
    operation_id="core.logout",
    answers=Answers(body=LoggedOut, errors={403: "The token is a static one."}),
    summary="Log out",
)
async def logout(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Revokes the token that was sent, whatever kind it is: it is refused everywhere within two seconds."""
    identity = _identity(request)
    platform = platform_of(request)
    await platform.tokens.log_out(identity)
    target = identity.token if identity.personal else identity.provider
    await platform.audit.record(request, "logout", "ok", identity=identity, target=target)
    return json_response(LoggedOut("Logged out"), headers=_NO_STORE)


token_handlers = (list_tokens, create_token, revoke_token, logout)


def described(token: PersonalToken) -> Token:
    """A token as it is shown."""
    return Token(
        id=token.id,
        name=token.name,
        scopes=token.identity.scopes,
        created=_iso(token.created),
        expires=_iso(token.expires),
        used=_iso(token.used) if token.used is not None else None,
        revoked=_iso(token.revoked) if token.revoked is not None else None,
    )


def days_of(days: int | None, most: int) -> int:
    """How long a token lives.

    Raises:
        Problem: 422, not between one day and the most there may be.
    """
    if days is None:
        return min(DEFAULT_DAYS, most)
    if not 1 <= days <= most:
        raise invalid(f"Invalid value for 'days': must be from 1 to {most} (auth.personal_token_days)")
    return days


def _owner(request: Request[Any, Any, Any]) -> Identity:
    """Who manages tokens: somebody who logged in."""
    identity = _identity(request)
    if identity.personal or identity.provider in STATIC_PROVIDERS:
        raise Problem(403, "Tokens are managed by those who logged in: send the token of a login.")
    return identity


def _identity(request: Request[Any, Any, Any]) -> Identity:
    identity = identity_of(request)
    if identity is None:
        raise unauthorized()  # the guard did so before
    return identity


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
