"""Logins at pages as strict as GitHub's could be: codes that count once, for one client, with one verifier,
in one browser (contract/AUTH.md B5, B16; RFC 6749, RFC 7636). The API is the simulator's."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from tests.logins.github import CALLBACK, HERE, LEGACY, asked_of, begin, claims, mestral, refused, sign_in
from tests.servers.start import github, github_web

NOT_HERE = "The login took too long, or was begun in another browser: begin again."
NOT_THIS_CODE = "GitHub token exchange failed: grant request is invalid"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the pages, and of the API."""
    folder = tmp_path_factory.mktemp("servers")
    with github_web(folder, CALLBACK) as pages, github(folder) as api:
        yield pages, api


def test_a_login_with_a_secret_of_special_characters(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers) as client:
        back = sign_in(begin(client))
        assert asked_of(back)["iss"] == servers[0]
        assert claims(client.get(back))["sub"] == "1001"


def test_a_wrong_secret(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers, client_secret="s3cret s3cret") as client:
        message = refused(client.get(sign_in(begin(client))))
        assert message == "GitHub token exchange failed: client authentication failed"


def test_an_answer_counts_once(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers) as client:
        back = sign_in(begin(client))
        cookies = dict(client.cookies)
        claims(client.get(back))
        assert refused(client.get(back)) == NOT_HERE  # the cookie is gone
        kept = "; ".join(f"{name}={value}" for name, value in cookies.items())
        assert refused(client.get(back, headers={"Cookie": kept})) == (
            "This login was finished already: begin again."
        )
        used = {"code": asked_of(back)["code"], "redirect_uri": ""}
        assert refused(client.get(LEGACY, params=used)) == NOT_THIS_CODE


def test_a_code_of_another_login_is_of_no_use(servers: tuple[str, str], tmp_path: Path) -> None:
    """Code injection: the state is the attacker's own, the code somebody else's."""
    with mestral(tmp_path, *servers) as client:
        stolen = asked_of(sign_in(begin(client)))["code"]
        mine = asked_of(begin(client))["state"]
        answer = client.get(CALLBACK, params={"state": mine, "code": stolen, "iss": servers[0]})
        assert refused(answer) == NOT_THIS_CODE


def test_a_code_without_its_verifier_is_of_no_use(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers, redirect_uris=[CALLBACK]) as client:
        stolen = asked_of(sign_in(begin(client)))["code"]
        for more in ({}, {"redirect_uri": CALLBACK}):
            assert refused(client.get(LEGACY, params={"code": stolen, **more})) == NOT_THIS_CODE


@pytest.mark.parametrize("code", ["nonsense", "a&grant_type=client_credentials", "%00", " +&=%", "x" * 4000])
def test_a_code_that_is_none(servers: tuple[str, str], tmp_path: Path, code: str) -> None:
    with mestral(tmp_path, *servers) as client:
        assert refused(client.get(LEGACY, params={"code": code})) == NOT_THIS_CODE
        state = asked_of(begin(client))["state"]
        assert refused(client.get(CALLBACK, params={"code": code, "state": state})) == NOT_THIS_CODE


def test_what_no_code_can_be(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers) as client:
        for code in ("über", "a\nb", "\0"):
            assert refused(client.get(LEGACY, params={"code": code})) == "Can't verify user"


def test_an_answer_in_another_browser(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers) as client:
        back = sign_in(begin(client))
        other = TestClient(client.app, base_url=HERE)
        assert refused(other.get(back)) == NOT_HERE
        assert claims(client.get(back))["sub"] == "1001"  # and the attempt is not spoilt


def test_a_state_of_another_browser(servers: tuple[str, str], tmp_path: Path) -> None:
    """Login CSRF: the victim's browser is led back with the code of the attacker."""
    with mestral(tmp_path, *servers) as client:
        victim = TestClient(client.app, base_url=HERE)
        begin(victim)  # has a login of its own on the way
        back = sign_in(begin(client))
        assert refused(victim.get(back)) == NOT_HERE
        for state in ("", "forged", asked_of(begin(client))["state"]):
            params = {**asked_of(back), "state": state}
            assert refused(victim.get(CALLBACK, params=params)) == NOT_HERE
        without = {name: value for name, value in asked_of(back).items() if name != "state"}
        assert refused(victim.get(CALLBACK, params=without)) == NOT_HERE


def test_the_server_demands_the_challenge_that_is_sent(servers: tuple[str, str], tmp_path: Path) -> None:
    with mestral(tmp_path, *servers) as client:
        there = begin(client)
        bare = {name: value for name, value in asked_of(there).items() if "challenge" not in name}
        back = sign_in(f"{servers[0]}/login/oauth/authorize?{urlencode(bare)}")
        assert asked_of(back)["error"] == "invalid_request"
        assert refused(client.get(back)) == "GitHub did not log you in: invalid_request"
