"""Whether an id token is what it says: OpenID Connect Core 3.1.3.7, RFC 8725.

Guarantees: nothing of a token is believed before its signature was checked by a key of the provider's, with
an algorithm of the deployer's list that fits that key; a token cannot bring a key of its own. Pure: nothing
is asked here.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import jwt
import msgspec

LEEWAY = 10
"""Seconds by which the clocks of both sides may differ."""

_REQUIRED = ["iss", "aud", "sub", "exp", "iat"]

_KEYS: dict[str, tuple[str, str | None]] = {
    **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Which type of key, and which curve, an algorithm works with."""


class KeyNotFound(jwt.PyJWTError):
    """No key of the provider's fits a token: it may have new ones."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a good token says.

    Attributes:
        issuer: Who made it.
        client_id: For whom.
        nonce: Of the login that it ends; empty when none was sent.
        access_token: What came beside it.
        algorithms: Those that are accepted.
    """

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    algorithms: Sequence[str]


def verify(token: str, keys: Sequence[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of a token.

    Args:
        token: As the provider gave it.
        keys: The provider's, as in its JSON Web Key Set.
        expected: What it has to say.

    Raises:
        jwt.PyJWTError: It is not good; `KeyNotFound` and `jwt.InvalidSignatureError` when other keys could
            make it so.
    """
    header = jwt.get_unverified_header(token)
    algorithm = header.get("alg")
    if algorithm not in expected.algorithms or algorithm not in _KEYS:
        raise jwt.InvalidAlgorithmError("its algorithm is not one of `algorithms`")
    claims = jwt.decode(
        token,
        jwt.PyJWK(_key_for(header.get("kid"), algorithm, keys), algorithm=algorithm),
        algorithms=[algorithm],
        audience=expected.client_id,
        issuer=expected.issuer,
        leeway=LEEWAY,
        options={"require": _REQUIRED, "enforce_minimum_key_length": True},
    )
    _check_party(claims, expected.client_id)
    if not equal(claims.get("nonce") or "", expected.nonce):
        raise jwt.InvalidTokenError("its nonce is not the one of this login")
    at_hash = claims.get("at_hash")
    if at_hash is not None and not equal(at_hash, half_hash(expected.access_token, algorithm)):
        raise jwt.InvalidTokenError("its at_hash is not the one of the access token")
    return claims


def half_hash(text: str, algorithm: str) -> str:
    """The left half of a text's hash, as in `at_hash` (Core 3.1.3.6)."""
    name = "sha512" if algorithm == "EdDSA" else f"sha{algorithm[2:]}"
    digest = hashlib.new(name, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _key_for(kid: Any, algorithm: str, keys: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The key that a token names; the only one that fits when it names none."""
    fitting = [key for key in keys if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)]
    if len(fitting) != 1:
        named = "it names no key" if kid is None else "it names one"
        raise KeyNotFound(f"{named}, and {len(fitting)} of the provider's keys fit, where one must")
    return fitting[0]


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    kind, curve = _KEYS[algorithm]
    uses = key.get("key_ops")
    return (
        key.get("kty") == kind
        and curve in (None, key.get("crv"))
        and key.get("alg") in (None, algorithm)
        and key.get("use") in (None, "sig")
        and (not isinstance(uses, list) or "verify" in uses)
    )


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """Of several audiences the token says for which it was made."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp")
    if (party is not None or several) and not equal(party, client_id):
        raise jwt.InvalidTokenError("it was made for another client (azp)")


def equal(told: object, known: str) -> bool:
    """Whether something told is a known text, compared in constant time."""
    return isinstance(told, str) and hmac.compare_digest(told.encode(), known.encode())
