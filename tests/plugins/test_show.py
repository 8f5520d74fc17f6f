"""`mestral plugins show NAME`."""

import json

from tests.plugins.conftest import Site
from tests.plugins.test_broken_plugins import routes

LOGIN = {
    "GITHUB_OAUTH_CLIENT_ID": "an-id",
    "GITHUB_OAUTH_CLIENT_SECRET": "hush-hush-hush",
    "GITHUB_OAUTH_WHITELIST_ORGANIZATION": "an-organization",
}


def test_settings_are_shown_with_their_origin_and_secrets_masked(site: Site) -> None:
    done = site.run("plugins", "show", "auth_github", "--json", environ=LOGIN)
    assert done.returncode == 0
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(done.stdout)["settings"]}
    assert rows["plugins.auth_github.client_id"] == ("an-id", "environment variable GITHUB_OAUTH_CLIENT_ID")
    assert rows["plugins.auth_github.client_secret"][0] == "********"
    assert rows["plugins.auth_github.allow_any"] == (False, "default")
    text = site.run("plugins", "show", "auth_github", environ=LOGIN).stdout
    assert "plugins.auth_github.client_id = 'an-id'" in text
    assert "hush" not in done.stdout + done.stderr + text


def test_everything_of_a_plugin_is_shown(site: Site) -> None:
    site.add("ticker", routes("ticker", 'route("/now", "ticker.now", Access.OPERATE)'))
    done = site.run("plugins", "show", "ticker", "--json", toml='[plugins]\nenabled = ["ticker"]\n')
    shown = json.loads(done.stdout)
    assert shown["state"] == "active"
    assert shown["distribution"] == "ticker 1.0"
    assert shown["entry_point"] == "ticker:plugin"
    assert shown["manifest"]["requires_api"] == ">=0.1"
    assert shown["hooks"] == ["mestral_routes"]
    (route,) = shown["routes"]
    assert (route["method"], route["path"], route["access"]) == ("GET", "/x/ticker/now", "operate")
    assert {"load", "settings", "hooks", "services", "routes", "assemble"} <= shown["seconds"].keys()


def test_broken_plugin_can_be_shown(site: Site) -> None:
    site.add("broken", "raise ValueError('no luck')\n")
    done = site.run("plugins", "show", "broken", toml='[plugins]\nenabled = ["broken"]\n')
    assert done.returncode == 0
    assert "broken : failed" in done.stdout or "broken: failed" in done.stdout
    assert "no luck" in done.stdout


def test_unknown_name_is_a_usage_error(site: Site) -> None:
    done = site.run("plugins", "show", "experimnts")
    assert done.returncode == 2
    assert "Did you mean experiments?" in done.stderr


def test_logins_wait_for_their_settings(site: Site) -> None:
    waiting = site.plugins()
    for name, variable in (
        ("auth_cas", "CAS_SERVER_URL"),
        ("auth_github", "GITHUB_OAUTH_CLIENT_ID"),
        ("auth_oidc", "OIDC_CLIENT_ID"),
    ):
        assert waiting[name]["state"] == "available"
        assert variable in waiting[name]["reason"]
    given = {
        **LOGIN,
        "CAS_SERVER_URL": "https://cas.example/cas/",
        "MESTRAL_PLUGINS__AUTH_OIDC__ISSUER": "https://oidc.example",
        "OIDC_CLIENT_ID": "an-id",
        "OIDC_CLIENT_SECRET": "a-secret",
    }
    configured = site.plugins(environ=given)
    for name in waiting:
        if name.startswith("auth_"):
            assert (configured[name]["state"], configured[name]["reason"]) == ("active", "")


def test_github_lets_nobody_in_by_default(site: Site) -> None:
    given = {key: value for key, value in LOGIN.items() if "WHITELIST" not in key}
    record = site.plugins(environ=given)["auth_github"]
    assert record["state"] == "available"
    assert "allow_any = true" in record["reason"]


def test_wrong_legacy_variable_is_named(site: Site) -> None:
    record = site.plugins(environ={"CAS_SERVER_URL": "https://cas.example/cas"})["auth_cas"]
    assert record["state"] == "misconfigured"
    assert "CAS_SERVER_URL" in record["reason"]
    assert "must end with a slash" in record["reason"]
