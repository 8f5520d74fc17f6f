"""Providers that are down, slow or hostile, and what is asked of them (contract/AUTH.md A9, B16, B18,
B21)."""

import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import unquote_plus

import pytest
from tests.logins.oidc import (
    DISCOVERY,
    GUI,
    KEYS,
    SECRET,
    TOKEN,
    USERINFO,
    Answer,
    Fake,
    ask_as_gui,
    audited,
    back,
    claims,
    fake_provider,
    mestral,
    not_answered,
    reason,
    refused,
    says,
)
from tests.servers.start import free_port

from mestral import login
from mestral_auth_oidc import provider


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_provider() as fake:
        yield fake


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is slow costs less time here, and nothing that failed or was published is remembered."""
    monkeypatch.setattr(login, "SECONDS", 1.0)
    for name in ("FAILED_SECONDS", "KEYS_SECONDS"):
        monkeypatch.setattr(provider, name, 0.0)


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing, and keep the connection."""
    time.sleep(3)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Say something all the time, and never end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Say very much."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(64):
        handler.wfile.write(b" " * 65536)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """End the connection in the middle of it."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"{")


HOSTILE: dict[str, tuple[Answer, int]] = {
    "slow": (hang, 503),
    "without an end": (drip, 503),
    "very large": (flood, 502),
    "half": (hang_up, 502),
    "an error": (says({}, 500), 502),
    "an error page": (says(b"<html>", 503), 502),
    "not found": (says({"error_description": "x"}, 404), 502),
    "no JSON": (says(b"<html>"), 502),
    "no text": (says(b"\xff\xfe"), 502),
    "another shape": (says(["a"]), 502),
    "deep": (says(b'{"a":' * 200_000), 502),
    "empty": (says(b""), 502),
    "elsewhere": (says({}, 302, Location="http://127.0.0.1:1/"), 502),
    "a redirect that looks good": (says({"keys": []}, 307, Location="/other"), 502),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [KEYS, TOKEN, USERINFO])
def test_a_hostile_answer(fake: Fake, tmp_path: Path, path: str) -> None:
    with mestral(tmp_path, issuer=fake.issuer, username_source="userinfo") as client:
        for how, (answer, status) in HOSTILE.items():
            fake.answers = {path: answer}
            message = not_answered(back(client, fake.begun(client)), status)
            assert "OpenID Connect" in message, how
            assert fake.issuer not in message, how
        fake.answers = {}
        assert claims(back(client, fake.begun(client)))["sub"] == "alice"
    assert [result for result, *_ in audited(tmp_path)] == ["failed"] * len(HOSTILE) + ["ok"]


@pytest.mark.usefixtures("impatient")
def test_a_hostile_discovery_document(fake: Fake, tmp_path: Path) -> None:
    wrong = {
        **HOSTILE,
        "another issuer": (says({"issuer": f"{fake.issuer}/"}), 502),
        "no issuer": (says({"token_endpoint": fake.issuer}), 502),
        "no address": (says({"issuer": fake.issuer, "authorization_endpoint": "javascript:x"}), 502),
        "two lines": (says({"issuer": fake.issuer, "authorization_endpoint": "http://x/\r\nA: b"}), 502),
        "no endpoints": (says({"issuer": fake.issuer}), 503),
    }
    with mestral(tmp_path, issuer=fake.issuer) as client:
        for how, (answer, status) in wrong.items():
            fake.answers = {DISCOVERY: answer}
            answered = client.get("/v4/auth/oidc/start", follow_redirects=False)
            assert not_answered(answered, status), how
            if how == "no endpoints":
                break  # this one is kept
            assert not_answered(ask_as_gui(client), status), how


def test_a_provider_that_is_down(tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=f"http://127.0.0.1:{free_port()}") as client:
        answer = client.get("/v4/auth/oidc/start", follow_redirects=False)
        assert not_answered(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
        assert not_answered(ask_as_gui(client), 503)
    assert [result for result, *_ in audited(tmp_path)] == ["failed"]


def test_it_needs_no_restart_when_the_provider_comes_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "FAILED_SECONDS", 0.0)
    port = free_port()
    with mestral(tmp_path, issuer=f"http://127.0.0.1:{port}") as client:
        assert not_answered(client.get("/v4/auth/oidc/start", follow_redirects=False), 503)
        assert not_answered(ask_as_gui(client), 503)
        with fake_provider(port) as fake:
            assert claims(back(client, fake.begun(client)))["sub"] == "alice"
            fake.nonce = ""
            assert claims(ask_as_gui(client))["sub"] == "alice"


def test_the_failure_of_one_is_that_of_all_who_wait(fake: Fake, tmp_path: Path) -> None:
    fake.answers = {DISCOVERY: says({}, 500)}
    with mestral(tmp_path, issuer=fake.issuer) as client:
        fake.asked.clear()
        for _ in range(3):
            client.get("/v4/auth/oidc/start", follow_redirects=False)
        assert fake.count(DISCOVERY) < 3


def test_what_the_token_endpoint_must_say(fake: Fake, tmp_path: Path) -> None:
    none, refusal = "no bearer token", "the code is refused: "
    answers: dict[str, tuple[Any, int, str]] = {
        "no token": ({"token_type": "Bearer"}, 401, none),
        "null": ({"access_token": None, "token_type": "Bearer"}, 401, none),
        "no type": ({"access_token": "a"}, 401, none),
        "another type": ({"access_token": "a", "token_type": "DPoP"}, 401, none),
        "an error with 200": (
            {"error": "invalid_grant", "access_token": "a", "token_type": "Bearer"},
            401,
            f"{refusal}invalid_grant",
        ),
        "an error that is no word": ({"error": "<b>\n" * 50}, 401, f"{refusal}an error that is no word"),
        "a list as error": ({"error": ["a"]}, 401, f"{refusal}an error that is no word"),
        "a time that is none": (
            {"access_token": "a", "token_type": "Bearer", "expires_in": "soon"},
            502,
            "does not answer",
        ),
        "an endless time": (
            {"access_token": "a", "token_type": "Bearer", "expires_in": 1e400},
            502,
            "does not answer",
        ),
    }
    with mestral(tmp_path, issuer=fake.issuer) as client:
        for how, (answer, status, why) in answers.items():
            fake.answers = {TOKEN: says(answer)}
            answered = back(client, fake.begun(client))
            assert answered.status_code == status, how
            assert why in audited(tmp_path)[-1][2], how
        fake.answers = {TOKEN: says({"access_token": "a", "token_type": "Bearer", "id_token": "x"}, 400)}
        assert not_answered(back(client, fake.begun(client)), 502)
        assert fake.count(USERINFO) == 0


def test_userinfo_is_not_asked_without_an_access_token(fake: Fake, tmp_path: Path) -> None:
    fake.answers = {TOKEN: says({"token_type": "Bearer", "id_token": "x"})}
    with mestral(tmp_path, issuer=fake.issuer, username_source="userinfo") as client:
        assert refused(ask_as_gui(client)) == "Can't verify user"
        assert fake.count(USERINFO) == 0
        fake.answers = {USERINFO: says({}, 401)}
        assert refused(ask_as_gui(client)) == "Can't verify user"
    assert reason(tmp_path) == "the provider answers 401 to the access token"


# -- what it is asked ---------------------------------------------------------------------------------------

NASTY = "a&grant_type=client_credentials&code=b%26+ é"


@pytest.mark.parametrize(
    ("settings", "discovery", "by_post"),
    [
        ({}, {}, False),
        ({}, {"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]}, True),
        ({}, {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}, False),
        ({}, {"token_endpoint_auth_methods_supported": ["none"]}, False),
        ({"client_auth": "post"}, {}, True),
        ({"client_auth": "basic"}, {"token_endpoint_auth_methods_supported": ["client_secret_post"]}, False),
    ],
)
def test_a_code_and_a_secret_stay_one_value_each(
    fake: Fake, tmp_path: Path, settings: dict[str, Any], discovery: dict[str, Any], by_post: bool
) -> None:
    fake.discovery = discovery
    with mestral(tmp_path, issuer=fake.issuer, **settings) as client:
        assert claims(ask_as_gui(client, code=NASTY))["sub"] == "alice"
    ((_, form, header),) = [asked for asked in fake.asked if asked[0] == TOKEN]
    secret = {"client_id": ["autosubmit"], "client_secret": [SECRET]} if by_post else {}
    assert form == {"grant_type": ["authorization_code"], "code": [NASTY], "redirect_uri": [GUI], **secret}
    if by_post:
        assert header is None
    else:
        assert header is not None
        told = b64decode(header.removeprefix("Basic ")).decode().split(":")
        assert [unquote_plus(part) for part in told] == ["autosubmit", SECRET]


def test_variables_of_autosubmit_api_suffice_when_the_provider_says_who_it_is(
    fake: Fake, tmp_path: Path
) -> None:
    fake.discovery = {"issuer": "http://not.asked.example"}
    settings = {
        "token_url": f"{fake.issuer}{TOKEN}",
        "userinfo_url": f"{fake.issuer}{USERINFO}",
        "username_source": "userinfo",
    }
    with mestral(tmp_path, **settings) as client:
        assert claims(ask_as_gui(client))["sub"] == "alice"
        fake.answers = {USERINFO: says({"name": "no subject"})}
        assert refused(ask_as_gui(client)) == "Can't verify user"
        # there is no button: to which page a browser is to be sent is not known
        assert client.get("/v4/auth/providers").json() == {"providers": []}
    ((_, form, header), *_) = fake.asked
    assert (form["client_secret"], header) == ([SECRET], None)  # in the form, as Autosubmit API sends it
    assert fake.count(DISCOVERY) == fake.count(KEYS) == 0


def test_a_provider_without_discovery(fake: Fake, tmp_path: Path) -> None:
    settings = {
        "authorization_url": f"{fake.issuer}/authorize?tenant=a",
        "token_url": f"{fake.issuer}{TOKEN}",
        "jwks_url": f"{fake.issuer}{KEYS}",
    }
    with mestral(tmp_path, issuer=fake.issuer, **settings) as client:
        assert claims(back(client, fake.begun(client)))["sub"] == "alice"
    assert fake.count(DISCOVERY) == 0


def test_a_slash_at_the_end_of_the_issuer_is_a_part_of_it(fake: Fake, tmp_path: Path) -> None:
    fake.discovery = {"issuer": f"{fake.issuer}/"}
    with mestral(tmp_path, issuer=f"{fake.issuer}/") as client:
        fake.claims = {"iss": f"{fake.issuer}/"}
        assert claims(ask_as_gui(client))["sub"] == "alice"
        fake.claims = {"iss": fake.issuer}
        assert refused(ask_as_gui(client)) == "Can't verify user"


def test_health_says_to_the_deployer_what_is_wrong(fake: Fake, tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer a-static-token-for-scripts"}
    settings = {"issuer": f"{fake.issuer}/", "auth__secret_token": "a-static-token-for-scripts"}
    with mestral(tmp_path, **settings) as client:
        told = client.get("/health/ready", headers=headers).text
        assert f"{fake.issuer}/" in told and "they must be equal, to the last slash" in told
        assert fake.issuer not in client.get("/health/ready").text


def test_other_requests_are_answered_meanwhile(fake: Fake, tmp_path: Path) -> None:
    asked, go_on = Event(), Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        go_on.wait(30)
        says({"error": "invalid_grant"}, 400)(handler)

    fake.answers = {TOKEN: wait}
    with mestral(tmp_path, issuer=fake.issuer) as client, ThreadPoolExecutor(1) as pool:
        login = pool.submit(ask_as_gui, client)
        assert asked.wait(30)
        assert client.get("/v4/auth/providers").status_code == 200
        assert not login.done()
        go_on.set()
        assert refused(login.result(30)) == "Can't verify user"
