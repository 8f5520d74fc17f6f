"""Which credentials are accepted, and as whom (contract/AUTH.md A1, A3, B13, C2, C5)."""

import base64
import hashlib
import hmac
import json
import math
import time
import warnings
from typing import Any

import jwt
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.http.conftest import MakeClient
from tests.probe import SECRET_KEY, SECRET_TOKEN

from mestral import Identity, Platform
from mestral.auth.keys import key_id
from mestral.settings.secret_key import _PUBLISHED

Client = TestClient[Litestar]

OTHER_KEY = "Zp3Lk9Qm4Wc8Ns2Vb7Xf1Gh6Jd5Ry0Tu"


def now() -> int:
    return int(time.time())


def sign(claims: dict[str, Any], *, key: str = SECRET_KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def legacy(**changes: Any) -> str:
    """A token as Autosubmit API signs it; a claim that is None is left out."""
    claims = {"user_id": "alice", "sub": "alice", "iat": now(), "exp": now() + 600} | changes
    return sign({name: value for name, value in claims.items() if value is not None})


def own(key: Any = SECRET_KEY, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token as Mestral signs it; a header that is None is left out."""
    claims = {
        "user_id": "alice",
        "sub": "42",
        "iss": "mestral",
        "aud": "mestral",
        "iat": now(),
        "nbf": now(),
        "exp": now() + 600,
        "jti": "abc",
        "provider": "local",
        "scope": "read operate",
    } | changes
    header = {"alg": "HS256", "typ": "at+jwt", "kid": key_id(key)} | (headers or {})
    signed = ".".join(
        part({name: value for name, value in named.items() if value is not None})
        for named in (header, claims)
    )
    return f"{signed}.{encoded(hmac.digest(key.encode(), signed.encode(), 'sha256'))}"  # PyJWT refuses some


def unsigned() -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'user_id': 'alice', 'exp': now() + 600})}."


def own_unsigned() -> str:
    header = {"alg": "none", "typ": "at+jwt", "kid": key_id(SECRET_KEY)}
    return f"{part(header)}.{own().split('.')[1]}."


def forged() -> str:
    """What a server of Autosubmit API without SECRET_KEY would accept: signed by the key in its source, which
    is not written here; the signature is that of the token by which it is recognised."""
    signed, signature = next(iter(_PUBLISHED.values()))
    return f"{signed}.{signature}"


def deep_header() -> str:
    nested = base64.urlsafe_b64encode(b"[" * 9000).rstrip(b"=").decode()
    _, payload, signature = legacy().split(".")
    return f"{nested}.{payload}.{signature}"


def hs512() -> str:
    with warnings.catch_warnings(action="ignore", category=jwt.InsecureKeyLengthWarning):
        return sign({"user_id": "alice", "exp": now() + 600}, algorithm="HS512")


def swapped_payload() -> str:
    header, _, signature = legacy().split(".")
    payload = legacy(user_id="mallory").split(".")[1]
    return f"{header}.{payload}.{signature}"


def deep_payload() -> str:
    nested = base64.urlsafe_b64encode(b"[" * 9000).rstrip(b"=").decode()
    header, _, signature = legacy().split(".")
    return f"{header}.{nested}.{signature}"


ACCEPTED = [
    pytest.param(legacy, "alice", "legacy:alice", id="legacy"),
    pytest.param(lambda: legacy(sub=None, iat=None), "alice", "legacy:alice", id="legacy, least claims"),
    pytest.param(lambda: legacy(user_id=5, sub=5), 5, "legacy:5", id="legacy, user_id is a number"),
    pytest.param(lambda: legacy(user_id=0, sub=None), 0, "legacy:0", id="legacy, user_id is zero"),
    pytest.param(lambda: legacy(user_id=1.5), 1.5, "legacy:1.5", id="legacy, user_id is a fraction"),
    pytest.param(own, "alice", "local:42", id="own"),
    pytest.param(lambda: SECRET_TOKEN, "User", "secret-token:User", id="static token"),
]

REFUSED = [
    pytest.param(lambda: legacy(exp=None), "Unauthorized", id="legacy without exp"),
    pytest.param(lambda: legacy(user_id=None), "Unauthorized", id="legacy with sub alone"),
    pytest.param(lambda: legacy(user_id=""), "Unauthorized", id="legacy with empty user"),
    pytest.param(lambda: legacy(user_id=True), "Unauthorized", id="legacy with boolean user"),
    pytest.param(lambda: legacy(user_id=["alice"]), "Unauthorized", id="legacy with list as user"),
    pytest.param(lambda: legacy(user_id={"id": 5}), "Unauthorized", id="legacy with object as user"),
    pytest.param(lambda: legacy(user_id=float("nan")), "Unauthorized", id="legacy with NaN as user"),
    pytest.param(lambda: legacy(exp=now() - 1), "Expired token", id="legacy expired"),
    pytest.param(lambda: legacy(exp="soon"), "Unauthorized", id="legacy with text as exp"),
    pytest.param(lambda: legacy(exp=[1]), "Unauthorized", id="legacy with list as exp"),
    pytest.param(lambda: legacy(iat=now() + 600), "Unauthorized", id="legacy from the future"),
    pytest.param(lambda: legacy(nbf=now() + 600), "Unauthorized", id="legacy not valid yet"),
    pytest.param(lambda: legacy(aud="mestral"), "Unauthorized", id="legacy with aud"),
    pytest.param(lambda: legacy(iss="mestral"), "Unauthorized", id="legacy with iss"),
    pytest.param(lambda: own(exp=now() - 1), "Expired token", id="own expired"),
    pytest.param(lambda: own(aud="other"), "Unauthorized", id="own with wrong aud"),
    pytest.param(lambda: own(iss="other"), "Unauthorized", id="own with wrong iss"),
    pytest.param(lambda: own(iat=now() + 600), "Unauthorized", id="own from the future"),
    pytest.param(lambda: own(nbf=now() + 600), "Unauthorized", id="own not valid yet"),
    *(
        pytest.param(lambda name=name: own(**{name: None}), "Unauthorized", id=f"own without {name}")
        for name in ("iss", "aud", "sub", "iat", "nbf", "exp", "jti", "provider", "user_id", "scope")
    ),
    pytest.param(lambda: own(provider=""), "Unauthorized", id="own with empty provider"),
    pytest.param(lambda: own(provider="github"), "Unauthorized", id="own of a login that is not in use"),
    pytest.param(lambda: own(headers={"typ": None}), "Unauthorized", id="own without typ"),
    pytest.param(lambda: own(headers={"typ": "JWT"}), "Unauthorized", id="own with another typ"),
    pytest.param(lambda: own(headers={"kid": None}), "Unauthorized", id="own without kid"),
    pytest.param(lambda: own(headers={"kid": "0" * 16}), "Unauthorized", id="own with unknown kid"),
    pytest.param(lambda: own(headers={"kid": 5}), "Unauthorized", id="own with number as kid"),
    pytest.param(
        lambda: own(OTHER_KEY, {"kid": key_id(SECRET_KEY)}), "Unauthorized", id="own with kid of another key"
    ),
    pytest.param(own_unsigned, "Unauthorized", id="own, alg none"),
    pytest.param(forged, "Unauthorized", id="signed by the published default key"),
    pytest.param(lambda: legacy(exp=math.inf), "Unauthorized", id="legacy that never ends"),
    pytest.param(lambda: own(exp=1e400), "Unauthorized", id="own that never ends"),
    pytest.param(lambda: own(exp="9" * 5000), "Unauthorized", id="own with exp of many digits"),
    pytest.param(lambda: "mst_" + "a" * 43, "Unauthorized", id="personal, unknown"),
    pytest.param(lambda: "mst_", "Unauthorized", id="personal, cut off"),
    pytest.param(deep_header, "Unauthorized", id="deeply nested header"),
    pytest.param(lambda: own(user_id=5), "Unauthorized", id="own with number as user"),
    pytest.param(
        lambda: sign({"user_id": "alice", "exp": now() + 600}, key=OTHER_KEY), "Unauthorized", id="wrong key"
    ),
    pytest.param(
        lambda: sign({"user_id": "alice", "exp": now() - 9}, key=OTHER_KEY),
        "Unauthorized",
        id="wrong key, expired",
    ),
    pytest.param(
        lambda: sign({"user_id": "alice", "exp": now() + 600}, key=SECRET_KEY * 2),
        "Unauthorized",
        id="longer key",
    ),
    pytest.param(hs512, "Unauthorized", id="HS512"),
    pytest.param(unsigned, "Unauthorized", id="alg none"),
    pytest.param(swapped_payload, "Unauthorized", id="payload of another token"),
    pytest.param(deep_payload, "Unauthorized", id="deeply nested payload"),
    pytest.param(lambda: "garbage", "Unauthorized", id="garbage"),
    pytest.param(lambda: "a.b.c", "Unauthorized", id="garbage with dots"),
    pytest.param(lambda: SECRET_TOKEN[:-1], "Unauthorized", id="part of the static token"),
    pytest.param(lambda: SECRET_TOKEN + "x", "Unauthorized", id="more than the static token"),
]


@pytest.mark.parametrize(("make", "user", "identity"), ACCEPTED)
def test_accepted(client: Client, make: Any, user: object, identity: str) -> None:
    headers = {"Authorization": f"Bearer {make()}"}
    assert client.get("/x/probe/items/a", headers=headers).status_code == 200
    assert client.get("/x/probe/me", headers=headers).json() == {"me": identity}
    verified = client.get("/v4/auth/verify-token", headers=headers)
    assert (verified.status_code, verified.json()) == (200, {"authenticated": True, "user": user})
    for method in ("GET", "POST"):
        tested = client.request(method, "/v3/tokentest", headers=headers)
        assert (tested.status_code, tested.json()) == (200, {"isValid": True, "message": None})


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_refused(client: Client, make: Any, message: str) -> None:
    headers = {"Authorization": f"Bearer {make()}"}
    refused = client.get("/x/probe/items/a", headers=headers)
    assert (refused.status_code, refused.json()["error_message"]) == (401, message)
    challenge, code = 'Bearer realm="mestral", error="invalid_token"', "unauthorized"
    if message == "Expired token":
        challenge, code = f'{challenge}, error_description="The token expired"', "expired_token"
    assert (refused.headers["www-authenticate"], refused.json()["code"]) == (challenge, code)
    verified = client.get("/v4/auth/verify-token", headers=headers)
    assert (verified.status_code, verified.json()) == (401, {"authenticated": False, "user": None})
    assert verified.headers["www-authenticate"].startswith('Bearer realm="mestral"')
    for method in ("GET", "POST"):
        tested = client.request(method, "/v3/tokentest", headers=headers)
        assert (tested.status_code, tested.json()) == (401, {"isValid": False, "message": "Unauthorized"})


@pytest.mark.parametrize(
    ("template", "status"),
    [
        ("Bearer {}", 200),
        ("bearer {}", 200),
        ("BEARER {}", 200),
        ("Bearer   {}", 200),
        ("{}", 401),
        ("Basic {}", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer Bearer {}", 401),
    ],
)
def test_scheme(client: Client, template: str, status: int) -> None:
    headers = {"Authorization": template.format(legacy())}
    assert client.get("/x/probe/items/a", headers=headers).status_code == status


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}])
def test_without_credentials_comes_the_plain_challenge(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/x/probe/items/a", headers=headers)
    assert answer.headers["www-authenticate"] == 'Bearer realm="mestral"'
    assert answer.json()["error_message"] == "Unauthorized"


def test_cookies_and_query_parameters_are_no_credentials(client: Client) -> None:
    token = legacy()
    path = f"/x/probe/items/a?token={token}&authorization=Bearer%20{token}"
    answer = client.get(path, headers={"Cookie": f"token={token}; Authorization=Bearer {token}"})
    assert answer.status_code == 401


def test_token_of_a_login_names_the_same_person_and_holds_every_claim(client: Client) -> None:
    platform: Platform = client.app.state.platform
    token = platform.tokens.issue(Identity(provider="local", subject="s-1", username="Alice A."))
    answer = client.get("/x/probe/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"me": "local:s-1"}
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience="mestral")
    assert claims["exp"] - claims["iat"] == 432_000
    assert abs(claims["iat"] - time.time()) < 60
    assert {name: claims[name] for name in ("user_id", "sub", "iss", "provider", "scope")} == {
        "user_id": "Alice A.",
        "sub": "s-1",
        "iss": "mestral",
        "provider": "local",
        "scope": "read operate",
    }
    assert claims["nbf"] == claims["iat"]
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": key_id(SECRET_KEY)}
    assert hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:16] != header["kid"]
    again = platform.tokens.issue(Identity(provider="local", subject="s-1", username="Alice A."))
    assert jwt.decode(again, SECRET_KEY, algorithms=["HS256"], audience="mestral")["jti"] != claims["jti"]


def test_lifetime_is_configured(make_client: MakeClient) -> None:
    platform: Platform = make_client(auth__token_seconds=60).app.state.platform
    token = platform.tokens.issue(Identity(provider="cas", subject="a", username="a"))
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience="mestral")
    assert claims["exp"] - claims["iat"] == 60


def test_legacy_tokens_can_be_switched_off(make_client: MakeClient) -> None:
    client = make_client(auth__legacy_tokens=False)

    def status(token: str) -> int:
        return client.get("/x/probe/me", headers={"Authorization": f"Bearer {token}"}).status_code

    assert (status(legacy()), status(own()), status(SECRET_TOKEN)) == (401, 200, 200)


def test_static_token_is_off_unless_set(make_client: MakeClient) -> None:
    client = make_client(auth__secret_token="")
    for value in ("Bearer ", "Bearer", f"Bearer {SECRET_TOKEN}"):
        assert client.get("/x/probe/me", headers={"Authorization": value}).status_code == 401
