"""`[plugins.auth_github]`: what would let anybody in is an error that says what to do (contract/AUTH.md
B9)."""

import json
from pathlib import Path

import pytest
from tests.command import run_mestral
from tests.probe import SECRET_KEY

APP = {"GITHUB_OAUTH_CLIENT_ID": "an-id", "GITHUB_OAUTH_CLIENT_SECRET": "hush-hush"}
ORGANIZATION = {"GITHUB_OAUTH_WHITELIST_ORGANIZATION": "earth"}
TEAM = {"GITHUB_OAUTH_WHITELIST_TEAM": "models"}


def state(tmp_path: Path, environ: dict[str, str], toml: str = "", only: bool = False) -> tuple[str, str]:
    """State of the plugin, and why."""
    chosen = '[plugins]\nonly = ["auth_github"]\n' if only else ""
    (tmp_path / "mestral.toml").write_text(f"{chosen}[plugins.auth_github]\n{toml}\n")
    given = {"SECRET_KEY": SECRET_KEY, **environ}
    done = run_mestral(tmp_path, "--config", "mestral.toml", "plugins", "list", "--json", environ=given)
    assert "hush-hush" not in done.stdout + done.stderr
    [record] = [one for one in json.loads(done.stdout) if one["name"] == "auth_github"]
    return record["state"], record["reason"]


@pytest.mark.parametrize(
    ("environ", "toml"),
    [
        ({**APP, **ORGANIZATION}, ""),
        ({**APP, **ORGANIZATION, **TEAM}, ""),
        (APP, "allow_any = true"),
        (
            APP,
            'organization = "earth"\nweb_url = "https://git.example.org"\n'
            'api_url = "https://git.example.org/api/v3"',
        ),
        (
            {},
            'client_id = "an-id"\nclient_secret = "hush-hush"\norganization = "earth"\n'
            'redirect_uris = ["https://gui.example.org/login?a=b"]',
        ),
    ],
)
def test_settings_that_suffice(tmp_path: Path, environ: dict[str, str], toml: str) -> None:
    assert state(tmp_path, environ, toml) == ("active", "")


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["client_id (or GITHUB_OAUTH_CLIENT_ID)", "client_secret (or GITHUB_OAUTH_CLIENT_SECRET)"]),
        ({"GITHUB_OAUTH_CLIENT_ID": "an-id"}, ["client_secret (or GITHUB_OAUTH_CLIENT_SECRET)"]),
        (APP, ["GITHUB_OAUTH_WHITELIST_ORGANIZATION", "allow_any = true"]),
    ],
)
def test_settings_that_do_not(tmp_path: Path, environ: dict[str, str], words: list[str], only: bool) -> None:
    """It waits for them where it is only on by default; where somebody asked for it, it is an error."""
    found, reason = state(tmp_path, environ, only=only)
    assert found == ("misconfigured" if only else "available")
    assert all(word in reason for word in words), reason


@pytest.mark.parametrize(
    ("environ", "toml", "words"),
    [
        (
            {**APP, **TEAM},
            "",
            ["'models'", "a team alone is no limit", "GITHUB_OAUTH_WHITELIST_ORGANIZATION"],
        ),
        ({**APP, **TEAM}, "allow_any = true", ["a team alone is no limit"]),
        (APP, 'team = "models"', ["a team alone is no limit"]),
        ({**APP, **ORGANIZATION}, "allow_any = true", ["'earth'", "Keep one of them"]),
        ({**APP, **ORGANIZATION}, 'web_url = "https://git.example.org/"', ["web_url", "git.example.org"]),
        ({**APP, **ORGANIZATION}, 'api_url = "git.example.org"', ["api_url", "git.example.org"]),
        ({**APP, **ORGANIZATION}, 'api_url = "https://me:pw@git.example.org"', ["api_url"]),
        ({**APP, **ORGANIZATION}, 'redirect_uris = ["https://gui.example.org/#x"]', ["redirect_uris"]),
        ({**APP, "GITHUB_OAUTH_WHITELIST_ORGANIZATION": "../x"}, "", ["organization", "../x"]),
        ({**APP, **ORGANIZATION}, "allow_all = true", ["allow_all", "Did you mean allow_any?"]),
    ],
)
def test_settings_that_are_wrong(
    tmp_path: Path, environ: dict[str, str], toml: str, words: list[str]
) -> None:
    found, reason = state(tmp_path, environ, toml)
    assert found == "misconfigured"
    assert all(word in reason for word in words), reason


@pytest.mark.parametrize(
    ("toml", "said"), [("", True), ("allow_any = true", True), ('organization = "e"', False)]
)
def test_migration_says_who_could_log_in(tmp_path: Path, toml: str, said: bool) -> None:
    (tmp_path / "mestral.toml").write_text(f"[plugins.auth_github]\n{toml}\n")
    given = {"SECRET_KEY": SECRET_KEY, **APP, **TEAM}
    done = run_mestral(tmp_path, "--config", "mestral.toml", "migrate", "check", "--json", environ=given)
    items = json.loads(done.stdout)["items"]
    unsafe = [item["message"] for item in items if item["name"] == "GITHUB_OAUTH_WHITELIST_ORGANIZATION"]
    assert (len(unsafe) == 1 and "a team alone is no limit" in unsafe[0]) == said
