"""Bearer tokens: issued after a login, checked at every request (contract/AUTH.md A1, A3, B13, C2).

Guarantees: one algorithm, HS256 by one key, whatever a token's header says. Three kinds are accepted: ours,
with all their claims, whose user is always a text; those Autosubmit API signed with the same key
(`auth.legacy_tokens`), which name a user and expire; and the static secret token. Everything else is a 401.

The user of a token of Autosubmit API may be a number (A1: any JSON type): it is accepted and echoed as the
number it is. What names nobody (null, "", true, a list, an object, NaN) is refused, which A1 marks as FIX.
"""

import math
import time
import uuid
from typing import Any

import jwt
import msgspec

from mestral.auth.identity import Identity, account_of
from mestral.auth.revocations import Revocations
from mestral.errors import EXPIRED, unauthorized
from mestral.settings.model import AuthSettings
from mestral.settings.secret import Secret

ISSUER = "mestral"
AUDIENCE = "mestral"
ALGORITHM = "HS256"

LEGACY_PROVIDER = "legacy"
SECRET_TOKEN_IDENTITY = Identity(provider="secret-token", subject="User", username="User")
ROUTE_TOKEN_IDENTITY = Identity(provider="route-token", subject="program", username="program")

_REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]


class Tokens:
    """Issues and checks tokens.

    Args:
        settings: The `[auth]` table.
        key: What `signing_key` returned.
        revocations: Which tokens are valid no more.
    """

    def __init__(self, settings: AuthSettings, key: str, revocations: Revocations) -> None:
        self._settings = settings
        self._key = key
        self._revocations = revocations

    def issue(self, identity: Identity) -> str:
        """A new token, valid for `auth.token_seconds`; without the `Bearer ` of login answers."""
        now = int(time.time())
        claims = {
            "user_id": identity.username,
            "sub": identity.subject,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + self._settings.token_seconds,
            "jti": uuid.uuid4().hex,
            "provider": identity.provider,
            "groups": list(identity.groups),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def id_of(self, token: str) -> tuple[str, int]:
        """The id of a token that `issue` made, and when it expires."""
        claims = jwt.decode(token, options={"verify_signature": False})
        return str(claims["jti"]), int(claims["exp"])

    async def revoke(self, jti: str, expires: int) -> None:
        """Make a token invalid, on every front within two seconds."""
        await self._revocations.add(jti, expires)

    async def identify(self, authorization: str | None, route_token: Secret | None = None) -> Identity:
        """The person or program an `Authorization` header stands for.

        Args:
            authorization: The header's value, None when the request has none. The scheme `Bearer` is compared
                without regard to case; no other scheme is known.
            route_token: A token that opens the route asked for, and no other.

        Raises:
            Problem: 401 `Expired token` when nothing but the expiry is wrong, 401 `Unauthorized` for the
            rest.
        """
        scheme, _, credentials = (authorization or "").partition(" ")
        token = credentials.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        secret = self._settings.secret_token
        if secret and secret.matches(token):
            known = SECRET_TOKEN_IDENTITY
            account = self._account(known.provider, known.subject, known.username)
            return msgspec.structs.replace(known, account=account)
        if route_token and route_token.matches(token):
            return ROUTE_TOKEN_IDENTITY
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
            if self._settings.legacy_tokens and "iss" not in claims and "aud" not in claims:
                return self._identify_legacy(token)
            identity = self._identify_own(token)
            if await self._revocations.holds(identity.token):
                raise jwt.InvalidTokenError("revoked")
            return identity
        except jwt.ExpiredSignatureError as error:
            raise unauthorized(EXPIRED, invalid_token=True) from error
        except jwt.PyJWTError as error:
            raise unauthorized(invalid_token=True) from error

    def _identify_own(self, token: str) -> Identity:
        claims = jwt.decode(
            token,
            self._key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": _REQUIRED},
        )
        names = [claims.get(claim) for claim in ("provider", "sub", "user_id")]
        if not all(isinstance(name, str) and name for name in names):
            raise jwt.InvalidTokenError("provider, sub and user_id must be texts")
        provider, subject, username = map(str, names)
        groups = claims.get("groups", [])
        return Identity(
            provider=provider,
            subject=subject,
            username=username,
            groups=tuple(group for group in groups if isinstance(group, str)),
            account=self._account(provider, subject, username),
            token=claims["jti"],
            expires=claims["exp"],
        )

    def _account(self, provider: str, subject: str, username: str) -> str:
        """Which account of this site somebody is; empty when that is not known."""
        return account_of(self._settings, provider, subject, username)

    def _identify_legacy(self, token: str) -> Identity:
        # Autosubmit API knows no `sub` of its own: it repeats user_id there, or leaves it out.
        claims = jwt.decode(
            token, self._key, algorithms=[ALGORITHM], options={"require": ["exp"], "verify_sub": False}
        )
        user = claims.get("user_id")
        if not _names_a_user(user):
            raise jwt.InvalidTokenError("user_id is missing or empty")
        if isinstance(user, str):
            account = self._account(LEGACY_PROVIDER, user, user)
            return Identity(provider=LEGACY_PROVIDER, subject=user, username=user, account=account)
        return Identity(provider=LEGACY_PROVIDER, subject=str(user), username=str(user), number=user)


def _names_a_user(user: Any) -> bool:
    """A text that is not empty, or a number (Python's JSON reads NaN and infinities, which are none)."""
    if isinstance(user, str):
        return user != ""
    return isinstance(user, (int, float)) and not isinstance(user, bool) and math.isfinite(user)
