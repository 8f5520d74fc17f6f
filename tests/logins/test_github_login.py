"""Logins at GitHub's simulator, in the new way and in that of today's GUI (contract/AUTH.md A5, A8, B8, B9,
B17, B28)."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.logins.github import (
    CALLBACK,
    LEGACY,
    NOT_A_MEMBER,
    asked_of,
    begin,
    claims,
    mestral,
    redirected,
    refused,
)
from tests.servers.start import github

CODE = "a-code-that-must-not-be-kept"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with github(tmp_path_factory.mktemp("github")) as url:
        yield url


@pytest.fixture
def site(simulator: str) -> str:
    """The simulator, where `member` with the id 1001 is logged in."""
    become(simulator, "member", 1001)
    return simulator


def become(simulator: str, login: str, number: int) -> None:
    """Have somebody else be logged in at GitHub."""
    httpx2.put(f"{simulator}/simulator/person", params={"login": login, "id": number}).raise_for_status()


def test_a_login_that_begins_here(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        there = begin(client)
        assert there.startswith(f"{site}/login/oauth/authorize?")
        asked = asked_of(there)
        assert asked.keys() == {
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
        }
        assert (asked["client_id"], asked["scope"], asked["redirect_uri"]) == (
            "mestral",
            "read:org",
            CALLBACK,
        )
        assert asked["code_challenge_method"] == "S256"
        answer = client.get(redirected(there))
        assert answer.json() == {
            "authenticated": True,
            "user": "member",
            "token": answer.json()["token"],
            "message": "Token generated",
        }
        found = claims(answer)
        assert (found["provider"], found["sub"], found["user_id"]) == ("github", "1001", "member")
        assert found["groups"] == ["org:bsc-es"]
        verified = client.get("/v4/auth/verify-token", headers={"Authorization": answer.json()["token"]})
        assert verified.json() == {"authenticated": True, "user": "member"}


def test_the_login_call_of_todays_gui(site: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with mestral(tmp_path, site) as client:
        answers = [client.get(LEGACY, params={"code": CODE}) for _ in range(2)]
    for answer in answers:
        token = answer.json()["token"]
        assert token.startswith("Bearer ")
        assert answer.json() == {
            "authenticated": True,
            "user": "member",
            "token": token,
            "message": "Token generated",
        }
        assert answer.headers["cache-control"] == "no-store"
        assert claims(answer)["sub"] == "1001"
    warnings = [line for line in caplog.messages if "legacy_gui_login" in line]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("login", "team", "groups"),
    [
        ("member", None, ["org:bsc-es"]),
        ("member", "mestral", ["org:bsc-es", "team:bsc-es/mestral"]),
        ("member", "another", None),
        ("pending", None, None),
        ("pending", "mestral", None),
        ("stranger", None, None),
        ("stranger", "mestral", None),
    ],
)
def test_who_may_log_in(
    site: str, tmp_path: Path, login: str, team: str | None, groups: list[str] | None
) -> None:
    become(site, login, 7)
    with mestral(tmp_path, site, team=team) as client:
        for answer in (client.get(redirected(begin(client))), client.get(LEGACY, params={"code": CODE})):
            if groups is None:
                assert refused(answer) == NOT_A_MEMBER
            else:
                assert claims(answer)["groups"] == groups


def test_members_of_another_organisation_may_not(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site, organization="another") as client:
        assert refused(client.get(LEGACY, params={"code": CODE})) == NOT_A_MEMBER


def test_everybody_may_where_it_is_said(site: str, tmp_path: Path) -> None:
    become(site, "stranger", 8)
    with mestral(tmp_path, site, organization=None, allow_any=True) as client:
        there = begin(client)
        assert "scope" not in asked_of(there)
        found = claims(client.get(redirected(there)))
    assert (found["sub"], found["user_id"], found["groups"]) == ("8", "stranger", [])


def test_a_person_is_their_number(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        found = []
        for login, number in (("member", 1001), ("member-renamed", 1001), ("member", 2002)):
            become(site, login, number)
            found.append(claims(client.get(LEGACY, params={"code": CODE})))
    assert [(one["sub"], one["user_id"]) for one in found] == [
        ("1001", "member"),
        ("1001", "member-renamed"),
        ("2002", "member"),
    ]


def test_without_a_code(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        assert refused(client.get(LEGACY)) == "Can't verify user"
        assert refused(client.get(LEGACY, params={"code": ""})) == "Can't verify user"
        state = asked_of(begin(client))["state"]
        assert refused(client.get(CALLBACK, params={"state": state})) == "Can't verify user"


def test_somebody_who_says_no_at_github(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        state = asked_of(begin(client))["state"]
        back = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
        assert refused(client.get(CALLBACK, params=back)) == "GitHub did not log you in: access_denied"


@pytest.mark.parametrize(
    ("issuer", "welcome"),
    [("", True), ("/login/oauth", True), ("/", False), ("/login/oauth/", False), (".evil.example", False)],
)
def test_an_answer_of_another_provider(site: str, tmp_path: Path, issuer: str, welcome: bool) -> None:
    """B28: RFC 9207."""
    with mestral(tmp_path, site) as client:
        there = redirected(begin(client))
        answer = client.get(f"{there}&iss={site}{issuer}")
        if welcome:
            assert claims(answer)["sub"] == "1001"
        else:
            assert refused(answer) == "Can't verify user"


@pytest.mark.parametrize(
    ("address", "welcome"),
    [
        ("https://gui.example.org/login", True),
        ("https://gui.example.org/login/", False),
        ("https://gui.example.org/login?x", False),
        ("https://gui.example.org/login.evil", False),
        ("https://gui.example.org.evil.org/login", False),
        ("https://GUI.example.org/login", False),
        ("http://gui.example.org/login", False),
        ("https://evil.org/?https://gui.example.org/login", False),
    ],
)
def test_a_redirect_uri_is_listed_as_a_whole(site: str, tmp_path: Path, address: str, welcome: bool) -> None:
    """B17."""
    listed = ["https://other.example.org/", "https://gui.example.org/login"]
    with mestral(tmp_path, site, redirect_uris=listed) as client:
        answer = client.get(LEGACY, params={"code": CODE, "redirect_uri": address})
    if welcome:
        assert claims(answer)["sub"] == "1001"
    else:
        assert "redirect_uris in [plugins.auth_github]" in refused(answer)


def test_no_redirect_uri_is_listed_by_default(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        answer = client.get(LEGACY, params={"code": CODE, "redirect_uri": "https://gui.example.org/login"})
        assert "redirect_uris" in refused(answer)
        assert claims(client.get(LEGACY, params={"code": CODE, "redirect_uri": ""}))["sub"] == "1001"


def test_the_old_way_can_be_switched_off(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site, auth__legacy_gui_login=False) as client:
        answer = client.get(LEGACY, params={"code": CODE})
        assert answer.status_code == 403
        assert "/v4/auth/github/start" in answer.json()["error_message"]
        assert claims(client.get(redirected(begin(client))))["sub"] == "1001"


def test_codes_and_tokens_are_kept_nowhere(
    site: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mestral(tmp_path, site) as client:
        token = client.get(LEGACY, params={"code": CODE}).json()["token"]
        become(site, "stranger", 9)
        refused(client.get(LEGACY, params={"code": CODE}))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"github:1001" in kept  # the audit log is there
    mine = [record.getMessage() for record in caplog.records if record.name.startswith("mestral")]
    for secret in (CODE, "dev_access_token", token.removeprefix("Bearer ")):
        assert secret.encode() not in kept
        assert secret not in "\n".join(mine)


def test_it_is_offered(site: str, tmp_path: Path) -> None:
    with mestral(tmp_path, site) as client:
        assert client.get("/v4/auth/providers").json()["providers"] == [
            {
                "id": "github",
                "display_name": "GitHub",
                "kind": "redirect",
                "path": "/v4/auth/github/start",
                "available": True,
            }
        ]
