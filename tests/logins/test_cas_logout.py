"""Requests to end a session of CAS: what they need, and what they may not be (contract/AUTH.md B12, B27).

Those that real servers send are in `test_cas_servers`.
"""

import time
from collections.abc import Iterator

import httpx2
import pytest
from tests.logins.browser import Browser
from tests.logins.hostile_cas import USER, Cas, hostile, success


@pytest.fixture(scope="module")
def cas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cas]:
    with hostile(tmp_path_factory.mktemp("logout")) as cas:
        yield cas


def form(xml: str) -> dict[str, str]:
    return {"logoutRequest": xml}


LOGOUT = (
    '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="1" Version="2.0">'
    "<samlp:SessionIndex>{}</samlp:SessionIndex></samlp:LogoutRequest>"
)


def test_a_logout_needs_the_ticket(cas: Cas) -> None:
    cas.says(success(USER))
    token = cas.log_in().json()["token"]

    def logged_in() -> bool:
        answered = httpx2.get(f"{cas.site.url}/v4/auth/verify-token", headers={"Authorization": token})
        return answered.status_code == 200

    url = f"{cas.site.url}/v4/auth/cas/callback"
    for other in ("ST-2", "alice", "*", "%"):
        assert httpx2.post(url, data=form(LOGOUT.format(other))).status_code == 204
    assert logged_in()
    assert httpx2.post(url, data=form(LOGOUT.format("ST-1+&amp;"))).status_code == 204
    deadline = time.monotonic() + 60
    while logged_in():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param({}, 422, id="nothing"),
        pytest.param(form("x"), 422, id="no XML"),
        pytest.param(form("<!DOCTYPE x []>" + LOGOUT.format("ST-1")), 422, id="DTD"),
        pytest.param(form('<!DOCTYPE x [<!ENTITY e "ST-1">]>' + LOGOUT.format("&e;")), 422, id="entity"),
        pytest.param(form(LOGOUT.format("")), 422, id="no session"),
        pytest.param(form(LOGOUT.format("a</samlp:SessionIndex><samlp:SessionIndex>b")), 422, id="two"),
        pytest.param(form(LOGOUT.format("ST-1").replace("2.0:p", "1.0:p")), 422, id="namespace"),
        pytest.param({str(n): "x" for n in range(100)}, 422, id="many fields"),
        pytest.param(form(LOGOUT.format("x" * 100_000)), 413, id="large"),
    ],
)
def test_a_logout_that_is_none_is_refused(cas: Cas, data: dict[str, str], status: int) -> None:
    answered = httpx2.post(f"{cas.site.url}/v4/auth/cas/callback", data=data)
    assert answered.status_code == status
    assert answered.json()["error"] is True


def test_inventing_tickets_to_end_is_limited(cas: Cas) -> None:
    with Browser() as browser:
        url = f"{cas.site.url}/v4/auth/cas/callback"
        statuses = [browser.post(url, form(LOGOUT.format(n))).status_code for n in range(100)]
    assert statuses[0] == 204
    assert statuses[-1] == 429
