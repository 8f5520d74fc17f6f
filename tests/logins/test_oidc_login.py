"""Logins at three OpenID Providers that others wrote, in the new way and in that of today's GUI
(contract/AUTH.md A5, A9, B5, B16, B17, B28)."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.logins.oidc import (
    CALLBACK,
    GUI,
    LEGACY,
    ask_as_gui,
    asked_of,
    audited,
    back,
    begin,
    claims,
    gui_begins,
    mestral,
    reason,
    refused,
    sign_in,
)
from tests.servers.start import oidc_faulty, oidc_plain, oidc_strict

from mestral.contributions import LoginAttempt


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with oidc_strict(tmp_path_factory.mktemp("strict"), CALLBACK, GUI) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with oidc_plain(tmp_path_factory.mktemp("plain")) as issuer:
        yield issuer


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Without a fault."""
    with oidc_faulty(tmp_path_factory.mktemp("faulty")) as (issuer, _):
        yield issuer


@pytest.fixture(params=["strict", "plain", "faulty"])
def issuer(request: pytest.FixtureRequest) -> str:
    """Each of them."""
    found: str = request.getfixturevalue(request.param)
    return found


def endpoint(issuer: str) -> str:
    """Where browsers are sent."""
    found: str = httpx2.get(f"{issuer}/.well-known/openid-configuration").json()["authorization_endpoint"]
    return found


def test_a_login_that_begins_here(issuer: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=issuer) as client:
        there = begin(client)
        asked = asked_of(there)
        assert asked.keys() == {
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        }
        assert (asked["response_type"], asked["redirect_uri"]) == ("code", CALLBACK)
        assert (asked["scope"], asked["code_challenge_method"]) == ("openid profile", "S256")
        answer = client.get(sign_in(there, CALLBACK))
        assert claims(answer)["sub"] == "alice"
        assert answer.headers["cache-control"] == "no-store"
        verified = client.get("/v4/auth/verify-token", headers={"Authorization": answer.json()["token"]})
        assert verified.json() == {"authenticated": True, "user": "alice"}
    assert audited(tmp_path) == [("ok", "oidc:alice", "")]


@pytest.mark.parametrize("source", ["id_token", "userinfo"])
def test_names_come_from_the_claim_and_the_place_that_are_set(
    strict: str, tmp_path: Path, source: str
) -> None:
    settings = {"username_source": source, "username_claim": "preferred_username"}
    with mestral(tmp_path, issuer=strict, **settings) as client:
        found = claims(client.get(sign_in(begin(client), CALLBACK)))
    assert (found["sub"], found["user_id"]) == ("alice", "alice-by-name")


def test_a_claim_that_is_not_there(strict: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=strict, username_claim="account") as client:
        answer = client.get(sign_in(begin(client), CALLBACK))
    assert refused(answer) == "Couldn't find user on OpenID Connect provider"
    assert "'account'" in reason(tmp_path)


@pytest.mark.parametrize(("client_id", "method"), [("autosubmit", None), ("by-post", "post")])
def test_a_secret_with_every_special_character_arrives(
    strict: str, tmp_path: Path, client_id: str, method: str | None
) -> None:
    with mestral(tmp_path, issuer=strict, client_id=client_id, client_auth=method) as client:
        assert claims(client.get(sign_in(begin(client), CALLBACK)))["sub"] == "alice"


def test_a_client_that_is_not_known_to_the_provider(strict: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=strict, client_secret="another") as client:
        answer = client.get(sign_in(begin(client), CALLBACK))
    assert refused(answer) == "Can't verify user"
    assert reason(tmp_path) == "the code is refused: invalid_client"


# -- today's GUI --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "faulty"])
def test_the_login_call_of_todays_gui(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = request.getfixturevalue(name)
    with mestral(tmp_path, issuer=issuer) as client:
        answers = []
        for _ in range(2):
            code = asked_of(sign_in(gui_begins(endpoint(issuer)), GUI))["code"]
            answers.append(ask_as_gui(client, code))
    for answer in answers:
        assert claims(answer)["sub"] == "alice"
        assert answer.headers["cache-control"] == "no-store"
    warned = [r for r in caplog.records if "legacy_gui_login" in r.getMessage()]
    assert len(warned) == 1


def test_the_gui_cannot_log_in_where_the_provider_demands_pkce(strict: str, tmp_path: Path) -> None:
    answer = asked_of(sign_in(gui_begins(endpoint(strict)), GUI))
    assert answer["error"] == "invalid_request"
    with mestral(tmp_path, issuer=strict, redirect_uris=[CALLBACK]) as client:
        code = asked_of(sign_in(begin(client), CALLBACK))["code"]
        answer_of_mestral = ask_as_gui(client, code, redirect_uri=CALLBACK)
    assert refused(answer_of_mestral) == "Can't verify user"
    assert reason(tmp_path) == "the code is refused: invalid_grant"


def test_the_gui_cannot_use_a_code_of_a_login_that_began_here(plain: str, tmp_path: Path) -> None:
    # this provider knows no PKCE, so it is the nonce that tells
    with mestral(tmp_path, issuer=plain, redirect_uris=[CALLBACK]) as client:
        code = asked_of(sign_in(begin(client), CALLBACK))["code"]
        assert refused(ask_as_gui(client, code, redirect_uri=CALLBACK)) == "Can't verify user"
    assert "nonce" in reason(tmp_path)


def test_a_call_without_a_code(plain: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=plain) as client:
        assert refused(client.get(LEGACY)) == "Can't verify user, missing code"
        assert refused(ask_as_gui(client, code="")) == "Can't verify user, missing code"


@pytest.mark.parametrize(
    "page",
    [
        "",
        "http://gui.example.org.evil.org/app/login",
        "http://gui.example.org@evil.org/app/login",
        "http://evil.org/?x=http://gui.example.org/app/login",
        "http://gui.example.org/apple/login",
        "https://gui.example.org/app/login",
        "http://gui.example.org/app/../login",
    ],
)
def test_a_page_that_is_no_client(plain: str, tmp_path: Path, page: str) -> None:
    with mestral(tmp_path, issuer=plain) as client:
        message = refused(ask_as_gui(client, redirect_uri=page))
    assert "list of allowed clients" in message
    assert reason(tmp_path) == f"redirect_uri {page!r} is not allowed"


def test_pages_that_are_set_are_compared_exactly(plain: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=plain, redirect_uris=[GUI]) as client:
        for page in (f"{GUI}/", f"{GUI}?x=1", "http://gui.example.org/app/"):
            assert "list of allowed clients" in refused(ask_as_gui(client, redirect_uri=page))
        code = asked_of(sign_in(gui_begins(endpoint(plain)), GUI))["code"]
        assert claims(ask_as_gui(client, code))["sub"] == "alice"


def test_logins_of_that_kind_can_be_switched_off(plain: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=plain, auth__legacy_gui_login=False) as client:
        answer = ask_as_gui(client)
        assert answer.status_code == 403
        assert "/v4/auth/oidc/start" in answer.json()["error_message"]


# -- what must not be possible ------------------------------------------------------------------------------


def test_a_code_counts_once(strict: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=strict) as client:
        there = sign_in(begin(client), CALLBACK)
        cookies = dict(client.cookies)
        assert client.get(there).status_code == 200
        client.cookies.update(cookies)  # as if the browser had not been told to forget them
        assert "finished already" in refused(client.get(there))
        again = asked_of(begin(client))["state"]
        replayed = back(client, again, asked_of(there)["code"], iss=strict)
        assert refused(replayed) == "Can't verify user"
    assert reason(tmp_path) == "the code is refused: invalid_grant"


def test_a_code_counts_once_in_the_call_of_the_gui(plain: str, tmp_path: Path) -> None:
    code = asked_of(sign_in(gui_begins(endpoint(plain)), GUI))["code"]
    with mestral(tmp_path, issuer=plain) as client:
        assert ask_as_gui(client, code).status_code == 200
        assert refused(ask_as_gui(client, code)) == "Can't verify user"
    assert reason(tmp_path) == "the code is refused: invalid_grant"


def test_the_code_of_another_login(strict: str, tmp_path: Path) -> None:
    """Somebody puts a code that was given to them into the login of another."""
    with mestral(tmp_path, issuer=strict) as client:
        theirs = asked_of(sign_in(begin(client), CALLBACK, "mallory"))["code"]
        client.cookies.clear()
        mine = asked_of(begin(client))["state"]
        assert refused(back(client, mine, theirs, iss=strict)) == "Can't verify user"
    assert reason(tmp_path) == "the code is refused: invalid_grant"


def test_the_code_of_another_login_where_the_provider_knows_no_pkce(plain: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=plain) as client:
        theirs = asked_of(sign_in(begin(client), CALLBACK, "mallory"))["code"]
        client.cookies.clear()
        mine = asked_of(begin(client))["state"]
        assert refused(back(client, mine, theirs)) == "Can't verify user"
    assert "nonce" in reason(tmp_path)


def test_a_login_that_another_browser_began(strict: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=strict) as client:
        there = sign_in(begin(client), CALLBACK)
        client.cookies.clear()  # another browser has none of them
        assert "another browser" in refused(client.get(there))
        mine = sign_in(begin(client), CALLBACK)
        foreign = f"{CALLBACK}?code={asked_of(mine)['code']}&state={asked_of(there)['state']}"
        assert "another browser" in refused(client.get(foreign))
        assert "another browser" in refused(client.get(f"{CALLBACK}?code=x"))


def test_an_answer_of_another_issuer(strict: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=strict) as client:
        query = asked_of(sign_in(begin(client), CALLBACK))
        assert query["iss"] == strict
        assert refused(back(client, query["state"], query["code"], iss="http://evil.example"))
        assert "another issuer" in reason(tmp_path)
        query = asked_of(sign_in(begin(client), CALLBACK))
        assert refused(back(client, query["state"], query["code"]))
        assert "does not say from whom" in reason(tmp_path)


def test_somebody_says_no_at_the_provider(plain: str, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=plain) as client:
        there = begin(client)
        denied = httpx2.post(there, data={"action": "deny"}).headers["location"]
        assert asked_of(denied)["error"] == "access_denied"
        answer = back(client, asked_of(there)["state"], code="", error="access_denied")
    assert refused(answer) == "Can't verify user"
    assert reason(tmp_path) == "the provider says: access_denied"


def test_a_page_gets_a_code_and_exchanges_it(strict: str, tmp_path: Path) -> None:
    page = LoginAttempt(verifier="v" * 43)
    with mestral(tmp_path, issuer=strict) as client:
        there = begin(client, return_to=GUI, code_challenge=page.challenge)
        sent_on = client.get(sign_in(there, CALLBACK), follow_redirects=False)
        assert sent_on.status_code == 303
        assert sent_on.headers["location"].startswith(f"{GUI}?code=")
        body = {"code": asked_of(sent_on.headers["location"])["code"], "code_verifier": page.verifier}
        assert claims(client.post("/v4/auth/exchange", json=body))["sub"] == "alice"


def test_nothing_secret_is_logged(strict: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "mestral")
    with mestral(tmp_path, issuer=strict) as client:
        query = asked_of(sign_in(begin(client), CALLBACK))
        token = back(client, query["state"], query["code"], iss=strict).json()["token"]
        refused(back(client, query["state"], query["code"], iss=strict))
        refused(ask_as_gui(client, query["code"]))
    told = caplog.text + str(audited(tmp_path))
    assert "login ok" in told and "login refused" in told
    for secret in (query["code"], query["state"], token.removeprefix("Bearer "), "s3cret"):
        assert secret not in told
