"""The login: to the provider, and from what comes back to a person (contract/AUTH.md A9, B4, B5, B16, B18,
B28).

Guarantees: nobody is let in but by an id token that was checked, or, where no issuer is set and names come
from userinfo, by the provider's own answer to an access token that it gave us for the code. What is refused
says why in the audit log, without codes and tokens.
"""

from collections.abc import Mapping
from typing import Any

import jwt

from mestral import LoginAttempt, LoginRefused, Principal, unavailable
from mestral_auth_oidc.id_tokens import Expected, KeyNotFound, equal, verify
from mestral_auth_oidc.provider import REFUSED, Endpoints, Provider, TokenAnswer, word
from mestral_auth_oidc.settings import OidcSettings

NO_CODE = "Can't verify user, missing code"
NO_NAME = "Couldn't find user on OpenID Connect provider"


class OidcLogin:
    """The login by one provider.

    Args:
        settings: Of the plugin.
    """

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._provider = Provider(settings)

    async def begin(self, attempt: LoginAttempt) -> str:
        """The address at the provider to which the browser is sent.

        Raises:
            Problem: 502 or 503, it is not known.
        """
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

        url = (await self._provider.endpoints()).authorization
        if url is None:
            raise unavailable(
                f"The administrator has to set authorization_url of {self._settings.display_name}."
            )
        scopes = dict.fromkeys(["openid", *self._settings.scopes])
        address: str = prepare_grant_uri(
            url,
            self._settings.client_id,
            "code",
            redirect_uri=attempt.callback,
            scope=" ".join(scopes),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=attempt.challenge,
            code_challenge_method="S256",
        )
        return address

    async def finish(self, attempt: LoginAttempt, presented: Mapping[str, str]) -> Principal:
        """Whom the provider vouches for.

        Args:
            attempt: The way there; for a login of today's GUI it has the callback alone.
            presented: What came back: `code`, and perhaps `iss`; or `error`.

        Raises:
            LoginRefused: Nobody.
            Problem: 502 or 503, the provider does not do its part.
        """
        self._check_sender(await self._provider.endpoints(), attempt, presented)
        if "error" in presented:
            raise LoginRefused(REFUSED, f"the provider says: {word(presented['error'])}")
        code = presented.get("code")
        if not code:
            raise LoginRefused(NO_CODE)
        answer = await self._provider.exchange(code, attempt)
        claims = await self._claims(answer, attempt) if self._settings.issuer else {}
        if self._settings.username_source == "userinfo":
            told = await self._provider.userinfo(answer.access_token)
            if claims and not equal(told.get("sub"), claims["sub"]):
                raise LoginRefused(REFUSED, "userinfo is about another subject than the id token")
            claims = told
        return self._principal(claims)

    def _check_sender(
        self, endpoints: Endpoints, attempt: LoginAttempt, presented: Mapping[str, str]
    ) -> None:
        """Whether the answer is this provider's (RFC 9207); today's GUI does not hand `iss` on."""
        issuer = self._settings.issuer
        sender = presented.get("iss")
        if sender is not None and issuer is not None and not equal(sender, issuer):
            raise LoginRefused(REFUSED, "the answer comes from another issuer (iss)")
        if sender is None and endpoints.names_itself and attempt.state:
            raise LoginRefused(REFUSED, "the answer does not say from whom it comes (iss)")

    async def _claims(self, answer: TokenAnswer, attempt: LoginAttempt) -> dict[str, Any]:
        """Those of the id token, checked; the provider's keys are asked for again when none fits."""
        if answer.id_token is None:
            raise LoginRefused(REFUSED, "the token endpoint gave no id token")
        expected = Expected(
            issuer=self._settings.issuer or "",
            client_id=self._settings.client_id or "",
            nonce=attempt.nonce,
            access_token=answer.access_token,
            algorithms=self._settings.algorithms,
        )
        try:
            try:
                return verify(answer.id_token, await self._provider.keys(), expected)
            except (KeyNotFound, jwt.InvalidSignatureError):
                return verify(answer.id_token, await self._provider.keys(again=True), expected)
        except jwt.PyJWTError as error:
            raise LoginRefused(REFUSED, f"the id token is not good: {error}") from error

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        settings = self._settings
        subject, name = claims.get("sub"), claims.get(settings.username_claim)
        if not isinstance(subject, str) or not subject:
            raise LoginRefused(REFUSED, "the provider names no subject (sub)")
        if not isinstance(name, str) or not name:
            raise LoginRefused(NO_NAME, f"there is no claim {settings.username_claim!r} that is a text")
        if settings.username_claim == "email" and claims.get("email_verified") is False:
            raise LoginRefused(REFUSED, "the provider did not verify the e-mail address")
        return Principal(subject=subject, username=name, groups=_groups(claims, settings.groups_claim))


def _groups(claims: Mapping[str, Any], claim: str | None) -> tuple[str, ...]:
    found = claims.get(claim) if claim is not None else None
    listed = found if isinstance(found, list) else [found]
    return tuple(group for group in listed if isinstance(group, str) and group)
