"""Bearer tokens: issued after a login, checked at every request (contract/AUTH.md A1, A3, B13, B14, C2).

Guarantees: one algorithm, HS256, by one key that the token's `kid` names among those configured, whatever
else its header says. Four kinds are accepted: ours, with all their claims, `typ` and `kid`, whose user is
always a text; personal ones; those Autosubmit API signed with the same key (`auth.legacy_tokens`), which name
a user and expire; and the static secret token. Everything else is a 401: what was revoked too, and what a
login vouched for that is in use no more.

The user of a token of Autosubmit API may be a number (A1: any JSON type): it is accepted and echoed as the
number it is. What names nobody (null, "", true, a list, an object, NaN) is refused, which A1 marks as FIX.
"""

import hashlib
import math
import time
import uuid
from collections.abc import Collection
from typing import Any

import jwt
import msgspec

from mestral.auth.identity import LEGACY, LOCAL, Identity, account_of
from mestral.auth.keys import all_keys, key_id
from mestral.auth.personal import PREFIX, PersonalTokens
from mestral.auth.revocations import Revocations
from mestral.errors import EXPIRED, Problem, unauthorized
from mestral.settings.access import AuthSettings
from mestral.settings.secret import Secret

ISSUER = "mestral"
AUDIENCE = "mestral"
ALGORITHM = "HS256"
TYPE = "at+jwt"

SECRET_TOKEN_IDENTITY = Identity(provider="secret-token", subject="User", username="User")
ROUTE_TOKEN_IDENTITY = Identity(provider="route-token", subject="program", username="program")

_REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]
_SCOPES = ("read", "operate")


class Tokens:
    """Issues and checks tokens.

    Args:
        settings: The `[auth]` table.
        key: What `signing_key` returned.
        revocations: Which tokens are valid no more.
        personal: The personal ones.
        logins: Ids of the logins that are in use.
    """

    def __init__(
        self,
        settings: AuthSettings,
        key: str,
        revocations: Revocations,
        personal: PersonalTokens,
        logins: Collection[str],
    ) -> None:
        self._settings = settings
        self._key = key
        self._keys = all_keys(key, settings)
        self._keys_by_id = {key_id(each): each for each in reversed(self._keys)}
        self._revocations = revocations
        self._personal = personal
        self._providers = {*logins, LOCAL, *((LEGACY,) if settings.legacy_tokens else ())}

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
            "scope": " ".join(_SCOPES),
        }
        headers = {"typ": TYPE, "kid": key_id(self._key)}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)

    def id_of(self, token: str) -> tuple[str, int]:
        """The id of a token that `issue` made, and when it expires."""
        claims = jwt.decode(token, options={"verify_signature": False})
        return str(claims["jti"]), int(claims["exp"])

    async def revoke(self, jti: str, expires: int) -> None:
        """Make a token of a login invalid, on every front within two seconds."""
        await self._revocations.add(jti, expires)

    async def log_out(self, identity: Identity) -> None:
        """Make the token that somebody presented invalid, on every front within two seconds.

        Raises:
            Problem: 403, it is a static one; 503, the database cannot be reached.
        """
        if not identity.token:
            message = "This token stands in the settings of the server: only its administrator can revoke it."
            raise Problem(403, message)
        if identity.personal:
            await self._personal.revoke(identity.token)
        else:
            await self._revocations.add(identity.token, identity.expires)

    async def identify(self, authorization: str | None, route_token: Secret | None = None) -> Identity:
        """The person or program an `Authorization` header stands for.

        Args:
            authorization: The header's value, None when the request has none. The scheme `Bearer` is compared
                without regard to case; no other scheme is known.
            route_token: A token that opens the route asked for, and no other.

        Raises:
            Problem: 401 `Expired token` when nothing but the expiry is wrong, 401 `Unauthorized` for the
            rest; 503 for a personal token that cannot be looked up now.
        """
        scheme, _, credentials = (authorization or "").partition(" ")
        token = credentials.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        secret = self._settings.secret_token
        if secret and secret.matches(token):
            return self._with_account(SECRET_TOKEN_IDENTITY)
        if route_token and route_token.matches(token):
            return ROUTE_TOKEN_IDENTITY
        if token.startswith(PREFIX):
            return self._person(await self._personal.identify(token))
        try:
            identity = self._identify_jwt(token)
        except jwt.ExpiredSignatureError as error:
            raise unauthorized(EXPIRED, invalid_token=True) from error
        except jwt.PyJWTError as error:
            raise unauthorized(invalid_token=True) from error
        if await self._revocations.holds(identity.token):
            raise unauthorized(invalid_token=True)
        return self._person(identity)

    def _identify_jwt(self, token: str) -> Identity:
        header = jwt.get_unverified_header(token)
        if header.get("typ") == TYPE:
            key = self._keys_by_id.get(header.get("kid", ""))
            if key is None:
                raise jwt.InvalidTokenError("no key has this id")
            return self._identify_own(token, key)
        if self._settings.legacy_tokens:
            return self._identify_legacy(token)
        raise jwt.InvalidTokenError("not of ours")

    def _identify_own(self, token: str, key: str) -> Identity:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": _REQUIRED},
        )
        names = [claims.get(claim) for claim in ("provider", "sub", "user_id", "jti", "scope")]
        if not all(isinstance(name, str) and name for name in names):
            raise jwt.InvalidTokenError("provider, sub, user_id, jti and scope must be texts")
        provider, subject, username, jti, scope = map(str, names)
        groups = claims.get("groups", [])
        return Identity(
            provider=provider,
            subject=subject,
            username=username,
            groups=tuple(group for group in groups if isinstance(group, str)),
            scopes=tuple(word for word in scope.split() if word in _SCOPES),
            token=jti,
            expires=int(claims["exp"]),
        )

    def _identify_legacy(self, token: str) -> Identity:
        # Autosubmit API knows no `sub` of its own: it repeats user_id there, or leaves it out.
        claims = self._decode_legacy(token)
        user = claims.get("user_id")
        if "iss" in claims or not _names_a_user(user):
            raise jwt.InvalidTokenError("user_id is missing or empty, or somebody else issued it")
        return Identity(
            provider=LEGACY,
            subject=str(user),
            username=str(user),
            number=None if isinstance(user, str) else user,
            token=_digest(token),
            expires=int(claims["exp"]),
        )

    def _decode_legacy(self, token: str) -> dict[str, Any]:
        """These name no key, so each is tried."""
        for key in self._keys:
            try:
                return jwt.decode(
                    token, key, algorithms=[ALGORITHM], options={"require": ["exp"], "verify_sub": False}
                )
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError

    def _person(self, identity: Identity) -> Identity:
        """Somebody for whom a login vouched that is in use.

        Raises:
            Problem: 401, it is in use no more.
        """
        if identity.provider not in self._providers:
            raise unauthorized(invalid_token=True)
        return self._with_account(identity)

    def _with_account(self, identity: Identity) -> Identity:
        """The same with its account, as the settings say now."""
        account = self._account(identity.provider, identity.subject, identity.username)
        return msgspec.structs.replace(identity, account=account)

    def _account(self, provider: str, subject: str, username: str) -> str:
        """Which account of this site somebody is; empty when that is not known."""
        return account_of(self._settings, provider, subject, username)


def _digest(token: str) -> str:
    """The id of a token that has none of its own.

    Of what is signed alone: the signature has several spellings, such as one with padding.
    """
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def _names_a_user(user: Any) -> bool:
    """A text that is not empty, or a number (Python's JSON reads NaN and infinities, which are none)."""
    if isinstance(user, str):
        return user != ""
    return isinstance(user, (int, float)) and not isinstance(user, bool) and math.isfinite(user)
