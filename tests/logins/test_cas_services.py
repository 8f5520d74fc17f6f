"""Which pages may have visitors logged in by CAS: look-alikes, this server, those of the rc file.

contract/AUTH.md A6, A7, B6, B7, B10, C5.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from tests.logins.browser import Browser
from tests.logins.serving import Site, serving_logins

CAS = "https://cas.example.org/cas/"
"""Nobody is there: no test goes that far."""

CLIENTS = ["https://gui.example.org/app/", "https://other.example.org:8443", "http://plain.example.org/a/b"]

ALLOWED = [
    "https://gui.example.org/app/",
    "https://gui.example.org/app",
    "https://gui.example.org/app/login",
    "https://gui.example.org/app/login?next=%2Fx",
    "HTTPS://GUI.EXAMPLE.ORG/app/login",
    "https://gui.example.org:443/app/login",
    "https://other.example.org:8443",
    "https://other.example.org:8443/anything",
    "http://plain.example.org:80/a/b",
]

LOOK_ALIKES = [
    "https://gui.example.org.evil.org/app/",
    "https://gui.example.org@evil.org/app/",
    "https://gui.example.org:443@evil.org/app/",
    "https://user@gui.example.org/app/",
    "https://evil.org/?x=https://gui.example.org/app/",
    "https://evil.org/#https://gui.example.org/app/",
    "https://gui.example.org/app/#@evil.org/",
    "https://evil.org/https://gui.example.org/app/",
    "https://evilgui.example.org/app/",
    "https://gui.example.org:8443/app/",
    "https://gui.example.org:/app/",
    "https://gui.example.org:443443/app/",
    "https://other.example.org/",
    "http://gui.example.org/app/",
    "ftp://gui.example.org/app/",
    "//gui.example.org/app/",
    "javascript://gui.example.org/app/",
    "https:gui.example.org/app/",
    "https:///gui.example.org/app/",
    "https://gui.example.org./app/",
    "https://gui.example.org%2eevil.org/app/",
    "https://gui.example.org/App/",
    "https://gui.example.org/application/",
    "https://gui.example.org/app/../evil",
    "https://gui.example.org/app/%2e%2e/evil",
    "https://gui.example.org/app/%2E%2E%2Fevil",
    "https://gui.example.org/./app/",
    "https://gui.example.org/",
    "https://gui.example.org\\@evil.org/app/",
    "https://evil.org\\gui.example.org/app/",
    "https://gui.example.org/app/\\..\\..\\evil",
    "https://gui.example.org/app/%5c..%5cevil",
    "https://gui.example.org/app/\tlogin",
    "https://gui.example.org/app/\nlogin",
    " https://gui.example.org/app/",
    "https://gui.example.org\x00.evil.org/app/",
    "https://gu\u0456.example.org/app/",
    "https://gui\u3002example.org/app/",
    "https://\uff47ui.example.org/app/",
    "https://xn--gu-gmb.example.org/app/",
    "https://[gui.example.org]/app/",
    "gui.example.org/app/",
    "*",
]

NOT_SERVICE = (
    "Your service is not authorized for this operation. The API admin needs to add your URL to the list of "
    "allowed clients."
)
NOT_CLIENT = NOT_SERVICE.replace("service", "client")


def refused(message: str) -> tuple[int, dict[str, object]]:
    return 401, {"authenticated": False, "user": None, "token": None, "message": message}


def ask(url: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Ask without going where the answer sends, from an address of its own, so that no rate limit is met."""
    with Browser() as browser:
        return browser.visit(url, until="", headers=headers)


def v4(site: Site, service: str, more: str = "") -> httpx2.Response:
    return ask(f"{site.url}/v4/auth/cas/v2/login?service={quote(service, safe='')}{more}")


def v3(site: Site, referer: str | None, env: str | None = "x", more: str = "") -> httpx2.Response:
    query = "" if env is None else f"env={quote(env, safe='')}"
    headers = {} if referer is None else {"Referer": referer}
    return ask(f"{site.url}/v3/login?{query}{more}", headers)


def service_of(answer: httpx2.Response) -> str:
    """The page to which CAS would send the ticket."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith(f"{CAS}login?service=")
    assert location.count("?") == 1
    assert "&" not in location, "the service is encoded"
    (service,) = parse_qs(urlsplit(location).query)["service"]
    return service


def config(*clients: str, rc_file: Path | None = None, auth: str = "") -> str:
    """A mestral.toml with these clients, and those of an rc file if there is one."""
    plugins, experiments = '"auth_cas"', ""
    if rc_file is not None:
        plugins, experiments = '"auth_cas", "experiments"', f'[plugins.experiments]\nrc_file = "{rc_file}"\n'
    return (
        f"[plugins]\nonly = [{plugins}]\n{experiments}"
        f'[plugins.auth_cas]\nserver_url = "{CAS}"\n'
        f"[auth]\nclients = {list(clients)}\n{auth}"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving_logins(tmp_path_factory.mktemp("services"), config(*CLIENTS)) as site:
        yield site


@pytest.mark.parametrize("service", ALLOWED)
def test_v4_sends_to_cas_for_an_allowed_client_and_what_is_below(site: Site, service: str) -> None:
    assert service_of(v4(site, service)) == service


@pytest.mark.parametrize("service", LOOK_ALIKES)
def test_v4_refuses_look_alikes_with_and_without_a_ticket(site: Site, service: str) -> None:
    for more in ("", "&ticket=ST-1"):
        answer = v4(site, service, more)
        assert (answer.status_code, answer.json()) == refused(NOT_SERVICE)


@pytest.mark.parametrize(
    ("referer", "service"),
    [
        ("https://gui.example.org/app/login", "https://gui.example.org/app/x/login"),
        ("https://gui.example.org/app", "https://gui.example.org/app/x/login"),
        ("https://GUI.example.org:443/app/?y=1", "https://gui.example.org/app/x/login"),
        ("https://other.example.org:8443/", "https://other.example.org:8443/x/login"),
    ],
)
def test_v3_sends_to_cas_for_the_client_that_the_referer_is_below(
    site: Site, referer: str, service: str
) -> None:
    assert service_of(v3(site, referer)) == service


@pytest.mark.parametrize("referer", [one for one in LOOK_ALIKES if re.fullmatch("[!-~]+", one)])
def test_v3_refuses_referers_that_look_alike(site: Site, referer: str) -> None:
    for more in ("", "&ticket=ST-1"):
        answer = v3(site, referer, more=more)
        assert (answer.status_code, answer.json()) == refused(NOT_CLIENT)


def test_v3_without_a_referer_is_refused(site: Site) -> None:
    for more in ("", "&ticket=ST-1"):
        answer = v3(site, None, more=more)
        assert (answer.status_code, answer.json()) == refused(NOT_CLIENT)


@pytest.mark.parametrize(
    "env", ["../evil", "%2e%2e/evil", "..", "x/../../evil", "\\evil", "x#y", "x y", "\u00e9", "x\ny"]
)
def test_v3_refuses_an_env_that_leads_out_of_the_client(site: Site, env: str) -> None:
    answer = v3(site, "https://gui.example.org/app/", env)
    assert (answer.status_code, answer.json()) == refused(NOT_CLIENT)


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ("autosubmitapp", "/autosubmitapp/login"),
        ("/autosubmitapp/", "/autosubmitapp/login"),
        (".evil.org", "/.evil.org/login"),
        ("@evil.org", "/@evil.org/login"),
        (":1", "/:1/login"),
        ("", "/login"),
        (None, "/login"),
    ],
)
def test_v3_puts_an_env_below_the_client_and_never_into_its_name(
    site: Site, env: str | None, path: str
) -> None:
    answer = v3(site, "https://other.example.org:8443/", env)
    assert service_of(answer) == f"https://other.example.org:8443{path}"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80"])
def test_the_host_of_a_request_is_no_service(site: Site, host: str) -> None:
    for more in ("", "?ticket=ST-1"):
        answer = ask(f"{site.url}/v4/auth/cas/v2/login{more}", {"Host": host})
        assert answer.status_code == 503
        assert "server.public_url" in answer.json()["error_message"]
    answer = ask(f"{site.url}/v4/auth/cas/v2/login?service=http://{host}/", {"Host": host})
    assert (answer.status_code, answer.json()) == refused(NOT_SERVICE)


def test_without_a_service_it_is_this_server_as_configured(tmp_path: Path) -> None:
    more = '[server]\npublic_url = "https://api.example.org/mestral"\n'
    with serving_logins(tmp_path, config() + more) as site:
        for given in ("", "?service=", "?service=https://api.example.org/mestral/"):
            answer = ask(f"{site.url}/v4/auth/cas/v2/login{given}", {"Host": "evil.example"})
            assert service_of(answer) == "https://api.example.org/mestral/"
        for service in ("https://api.example.org/", "https://api.example.org/mestral/x"):
            assert v4(site, service).status_code == 401


def test_any_page_is_for_v4_alone_and_for_no_new_login(tmp_path: Path) -> None:
    rc_file = tmp_path / "autosubmitrc"
    rc_file.write_text("[clients]\nauthorized = *\n")
    with serving_logins(tmp_path, config(rc_file=rc_file)) as site:
        page = "https://anywhere.example/x"
        assert service_of(v4(site, page)) == page
        answer = v3(site, page)
        assert (answer.status_code, answer.json()) == refused(NOT_CLIENT)
        start = f"{site.url}/v4/auth/cas/start?return_to={page}&code_challenge={'x' * 43}"
        assert ask(start).status_code == 403


def test_clients_of_the_rc_file_are_those_it_has_now(tmp_path: Path) -> None:
    rc_file = tmp_path / "autosubmitrc"

    def allowed(site: Site) -> list[str]:
        pages = [
            "https://set.example/",
            "https://one.example/x/",
            "https://two.example/y/",
            "https://three.example/",
        ]
        return [page for page in pages if v4(site, page).status_code == 302]

    rc_file.write_text("[clients]\nauthorized = https://one.example/x/ https://two.example/y/ gui.example\n")
    with serving_logins(tmp_path, config("https://set.example/", rc_file=rc_file)) as site:
        assert allowed(site) == ["https://set.example/", "https://one.example/x/", "https://two.example/y/"]
        assert service_of(v3(site, "https://one.example/x/")) == "https://one.example/x/x/login"
        assert v4(site, "https://gui.example/").status_code == 401, "a bare word is no address"
        rc_file.write_text("[clients]\nauthorized = https://three.example/\n")
        assert allowed(site) == ["https://set.example/", "https://three.example/"]
        rc_file.write_text("no section\n")
        assert allowed(site) == ["https://set.example/", "https://three.example/"], "the last good one"
        rc_file.write_text("[local]\n")
        assert allowed(site) == ["https://set.example/"]


def test_of_two_clients_v3_takes_the_one_nearer_to_the_page(tmp_path: Path) -> None:
    with serving_logins(tmp_path, config("https://gui.example/", "https://gui.example/a/")) as site:
        assert service_of(v3(site, "https://gui.example/a/b")) == "https://gui.example/a/x/login"
        assert service_of(v3(site, "https://gui.example/b")) == "https://gui.example/x/login"


def test_logins_of_todays_gui_can_be_switched_off(tmp_path: Path) -> None:
    with serving_logins(tmp_path, config(*CLIENTS, auth="legacy_gui_login = false\n")) as site:
        for more in ("", "&ticket=ST-1"):
            for answer in (v4(site, CLIENTS[0], more), v3(site, CLIENTS[0], more=more)):
                assert answer.status_code == 403
                assert "/v4/auth/cas/start" in answer.json()["error_message"]
        assert ask(f"{site.url}/v4/auth/cas/start").headers["location"].startswith(f"{CAS}login?service=")


def test_the_old_way_is_warned_about_once(site: Site) -> None:
    v4(site, CLIENTS[0])
    v3(site, CLIENTS[0])
    assert site.log.count("auth.legacy_gui_login = false switches it off") == 1
