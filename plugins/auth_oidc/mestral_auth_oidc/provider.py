"""What is asked of the provider: its discovery document, its keys, tokens for a code, who somebody is.

Guarantees: every question is bounded in time and size and follows no redirect (`mestral.login`); an answer
is checked for its shape before it is used. What the provider publishes is asked for when it is first needed,
by one login at a time, and kept for a while; while it cannot be had, every login that needs it tries anew, so
that nothing has to be started again. Importing this module costs nothing; what asks is imported then.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote_plus

import msgspec
from msgspec import Meta

from mestral import LoginAttempt, LoginRefused, Problem, bad_gateway
from mestral_auth_oidc.settings import OidcSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")

DISCOVERY_SECONDS = 3600.0
KEYS_SECONDS = 900.0
"""How long documents are kept; a key that the provider withdraws is good for so long at most."""

AGAIN_SECONDS = 30.0
"""Keys are asked for before that time because of a token that none fits, but no more often than so."""

FAILED_SECONDS = 1.0
"""How long everybody gets the same failure, so that many do not wait one after the other."""

REFUSED = "Can't verify user"

_Url = Annotated[str, Meta(pattern=r"^https?://[!-~]+$")]
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_NONSENSE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What libraries raise of answers that are not what they should be."""


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a discovery document (OpenID Connect Discovery 1.0, RFC 8414, RFC 9207)."""

    issuer: str
    authorization_endpoint: _Url | None = None
    token_endpoint: _Url | None = None
    userinfo_endpoint: _Url | None = None
    jwks_uri: _Url | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The provider as it is used: what is set, else what its discovery document says.

    Attributes:
        names_itself: Whether it sends its issuer along with every code (RFC 9207).
        by_post: Whether the client's secret goes into the form.
    """

    authorization: str | None
    token: str | None
    userinfo: str | None
    keys: str | None
    names_itself: bool
    by_post: bool


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a code was exchanged for. Its text shows no token."""

    access_token: str
    id_token: str | None

    def __repr__(self) -> str:
        return "TokenAnswer(...)"


class _Keys(msgspec.Struct, frozen=True):
    """A JSON Web Key Set."""

    keys: list[dict[str, Any]]


class Provider:
    """One provider.

    Args:
        settings: Which, and our client there.
        discovery_seconds: How long its discovery document is kept.
    """

    def __init__(self, settings: OidcSettings, discovery_seconds: float = DISCOVERY_SECONDS) -> None:
        self._settings = settings
        self._name = settings.display_name
        self._endpoints = _Kept(self._discover, discovery_seconds)
        self._keys = _Kept(self._read_keys, KEYS_SECONDS)

    async def endpoints(self) -> Endpoints:
        """Where its parts are.

        Raises:
            Problem: 502 or 503, its discovery document cannot be had or is not its own. So do all others.
        """
        return await self._endpoints.get()

    async def keys(self, *, again: bool = False) -> list[dict[str, Any]]:
        """Its keys; asked for again on demand, within limits."""
        return await self._keys.get(again=again)

    async def exchange(self, code: str, attempt: LoginAttempt) -> TokenAnswer:
        """The tokens for a code.

        Raises:
            LoginRefused: It gives none.
        """
        import httpx2
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        from mestral.login import asking, client_options

        endpoints, settings = await self.endpoints(), self._settings
        client_id, secret = settings.client_id or "", settings.client_secret
        password = secret.reveal() if secret else ""
        form: dict[str, str] = {}
        # Not authlib's own: it leaves out the form encoding inside the header (RFC 6749 2.3.1), and its form
        # fails on codes that are not ASCII.
        proof: httpx2.Auth = httpx2.BasicAuth(quote_plus(client_id), quote_plus(password))
        if endpoints.by_post:
            form, proof = {"client_id": client_id, "client_secret": password}, httpx2.Auth()
        url = self._known(endpoints.token, "token_endpoint", "token_url")
        async with asking(self._name), AsyncOAuth2Client(**client_options()) as client:
            client.register_compliance_hook("access_token_response", _check_status)
            try:
                answer = await client.fetch_token(
                    url,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=attempt.callback,
                    code_verifier=attempt.verifier,
                    auth=proof,
                    **form,
                )
            except OAuthError as error:
                raise LoginRefused(REFUSED, f"the code is refused: {word(error.error)}") from error
            except _NONSENSE as error:
                raise self._nonsense("the token endpoint's answer is no token", error) from error
        return _token_answer(answer)

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """What it says of whom an access token is for.

        Raises:
            LoginRefused: It does not accept the token.
        """
        url = self._known((await self.endpoints()).userinfo, "userinfo_endpoint", "userinfo_url")
        return await self._get(url, dict[str, Any], {"Authorization": f"Bearer {access_token}"})

    async def complaint(self) -> str | None:
        """What is wrong with its discovery document, for the deployer; None when nothing is."""
        try:
            await self.endpoints()
        except Problem as problem:
            return " ".join([problem.message, *getattr(problem, "__notes__", ())])
        return None

    async def _discover(self) -> Endpoints:
        settings = self._settings
        found = Discovery(issuer="")
        if settings.issuer and settings.discovers:
            found = await self._read_discovery(settings.issuer)
        return Endpoints(
            authorization=settings.authorization_url or found.authorization_endpoint,
            token=settings.token_url or found.token_endpoint,
            userinfo=settings.userinfo_url or found.userinfo_endpoint,
            keys=settings.jwks_url or found.jwks_uri,
            names_itself=found.authorization_response_iss_parameter_supported,
            by_post=self._is_by_post(found),
        )

    async def _read_discovery(self, issuer: str) -> Discovery:
        url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
        found = await self._get(url, Discovery)
        if found.issuer != issuer:
            raise self._nonsense(
                f"{url} is the document of the issuer {found.issuer!r}, and the setting issuer is "
                f"{issuer!r}: they must be equal, to the last slash"
            )
        for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
            if url.startswith("https:") and (getattr(found, name) or "").startswith("http:"):
                raise self._nonsense(f"{url} names a {name} without https")
        return found

    def _is_by_post(self, found: Discovery) -> bool:
        if self._settings.client_auth is not None:
            return self._settings.client_auth == "post"
        if not self._settings.discovers:
            return True  # as Autosubmit API does
        methods = found.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        return "client_secret_basic" not in methods and "client_secret_post" in methods

    async def _read_keys(self) -> list[dict[str, Any]]:
        url = self._known((await self.endpoints()).keys, "jwks_uri", "jwks_url")
        return (await self._get(url, _Keys)).keys

    async def _get(self, url: str, shape: type[T], headers: dict[str, str] | None = None) -> T:
        """A JSON document of a shape."""
        import httpx2

        from mestral.login import asking, client_options

        async with asking(self._name), httpx2.AsyncClient(**client_options()) as client:
            response = await client.get(url, headers={"Accept": "application/json", **(headers or {})})
        if headers and response.status_code in (401, 403):
            raise LoginRefused(REFUSED, f"the provider answers {response.status_code} to the access token")
        if response.status_code != 200:
            raise self._nonsense(f"{url} answers {response.status_code}")
        try:
            return msgspec.json.decode(response.content, type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._nonsense(f"{url} is not the JSON that it should be", error) from error

    def _known(self, url: str | None, name: str, key: str) -> str:
        if url is None:
            raise self._nonsense(f"the discovery document names no {name}; {key} in [plugins.auth_oidc] can")
        return url

    def _nonsense(self, what: str, error: BaseException | None = None) -> Problem:
        """What the user is told; the log, and a note for the health check, say more."""
        detail = f"{what}: {error}" if error is not None else what
        logger.warning("%s: %s.", self._name, detail)
        problem = bad_gateway(f"{self._name} does not answer as it should.")
        problem.add_note(f"{detail}.")
        return problem


class _Kept(Generic[T]):
    """Something that the provider publishes.

    Args:
        fetch: Asks for it.
        seconds: How long it is kept.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._value: T | None = None
        self._until = 0.0
        self._failure: Problem | None = None
        self._failure_until = 0.0
        self._again_from = 0.0
        self._lock = asyncio.Lock()

    async def get(self, *, again: bool = False) -> T:
        """It, asked for when it is not there or too old; or `again`, within limits."""
        async with self._lock:
            now = time.monotonic()
            renew = again and now >= self._again_from
            if self._value is not None and now < self._until and not renew:
                return self._value
            if self._failure is not None and now < self._failure_until:
                raise self._failure
            if renew:
                self._again_from = now + AGAIN_SECONDS
            try:
                self._value = await self._fetch()
            except Problem as problem:
                self._failure, self._failure_until = problem, time.monotonic() + FAILED_SECONDS
                raise
            self._until = time.monotonic() + self._seconds
            return self._value


def word(text: object) -> str:
    """A word of the provider's for the audit log: nothing longer than an error code."""
    return text if isinstance(text, str) and _WORD.fullmatch(text) else "an error that is no word"


def _check_status(response: Any) -> Any:
    """What is neither a success nor an error of OAuth (RFC 6749 5.2) is neither token nor refusal."""
    if response.status_code != 200:
        told = response.json() if response.status_code in (400, 401) else None
        if not isinstance(told, dict) or "error" not in told:
            raise ValueError(f"status {response.status_code}")
    return response


def _token_answer(answer: dict[str, Any]) -> TokenAnswer:
    """Fail closed on what is no bearer token (RFC 6749 5.1)."""
    kind, access, identity = (answer.get(key) for key in ("token_type", "access_token", "id_token"))
    if not isinstance(kind, str) or kind.lower() != "bearer" or not isinstance(access, str) or not access:
        raise LoginRefused(REFUSED, "the token endpoint gave no bearer token")
    return TokenAnswer(access_token=access, id_token=identity if isinstance(identity, str) else None)
