"""A GitHub that does not do its part: nobody is logged in, in bounded time and size, and nothing is a plain
500 (contract/AUTH.md B16, B18, B21)."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.logins.github import (
    GOOD,
    LEGACY,
    MEMBERSHIP,
    NASTY_SECRET,
    NOT_A_MEMBER,
    TOKEN,
    USER,
    Answer,
    answering,
    asked_of,
    begin,
    claims,
    mestral,
    refused,
    says,
)
from tests.servers.start import free_port

import mestral.login as asking

NO_USER = "Couldn't find user on GitHub"
FAILED = "GitHub token exchange failed: "
NO_TOKEN = f"{FAILED}there is no access token in the answer"
NO_BEARER = f"{FAILED}the token is not a bearer token"
EXCHANGED: dict[str, Any] = {"access_token": "gho_good", "token_type": "bearer"}
MEMBER: dict[str, Any] = {"id": 1001, "login": "member", "state": "active"}

ALL_GOOD = {**EXCHANGED, **MEMBER}
"""An answer that every question would take for its own, were its status right."""


def never(handler: BaseHTTPRequestHandler) -> None:
    """Answer when the client has gone."""
    handler.rfile.read(1)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """An answer that always goes on, so that no pause is too long."""
    handler.send_response(200)
    handler.end_headers()
    while not threading.Event().wait(0.05):
        handler.wfile.write(b" ")


def endless(handler: BaseHTTPRequestHandler) -> None:
    """An answer as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"what?\r\n\r\n")


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    """To where everything is fine."""
    says(ALL_GOOD, 302, Location="/elsewhere")(handler)


packed = says(gzip.compress(json.dumps(ALL_GOOD).encode()), Content_Encoding="gzip")

BROKEN: dict[str, tuple[Answer, int]] = {
    "too slow": (never, 503),
    "dripping": (drip, 503),
    "endless": (endless, 502),
    "half": (half, 502),
    "no HTTP": (no_http, 502),
    "500": (says(b"<h1>Oops</h1>", 500), 502),
    "500 with what would do": (says(ALL_GOOD, 500), 502),
    "503": (says(ALL_GOOD, 503), 502),
    "429": (says({"message": "slow down"}, 429), 502),
    "a page": (says(b"<html>Welcome to the hotel's network</html>"), 502),
    "nothing": (says(b""), 502),
    "a list": (says([ALL_GOOD]), 502),
    "null": (says(None), 502),
    "depth": (says(b'{"a":' * 100_000), 502),
    "no UTF-8": (says(b'{"access_token": "\xff"}'), 502),
    "redirect": (elsewhere, 502),
    "compressed": (packed, 502),
    "teapot": (says(ALL_GOOD, 418), 502),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers have a second."""
    monkeypatch.setattr(asking, "SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [TOKEN, USER, MEMBERSHIP])
def test_an_answer_that_is_none(tmp_path: Path, path: str) -> None:
    wrong = []
    with answering({"/elsewhere": says(ALL_GOOD)}) as fake, mestral(tmp_path, fake.url) as client:
        for name, (answer, status) in BROKEN.items():
            fake.answers[path] = answer
            got = client.get(LEGACY, params={"code": "x"})
            told = got.json()
            fits = (
                got.status_code == status and told.get("error") is True and "GitHub" in told["error_message"]
            )
            if not fits or (status == 503) != ("retry-after" in got.headers):
                wrong.append((name, got.status_code, got.text))
    assert "/elsewhere" not in fake.paths
    assert wrong == []


def test_nobody_is_there(tmp_path: Path) -> None:
    with mestral(tmp_path, f"http://127.0.0.1:{free_port()}") as client:
        answer = client.get(LEGACY, params={"code": "x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


REFUSALS: list[tuple[str, object, int, str]] = [
    (
        TOKEN,
        {"error": "bad_verification_code", "error_description": "Old."},
        200,
        f"{FAILED}Old.",
    ),
    (TOKEN, {"error": "bad_verification_code"}, 200, f"{FAILED}bad_verification_code"),
    (TOKEN, {**EXCHANGED, "error": "of some kind"}, 200, f"{FAILED}of some kind"),
    (TOKEN, {"error": "invalid_grant"}, 400, f"{FAILED}invalid_grant"),
    (TOKEN, {"error": ["x"], "error_description": {}}, 200, f"{FAILED}no reason is given"),
    (TOKEN, {}, 200, NO_TOKEN),
    (TOKEN, {**EXCHANGED, "access_token": ""}, 200, NO_TOKEN),
    (TOKEN, {**EXCHANGED, "access_token": None}, 200, NO_TOKEN),
    (
        TOKEN,
        {**EXCHANGED, "access_token": "a\r\nb: c"},
        200,
        NO_TOKEN,
    ),
    (TOKEN, {"access_token": "gho_good"}, 200, NO_BEARER),
    (TOKEN, {**EXCHANGED, "token_type": "mac"}, 200, NO_BEARER),
    (TOKEN, {**EXCHANGED, "token_type": 1}, 200, NO_BEARER),
    (USER, {"message": "Bad credentials", **MEMBER}, 401, NO_USER),
    (USER, {"message": "Forbidden", **MEMBER}, 403, NO_USER),
    (USER, {}, 200, NO_USER),
    (USER, {"id": 1001}, 200, NO_USER),
    (USER, {"id": 1001, "login": ""}, 200, NO_USER),
    (USER, {"id": 1001, "login": 7}, 200, NO_USER),
    (USER, {"login": "member"}, 200, NO_USER),
    (USER, {"id": "1001", "login": "member"}, 200, NO_USER),
    (USER, {"id": True, "login": "member"}, 200, NO_USER),
    (USER, {"id": None, "login": "member"}, 200, NO_USER),
    (MEMBERSHIP, {}, 200, NOT_A_MEMBER),
    (MEMBERSHIP, {"state": "pending"}, 200, NOT_A_MEMBER),
    (MEMBERSHIP, {"state": ["active"]}, 200, NOT_A_MEMBER),
    (MEMBERSHIP, {"state": "active"}, 403, NOT_A_MEMBER),
    (MEMBERSHIP, {"state": "active"}, 404, NOT_A_MEMBER),
]


@pytest.mark.parametrize(("path", "body", "status", "message"), REFUSALS)
def test_an_answer_that_vouches_for_nobody(
    tmp_path: Path, path: str, body: object, status: int, message: str
) -> None:
    with answering({path: says(body, status)}) as fake, mestral(tmp_path, fake.url) as client:
        assert refused(client.get(LEGACY, params={"code": "x"})) == message
        assert [asked for asked in fake.paths if asked != path] == [TOKEN, USER][: fake.paths.index(path)]


def test_what_is_sent_is_encoded_and_to_whom(tmp_path: Path) -> None:
    """B16: a code cannot bring parameters of its own, and a secret of special characters arrives."""
    code = "a&grant_type=client_credentials&client_id=b+c%26"
    with answering({}) as fake, mestral(tmp_path, fake.url) as client:
        claims(client.get(LEGACY, params={"code": code}))
        state = asked_of(begin(client))["state"]
        claims(client.get("/v4/auth/github/callback", params={"code": code, "state": state}))
    old, new = (parse_qsl(body, strict_parsing=True) for path, body, _ in fake.asked if path == TOKEN)
    sent = {
        "grant_type": "authorization_code",
        "client_id": "mestral",
        "client_secret": NASTY_SECRET,
        "code": code,
    }
    assert sorted(old) == sorted(sent.items())
    assert {name for name, _ in new} == {*sent, "redirect_uri", "code_verifier"}
    assert dict(new).items() >= sent.items()
    assert [(path, by) for path, _, by in fake.asked if path != TOKEN] == [
        (USER, "Bearer gho_good"),
        (MEMBERSHIP, "Bearer gho_good"),
    ] * 2


def test_a_lifetime_of_the_token_changes_nothing(tmp_path: Path) -> None:
    odd = {**EXCHANGED, "expires_in": 1, "refresh_token": "r", "token_type": "Bearer"}
    with answering({TOKEN: says(odd)}) as fake, mestral(tmp_path, fake.url) as client:
        assert claims(client.get(LEGACY, params={"code": "x"}))["sub"] == "1001"
        assert fake.paths == [TOKEN, USER, MEMBERSHIP]


def test_a_login_name_stays_one_part_of_a_path(tmp_path: Path) -> None:
    users = {USER: says({"id": 1001, "login": "../../x?y#z"})}
    with answering(users) as fake, mestral(tmp_path, fake.url, team="mestral") as client:
        assert refused(client.get(LEGACY, params={"code": "x"})) == NOT_A_MEMBER
        assert fake.paths[-1] == "/orgs/bsc-es/teams/mestral/memberships/..%2F..%2Fx%3Fy%23z"


def test_github_enterprise(tmp_path: Path) -> None:
    with (
        answering({}, prefix="/api/v3") as fake,
        mestral(tmp_path, fake.url, f"{fake.url}/api/v3") as client,
    ):
        assert claims(client.get(LEGACY, params={"code": "x"}))["sub"] == "1001"
        assert fake.paths == [TOKEN, f"/api/v3{USER}", f"/api/v3{MEMBERSHIP}"]
        assert begin(client).startswith(f"{fake.url}/login/oauth/authorize?")


def test_through_the_proxy_of_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = "http://github.example"
    known = {f"{far}{path}": answer for path, answer in GOOD.items()}
    with answering(known) as proxy, mestral(tmp_path, far) as client:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert claims(client.get(LEGACY, params={"code": "x"}))["sub"] == "1001"
        assert proxy.paths == list(known)


def test_other_requests_are_answered_meanwhile(tmp_path: Path) -> None:
    """B21: a provider that hangs freezes nothing."""
    reached, goes_on = threading.Event(), threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        goes_on.wait(60)
        says(EXCHANGED)(handler)

    with answering({TOKEN: waits}) as fake, mestral(tmp_path, fake.url) as client:
        answers: list[Any] = []
        login = threading.Thread(target=lambda: answers.append(client.get(LEGACY, params={"code": "x"})))
        login.start()
        assert reached.wait(60)
        assert client.get("/v4/auth/providers").status_code == 200
        assert answers == []
        goes_on.set()
        login.join()
        assert claims(answers[0])["sub"] == "1001"
