"""Which HMAC keys are refused (contract/AUTH.md B1): short or repetitive ones, and those anybody can look up.

Guarantees: no published key is written here. It is recognised by what it signs: a key under which one of the
tokens below verifies is the key it was published with.
"""

import base64
import hashlib
import hmac
import re

from mestral.settings.secret import Secret

LEAST_BYTES = 32
"""RFC 7518 3.2: a key for HS256 is at least as long as the hash."""

_MOST_ALIKE = 8
_TELLTALE = re.compile(r"(change|replace).{0,3}(me|this)|your.{0,3}secret|insecure|example", re.IGNORECASE)
_HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
_PUBLISHED = {
    "Autosubmit API uses when SECRET_KEY is not set": (
        f"{_HEADER}.eyJ1c2VyX2lkIjoid2l0bmVzcyIsInN1YiI6IndpdG5lc3MiLCJpYXQi"
        "OjE3OTU1MjY3MjksImV4cCI6MTc5NTk0NjcyOX0",
        "Pt-YG0t2e36aic3xxXKlT4ks8P2J7iaKdhZJdnJWJ3Y",
    ),
    "jwt.io shows": (
        f"{_HEADER}.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRt"
        "aW4iOnRydWUsImlhdCI6MTUxNjIzOTAyMn0",
        "KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30",
    ),
}
"""Whose key it is, and a token that was signed with it: what is signed, and its HS256 signature."""


def weakness(key: Secret) -> str | None:
    """Why a key must not be used, as the rest of a sentence that begins with `the key`; None when it may."""
    text = key.reveal()
    for owner, (signed, signature) in _PUBLISHED.items():
        mac = hmac.new(text.encode(), signed.encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(mac).rstrip(b"=").decode() == signature:
            return f"is the published key that {owner}: everybody could sign tokens with it"
    if len(text.encode()) < LEAST_BYTES:
        return f"has {len(text.encode())} bytes, and at least {LEAST_BYTES} are needed"
    if len(set(text)) < _MOST_ALIKE:
        return "repeats a few characters and can be guessed"
    if _TELLTALE.search(text):
        return "looks like the placeholder of an example and can be guessed"
    return None
