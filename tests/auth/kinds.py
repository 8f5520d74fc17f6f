"""Tokens of every kind, for tests: as headers."""

import time

import jwt
from tests.http.conftest import Client
from tests.probe import SECRET_KEY, SECRET_TOKEN

from mestral import Identity, Platform

Headers = dict[str, str]


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def legacy(user: str = "alice", key: str = SECRET_KEY) -> Headers:
    """As Autosubmit API signs them."""
    claims = {"user_id": user, "sub": user, "exp": int(time.time()) + 600}
    return bearer(jwt.encode(claims, key, algorithm="HS256"))


def login(client: Client, subject: str = "alice", provider: str = "local") -> Headers:
    """As a login issues them."""
    platform: Platform = client.app.state.platform
    return bearer(
        platform.tokens.issue(Identity(provider=provider, subject=subject, username=f"{subject} A."))
    )


def static() -> Headers:
    return bearer(SECRET_TOKEN)


def personal(client: Client, owner: Headers, *scopes: str, days: int | None = None) -> Headers:
    """As somebody makes them."""
    body = {"name": "nightly", "scopes": scopes or ("read",), "days": days}
    made = client.post("/v4/auth/tokens", headers=owner, json=body)
    assert made.status_code == 200, made.text
    return bearer(made.json()["token"])
