"""Settings of the login by OpenID Connect: what suffices, what is refused, what migration says of them."""

import json
from pathlib import Path

import pytest
from tests.command import run_mestral
from tests.probe import SECRET_KEY

from mestral.plugins import PluginRecord, load_plugins
from mestral.settings import load_settings

URL = "https://id.example.org"
CLIENT = {"OIDC_CLIENT_ID": "hub", "OIDC_CLIENT_SECRET": "hush-hush-hush"}
USERINFO = {"OIDC_USERNAME_SOURCE": "userinfo", "OIDC_USERINFO_URL": f"{URL}/userinfo"}
TOKEN = {"OIDC_TOKEN_URL": f"{URL}/token"}
ISSUER = f'[plugins.auth_oidc]\nissuer = "{URL}"\n'


def plugin(folder: Path, toml: str, environ: dict[str, str]) -> PluginRecord:
    """What becomes of the plugin."""
    config = folder / "mestral.toml"
    config.write_text(toml)
    settings = load_settings(config=config, environ={"HOME": str(folder), **environ})
    record = load_plugins(settings, assemble=False).get("auth_oidc")
    assert record is not None
    assert "hush" not in record.reason + str(record.settings)
    return record


@pytest.mark.parametrize(
    ("toml", "environ", "state", "words"),
    [
        ("", {}, "available", "issuer, client_id (or OIDC_CLIENT_ID)"),
        (ISSUER, {}, "available", "client_secret (or OIDC_CLIENT_SECRET)"),
        (ISSUER, CLIENT, "active", ""),
        ("", CLIENT | TOKEN | USERINFO, "active", ""),
        (ISSUER, CLIENT | TOKEN | USERINFO, "active", ""),
        (
            "",
            CLIENT | TOKEN | {"OIDC_USERNAME_SOURCE": "userinfo"},
            "available",
            "userinfo_url (or OIDC_USERINFO_URL)",
        ),
        ("", CLIENT | TOKEN, "misconfigured", "Set issuer in [plugins.auth_oidc]"),
        (
            "",
            CLIENT | TOKEN | {"OIDC_USERNAME_CLAIM": "email"},
            "misconfigured",
            "id tokens cannot be checked",
        ),
        (f"{ISSUER}algorithms = ['HS256']\n", CLIENT, "misconfigured", "RS256"),
        (f"{ISSUER}algorithms = ['none']\n", CLIENT, "misconfigured", "RS256"),
        (f"{ISSUER}algorithms = []\n", CLIENT, "misconfigured", "algorithms"),
        ('[plugins.auth_oidc]\nissuer = "id.example.org"\n', CLIENT, "misconfigured", "such as https://"),
        (f'[plugins.auth_oidc]\nissuer = "{URL}?x=1"\n', CLIENT, "misconfigured", "such as https://"),
        (f"{ISSUER}redirect_uris = ['/login']\n", CLIENT, "misconfigured", "redirect_uris"),
        (f"{ISSUER}scopes = ['a b']\n", CLIENT, "misconfigured", "scopes"),
    ],
)
def test_what_suffices(tmp_path: Path, toml: str, environ: dict[str, str], state: str, words: str) -> None:
    record = plugin(tmp_path, toml, environ)
    assert (record.state, words in record.reason) == (state, True), record.reason


def test_what_migration_says(tmp_path: Path) -> None:
    def items(environ: dict[str, str]) -> dict[str, dict[str, str]]:
        variables = {"SECRET_KEY": SECRET_KEY, **CLIENT, **environ}
        done = run_mestral(tmp_path, "migrate", "check", "--json", environ=variables)
        assert "hush" not in done.stdout + done.stderr
        found = json.loads(done.stdout)["items"]
        return {item["name"]: item for item in found if item["where"] != "environment"}

    said = items(TOKEN)
    assert said["plugins.auth_oidc"]["verdict"] == "decide"
    assert "Set issuer" in said["plugins.auth_oidc"]["message"]

    said = items(TOKEN | USERINFO)
    assert said["OIDC_USERNAME_SOURCE"]["verdict"] == "differs"
    assert "even when the code was refused" in said["OIDC_USERNAME_SOURCE"]["message"]
    assert said["redirect_uri"]["verdict"] == "differs"
    assert "auth_oidc" not in said

    (tmp_path / "mestral.toml").write_text(ISSUER + f"redirect_uris = ['{URL}/login']\n")
    said = items({})
    assert "Mestral checks them" in said["OIDC_USERNAME_SOURCE"]["message"]
    assert "redirect_uri" not in said
    (tmp_path / "mestral.toml").write_text(ISSUER.replace("https", "http"))
    assert items({})["issuer"]["verdict"] == "unsafe"
