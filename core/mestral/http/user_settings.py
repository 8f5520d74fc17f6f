"""`/v4/user-settings/preferred-username`: which user somebody is where commands run (contract/API_V4.md 6).

Guarantees: always with a token, whatever the protection level; everybody has one row, their own. What is kept
proposes a user to the GUI and gives no rights.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import JSONBody
from msgspec import Meta

from mestral.auth.guard import identity_of, require_scope
from mestral.auth.identity import STATIC_PROVIDERS, Identity
from mestral.contributions import Access
from mestral.database.preferences import NAME, Preference, is_name, keep, preference_of
from mestral.errors import Problem, invalid, unauthorized
from mestral.http.answers import Answers
from mestral.http.responses import json_response
from mestral.http.routing import get, post
from mestral.platform import platform_of

_PATH = "/v4/user-settings/preferred-username"


class PreferredUsername(msgspec.Struct, frozen=True):
    """Body that says what somebody prefers."""

    preferred_username: Annotated[str, Meta(min_length=1, pattern=NAME)]


@get(
    _PATH,
    access=Access.IDENTIFIED,
    operation_id="core.preferred_username",
    answers=Answers(body=Preference, errors={400: "Nothing is kept for this user."}),
    summary="Your preferred user name",
)
async def preferred_username(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was kept by POST, or by Autosubmit API."""
    found = await preference_of(platform_of(request).database, _user_id(request))
    if found is None:
        raise Problem(400, "Preferred username not found for this user")
    return json_response(found)


@post(
    _PATH,
    access=Access.IDENTIFIED,
    operation_id="core.prefer_username",
    answers=Answers(body=Preference, errors={403: "The token that was sent is for reading alone."}),
    summary="Keep your preferred user name",
)
async def prefer_username(
    request: Request[Any, Any, Any], data: JSONBody[PreferredUsername]
) -> Response[bytes]:
    """The name that a GUI proposes where commands run by SSH, whether there is such a user or not."""
    require_scope(request, "operate")
    if not is_name(data.preferred_username):  # a pattern's $ lets a line feed at the end pass
        raise invalid("Invalid value for 'preferred_username': no line feed may be in it")
    return json_response(
        await keep(platform_of(request).database, _user_id(request), data.preferred_username)
    )


user_settings_handlers = (preferred_username, prefer_username)


def _user_id(request: Request[Any, Any, Any]) -> str:
    identity = identity_of(request)
    if identity is None:
        raise unauthorized()  # the guard did so before
    return user_id_of(identity)


def user_id_of(identity: Identity) -> str:
    """Under which id somebody's preferences are kept: the one of Autosubmit API for those who can only be the
    same person there, which are accounts of this site and the user of the static token."""
    return identity.username if identity.provider in STATIC_PROVIDERS else identity.person
