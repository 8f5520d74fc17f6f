"""Login by CAS at two servers that others wrote, by a browser that fills their forms (contract/AUTH.md A)."""

import hashlib
import secrets
import sqlite3
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import jwt
import pytest
from tests.logins.browser import Browser
from tests.logins.serving import Site, serving_logins
from tests.servers.start import cas

GUI = "http://localhost:9/gui/"
"""Nobody is there: the browser is stopped on its way."""

V3 = {"Referer": f"{GUI}autosubmitapp/login"}


class House:
    """A CAS server and a Mestral whose visitors log in there."""

    def __init__(self, flavour: str, folder: Path, server: str, site: Site) -> None:
        self.flavour = flavour
        self.cas = server
        self.site = site
        self._folder = folder

    def ticket(self, browser: Browser, service: str, name: str = "alice") -> str:
        """A ticket for a service, as the server sends it to the page of the GUI."""
        return ticket_in(
            self.log_in(browser, f"{self.cas}login?service={quote(service, safe='')}", service, name)
        )

    def log_in(
        self, browser: Browser, url: str, until: str | None = None, name: str = "alice"
    ) -> httpx2.Response:
        """Open an address that leads to the form of CAS, and fill it."""
        form = browser.visit(url)
        password = {"alice": "wonderland", "bob": "builder"}[name]
        return browser.submit(form, until=until, username=name, password=password)

    def v4(self, service: str, ticket: str) -> httpx2.Response:
        """What the GUI asks when it has got a ticket."""
        with Browser() as gui:
            return gui.visit(
                f"{self.site.url}/v4/auth/cas/v2/login?ticket={ticket}&service={quote(service, safe='')}"
            )

    def v3(self, ticket: str) -> httpx2.Response:
        """The same of the GUI of v3."""
        with Browser() as gui:
            return gui.visit(f"{self.site.url}/v3/login?env=autosubmitapp&ticket={ticket}", headers=V3)

    def age_tickets(self) -> None:
        """Make every ticket of the server an hour older."""
        table, column = {
            "mama": ("mama_cas_serviceticket", "expires"),
            "nitmir": ("cas_server_serviceticket", "creation"),
        }[self.flavour]
        with sqlite3.connect(self._folder / "cas.sqlite3") as database:
            database.execute(f"UPDATE {table} SET {column} = datetime({column}, '-1 hour')")
        database.close()


def ticket_in(answer: httpx2.Response) -> str:
    (ticket,) = parse_qs(urlsplit(answer.headers["location"]).query)["ticket"]
    return ticket


def who(house: House, token: str) -> tuple[int, Any]:
    """Whom Mestral takes for the owner of a token."""
    answer = httpx2.get(f"{house.site.url}/v4/auth/verify-token", headers={"Authorization": token})
    return answer.status_code, answer.json()["user"]


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})


def refused(message: str) -> tuple[int, dict[str, object]]:
    return 401, {"authenticated": False, "user": None, "token": None, "message": message}


def outcome(answer: httpx2.Response) -> tuple[int, dict[str, object]]:
    return answer.status_code, answer.json()


@pytest.fixture(scope="module", params=["mama", "nitmir"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(request.param)
    with cas(folder, request.param) as server:
        config = (
            f'[plugins]\nonly = ["auth_cas"]\n[auth]\nclients = ["{GUI}"]\n'
            f'[plugins.auth_cas]\nserver_url = "{server}"\ngroups_attribute = "groups"\n'
        )
        with serving_logins(folder, config) as site:
            yield House(request.param, folder, server, site)


def test_log_in_at_mestral_and_get_a_token(house: House) -> None:
    with Browser() as browser:
        answer = house.log_in(browser, f"{house.site.url}/v4/auth/cas/start")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert {key: body[key] for key in ("authenticated", "user", "message")} == {
            "authenticated": True, "user": "alice", "message": "Token generated",
        }  # fmt: skip
        assert who(house, body["token"]) == (200, "alice")
        found = claims(body["token"])
        assert (found["provider"], found["sub"], found["user_id"]) == ("cas", "alice", "alice")
        assert set(found["groups"]) == {"earth", "climate"}
        assert not [name for name in browser.cookies if name.startswith("mestral_")], "the attempt is over"
        again = browser.visit(f"{house.site.url}/v4/auth/cas/start")
        assert again.json()["user"] == "alice", "by the session at the CAS server, without its form"


def test_who_has_no_groups_logs_in_too(house: House) -> None:
    with Browser() as browser:
        answer = house.log_in(browser, f"{house.site.url}/v4/auth/cas/start", name="bob")
    assert answer.json()["user"] == "bob"
    assert claims(answer.json()["token"])["groups"] == []


def test_a_page_that_began_the_login_gets_a_code_that_it_alone_can_exchange(house: House) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    start = f"{house.site.url}/v4/auth/cas/start?return_to={GUI}login&code_challenge={challenge}"
    with Browser() as browser:
        back = house.log_in(browser, start, until=GUI)
    (code,) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
    answer = httpx2.post(f"{house.site.url}/v4/auth/exchange", json={"code": code, "code_verifier": verifier})
    assert who(house, answer.json()["token"]) == (200, "alice")


def test_v4_login_of_the_gui(house: House) -> None:
    service = f"{GUI}login"
    with Browser() as browser:
        sent = browser.visit(f"{house.site.url}/v4/auth/cas/v2/login?service={service}", until=house.cas)
        assert sent.status_code == 302
        assert (
            sent.headers["location"] == f"{house.cas}login?service=http%3A%2F%2Flocalhost%3A9%2Fgui%2Flogin"
        )
        ticket = ticket_in(house.log_in(browser, sent.headers["location"], GUI))
    answer = house.v4(service, ticket)
    token = answer.json()["token"]
    assert outcome(answer) == (
        200,
        {"authenticated": True, "user": "alice", "token": token, "message": "Token generated"},
    )
    assert token.startswith("Bearer ")
    assert who(house, token) == (200, "alice")
    assert answer.headers["cache-control"] == "no-store"


def test_v3_login_of_the_gui(house: House) -> None:
    with Browser() as browser:
        url = f"{house.site.url}/v3/login?env=autosubmitapp"
        sent = browser.visit(url, until=house.cas, headers=V3)
        assert sent.status_code == 302
        service = quote(f"{GUI}autosubmitapp/login", safe="")
        assert sent.headers["location"] == f"{house.cas}login?service={service}"
        ticket = ticket_in(house.log_in(browser, sent.headers["location"], GUI))
    answer = house.v3(ticket)
    token = answer.json()["token"]
    assert outcome(answer) == (
        200,
        {"authenticated": True, "user": "alice", "token": token, "message": "Token generated."},
    )
    assert who(house, token) == (200, "alice")


def test_a_ticket_counts_once(house: House) -> None:
    with Browser() as browser:
        ticket = house.ticket(browser, f"{GUI}autosubmitapp/login")
    assert house.v4(f"{GUI}autosubmitapp/login", ticket).status_code == 200
    assert outcome(house.v4(f"{GUI}autosubmitapp/login", ticket)) == refused("Can't verify user")
    assert outcome(house.v3(ticket)) == refused("Can't verify user.")


def test_a_ticket_counts_for_the_service_that_it_was_given_for(house: House) -> None:
    with Browser() as browser:
        ticket = house.ticket(browser, "http://127.0.0.1:9/of/somebody/else")
    assert outcome(house.v4(f"{GUI}login", ticket)) == refused("Can't verify user")
    with Browser() as browser:
        ticket = house.ticket(browser, f"{GUI}other/login")
    assert outcome(house.v3(ticket)) == refused("Can't verify user.")


def test_a_ticket_expires(house: House) -> None:
    with Browser() as browser:
        ticket = house.ticket(browser, f"{GUI}login")
    house.age_tickets()
    assert outcome(house.v4(f"{GUI}login", ticket)) == refused("Can't verify user")


@pytest.mark.parametrize("ticket", ["ST-none", "PT-1", "ST-1%26service=x", "%00", "%FF", "ST-" + "x" * 2000])
def test_an_invented_ticket_is_refused(house: House, ticket: str) -> None:
    assert outcome(house.v4(f"{GUI}login", ticket)) == refused("Can't verify user")


def test_a_login_ends_in_the_browser_that_began_it(house: House) -> None:
    """Login CSRF: somebody sends the way back of a login of their own to another person."""
    with Browser() as attacker, Browser() as victim:
        callback = f"{house.site.url}/v4/auth/cas/callback"
        back = house.log_in(attacker, f"{house.site.url}/v4/auth/cas/start", until=callback)
        prepared = back.headers["location"]
        message = "The login took too long, or was begun in another browser: begin again."
        assert outcome(victim.visit(prepared)) == refused(message)
        begun = victim.visit(f"{house.site.url}/v4/auth/cas/start")
        assert "password" in begun.text, "the victim has an attempt of its own under way"
        assert outcome(victim.visit(prepared)) == refused(message)
        assert attacker.visit(prepared).json()["user"] == "alice"
        assert attacker.visit(prepared).status_code == 401, "a way back is gone once"


def test_a_ticket_of_another_attempt_is_refused_by_a_server_that_compares_queries(house: House) -> None:
    """A stolen ticket, put into an attempt of the thief; `mama` leaves queries out when it compares."""
    callback = f"{house.site.url}/v4/auth/cas/callback"
    with Browser() as victim, Browser() as thief:
        stolen = ticket_in(house.log_in(victim, f"{house.site.url}/v4/auth/cas/start", until=callback))
        own = house.log_in(thief, f"{house.site.url}/v4/auth/cas/start", until=callback, name="bob")
        mixed = own.headers["location"].replace(ticket_in(own), stolen)
        answer = thief.visit(mixed)
    expected = {"mama": (200, "alice"), "nitmir": (401, None)}[house.flavour]
    assert (answer.status_code, answer.json()["user"]) == expected


def test_the_way_back_without_a_ticket_is_refused(house: House) -> None:
    with Browser() as browser:
        sent = browser.visit(f"{house.site.url}/v4/auth/cas/start", until=house.cas)
        (service,) = parse_qs(urlsplit(sent.headers["location"]).query)["service"]
        assert outcome(browser.visit(service)) == refused("Can't verify user")


def test_single_logout_ends_the_tokens_of_the_session_and_no_other(house: House) -> None:
    with Browser() as browser, Browser() as other:
        token = house.log_in(browser, f"{house.site.url}/v4/auth/cas/start").json()["token"]
        second = browser.visit(f"{house.site.url}/v4/auth/cas/start").json()["token"]
        of_bob = house.log_in(other, f"{house.site.url}/v4/auth/cas/start", name="bob").json()["token"]
        assert [who(house, one) for one in (token, second, of_bob)] == [
            (200, "alice"),
            (200, "alice"),
            (200, "bob"),
        ]
        browser.visit(f"{house.cas}logout")
        deadline = time.monotonic() + 60
        while {who(house, token), who(house, second)} != {(401, None)}:
            assert time.monotonic() < deadline, house.site.log
            time.sleep(0.1)
        assert who(house, of_bob) == (200, "bob")


def test_nothing_keeps_a_ticket(house: House) -> None:
    """Neither the log nor the database, the audit log in it included, after logins of every outcome."""
    with Browser() as browser:
        ticket = house.ticket(browser, f"{GUI}login")
    house.v4(f"{GUI}login", ticket)
    house.v4(f"{GUI}login", ticket)
    kept = b"".join(path.read_bytes() for path in house.site.state.rglob("*") if path.is_file())
    assert b"INVALID_TICKET" in kept, "the audit log says why"
    for text in (house.site.log.encode(), kept):
        assert b"cas" in text
        assert ticket.encode() not in text
        assert b"ST-" not in text, text[text.index(b"ST-") - 60 :][:120]
