"""What is asked of GitHub: the exchange of a code, who that is, and whether they are a member.

Guarantees: nobody is vouched for unless GitHub said so in the form that it documents; what it answers instead
is a refusal or a 502, never a login. A person is their numeric id: a login name can be changed, and then
taken by somebody else. GitHub's token is used for these questions alone and kept nowhere.

Authlib and httpx2 are imported when somebody logs in.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from mestral import LoginAttempt, LoginRefused, Principal, bad_gateway
from mestral.login import asking, client_options
from mestral_auth_github.settings import GithubSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from httpx2 import Response

GITHUB = "GitHub"

_JSON = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_CODE = re.compile(r"[ -~]+")  # RFC 6749 A.11
_TOKEN = re.compile(r"[!-~]{1,4096}")
_MOST_TEXT = 200


class GitHub:
    """GitHub, or a GitHub Enterprise Server, as these settings describe it."""

    def __init__(self, settings: GithubSettings) -> None:
        self._settings = settings

    async def begin(self, attempt: LoginAttempt) -> str:
        """Its page for this attempt, asked for no more than the rules of this server need."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

        url = prepare_grant_uri(
            f"{self._settings.web_url}/login/oauth/authorize",
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=attempt.callback,
            # A name and a number, as everybody may see them, need no scope.
            scope="read:org" if self._settings.organization else None,
            state=attempt.state,
            code_challenge=attempt.challenge,
            code_challenge_method="S256",
        )
        return str(url)

    async def finish(self, attempt: LoginAttempt, query: Mapping[str, str]) -> Principal:
        """Whom the browser came back as.

        Raises:
            LoginRefused: GitHub, or a rule of this server, lets nobody in.
            Problem: 502 or 503, GitHub does not do its part.
        """
        issuer = query.get("iss")
        if issuer is not None and issuer not in (
            self._settings.web_url,
            f"{self._settings.web_url}/login/oauth",
        ):
            raise LoginRefused("Can't verify user", "the answer is another provider's (RFC 9207)")
        if "error" in query:
            said = _word(query["error"])
            raise LoginRefused(f"GitHub did not log you in: {said}", f"GitHub answered {said}")
        return await self.log_in(query.get("code", ""), attempt.callback, attempt.verifier)

    async def log_in(self, code: str, redirect_uri: str = "", verifier: str = "") -> Principal:
        """Who gave this server a code; arguments that are empty are not sent. Errors as for `finish`."""
        if not _CODE.fullmatch(code):
            raise LoginRefused("Can't verify user", "what came is no code" if code else "no code")
        async with self._client(redirect_uri) as client:
            token = await self._exchange(client, code, verifier)
            # No more of the answer than this: authlib would act on a lifetime, or another type, by itself.
            client.token = {"access_token": token, "token_type": "bearer"}
            subject, username = await self._user(client)
            groups = await self._groups(client, username)
        return Principal(subject=subject, username=username, groups=groups)

    async def _exchange(self, client: AsyncOAuth2Client, code: str, verifier: str) -> str:
        from authlib.integrations.base_client import OAuthError

        url = f"{self._settings.web_url}/login/oauth/access_token"
        try:
            async with asking(GITHUB):
                answer = await client.fetch_token(url, code=code, code_verifier=verifier)
        except OAuthError as error:
            said = _text(error.description) or _text(error.error) or "no reason is given"
            raise LoginRefused(
                f"GitHub token exchange failed: {said}", f"GitHub refused the code: {_word(error.error)}"
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise bad_gateway(f"{GITHUB} does not answer as it should.") from error
        token, kind = answer.get("access_token"), answer.get("token_type")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise LoginRefused("GitHub token exchange failed: there is no access token in the answer")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise LoginRefused("GitHub token exchange failed: the token is not a bearer token")
        return token

    async def _user(self, client: AsyncOAuth2Client) -> tuple[str, str]:
        """The id and the login name of whose token it is."""
        status, user = await self._ask(client, "/user", answers=(200, 401, 403))
        number, login = user.get("id"), user.get("login")
        if status != 200 or type(number) is not int or not isinstance(login, str) or not login:
            raise LoginRefused("Couldn't find user on GitHub", f"/user answered {status} and names nobody")
        return str(number), login

    async def _groups(self, client: AsyncOAuth2Client, login: str) -> tuple[str, ...]:
        """What they are a member of, as far as the rules of this server ask.

        Membership is what GitHub tells the person themself: `/orgs/ORG/members/LOGIN`, which Autosubmit API
        asks, shows those outside public memberships only, by a redirect. Invited is not yet a member.

        Raises:
            LoginRefused: They are not a member.
        """
        organization, team = self._settings.organization, self._settings.team
        if self._settings.allow_any:
            return ()
        if not organization:
            raise LoginRefused("User is not member of organization or team", "no organization is set")
        if team:
            path = f"/orgs/{quote(organization)}/teams/{quote(team)}/memberships/{quote(login, safe='')}"
        else:
            path = f"/user/memberships/orgs/{quote(organization)}"
        status, membership = await self._ask(client, path, answers=(200, 403, 404))
        state = membership.get("state")
        if status != 200 or state != "active":
            about = "the organisation may have to approve the app" if status == 403 else _word(state)
            raise LoginRefused(
                "User is not member of organization or team",
                f"{_word(login)}: the membership was answered {status} ({about})",
            )
        return (f"org:{organization}", *([f"team:{organization}/{team}"] if team else []))

    async def _ask(
        self, client: AsyncOAuth2Client, path: str, *, answers: tuple[int, ...]
    ) -> tuple[int, dict[str, Any]]:
        """The status and the object that the API answers.

        Raises:
            Problem: 502, it is another status, or a success without an object.
        """
        async with asking(GITHUB):
            response = await client.get(f"{self._settings.api_url}{path}", headers=_JSON)
        found = _object_in(response)
        if response.status_code not in answers or (found is None and response.is_success):
            raise bad_gateway(f"{GITHUB} does not answer as it should.")
        return response.status_code, found or {}

    @contextlib.asynccontextmanager
    async def _client(self, redirect_uri: str) -> AsyncIterator[AsyncOAuth2Client]:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        secret = self._settings.client_secret
        async with AsyncOAuth2Client(
            self._settings.client_id,
            secret.reveal() if secret else None,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            redirect_uri=redirect_uri or None,
            **client_options(),
        ) as client:
            client.register_compliance_hook("access_token_response", _success_or_error)
            yield client


def _success_or_error(response: Response) -> Response:
    """Authlib takes every object of a status below 500 for a token: only a success or an `error` may pass."""
    if not response.is_success and "error" not in (_object_in(response) or {}):
        response.raise_for_status()
    return response


def _object_in(response: Response) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None


def _text(said: object) -> str:
    """What GitHub said, for a message."""
    return "".join(c for c in said[:_MOST_TEXT] if c.isprintable()) if isinstance(said, str) else ""


def _word(said: object) -> str:
    """A word of GitHub's for the audit log: what is none is left out."""
    return said if isinstance(said, str) and re.fullmatch(r"[\w.:-]{1,64}", said) else "something else"
