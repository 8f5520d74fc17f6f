"""Tokens that people manage: scopes, an end, last use, revoking, logging out (AUTH.md B11, B12, B25)."""

import hashlib
import sqlite3
import string
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.auth.kinds import bearer, legacy, login, personal, static
from tests.http.conftest import Client, MakeClient
from tests.postgres import Postgres
from tests.probe import probe_settings

from mestral.auth.personal import MOST
from mestral.database.engine import Database
from mestral.database.migrations import CORE_OWNER, upgrade

READ = ("GET", "/x/probe/items/a")
OPERATE = ("GET", "/x/probe/operate")


@pytest.fixture(params=["sqlite", "postgres"])
def any_client(request: pytest.FixtureRequest, make_client: MakeClient, tmp_path: Path) -> Iterator[Client]:
    if request.param == "sqlite":
        yield make_client()
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.url(server.new_database())
    with closing(Database(probe_settings(tmp_path, database__url=url))) as database:
        upgrade(database, [CORE_OWNER])
    yield make_client(database__url=url)


def status(client: Client, headers: dict[str, str], what: tuple[str, str] = READ) -> int:
    return client.request(*what, headers=headers).status_code


def until(good: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_made_listed_used_revoked(any_client: Client) -> None:
    client = any_client
    alice, bob = login(client, "alice"), login(client, "bob")
    before = int(time.time())
    made = client.post("/v4/auth/tokens", headers=alice, json={"name": "nightly"})
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    token = made.json()
    assert set(token) == {"id", "name", "scopes", "created", "expires", "used", "revoked", "token"}
    assert (token["name"], token["scopes"]) == ("nightly", ["read"])
    assert (token["used"], token["revoked"]) == (None, None)
    created, expires = (datetime.fromisoformat(token[key]) for key in ("created", "expires"))
    assert expires - created == timedelta(days=30)
    assert before <= created.timestamp() <= time.time()
    text = token.pop("token")
    assert text.startswith("mst_") and len(text) == 47

    me = client.get("/x/probe/me", headers=bearer(text))
    assert me.json() == {"me": "local:alice"}
    verified = client.get("/v4/auth/verify-token", headers=bearer(text)).json()
    assert verified == {"authenticated": True, "user": "alice A."}

    def listed(of: dict[str, str]) -> list[dict[str, Any]]:
        answer = client.get("/v4/auth/tokens", headers=of)
        assert text not in answer.text
        tokens: list[dict[str, Any]] = answer.json()["tokens"]
        return tokens

    until(lambda: listed(alice)[0]["used"] is not None)
    assert [{**one, "used": None} for one in listed(alice)] == [token]
    assert listed(bob) == []

    path = f"/v4/auth/tokens/{token['id']}"
    assert client.delete(path, headers=bob).status_code == 404
    assert status(client, bearer(text)) == 200
    assert client.delete(path, headers=alice).json()["revoked"] is not None
    assert status(client, bearer(text)) == 401
    assert client.delete(path, headers=alice).status_code == 200  # twice is once
    assert listed(alice)[0]["revoked"] is not None
    assert client.delete("/v4/auth/tokens/nonsense", headers=alice).status_code == 404


def test_text_is_kept_nowhere(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    text = personal(client, login(client))["Authorization"].removeprefix("Bearer ")
    client.get(READ[1], headers=bearer(text))
    for file in (tmp_path / "state").iterdir():
        if file.is_file():
            assert text.encode() not in file.read_bytes()
    with closing(sqlite3.connect(tmp_path / "state" / "mestral.db")) as database:
        assert database.execute("SELECT digest FROM mestral_token").fetchone() == (
            hashlib.sha256(text.encode()).hexdigest(),
        )


@pytest.mark.parametrize(
    ("scopes", "read", "operate"),
    [(("read",), 200, 403), (("operate",), 403, 200), (("read", "operate"), 200, 200)],
)
def test_scopes(client: Client, scopes: tuple[str, ...], read: int, operate: int) -> None:
    headers = personal(client, login(client, f"scoped-{'-'.join(scopes)}"), *scopes)
    assert (status(client, headers, READ), status(client, headers, OPERATE)) == (read, operate)


def test_token_that_lacks_a_scope_is_told_which(client: Client) -> None:
    headers = personal(client, login(client, "scoped"))
    answer = client.request(*OPERATE, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="mestral", error="insufficient_scope", scope="operate"'
    )
    answer = client.post(
        "/v4/user-settings/preferred-username", headers=headers, json={"preferred_username": "a"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_scope_of_a_login_is_everything_and_of_an_open_route_nothing(make_client: MakeClient) -> None:
    client = make_client(auth__protection_level="NONE")
    assert status(client, personal(client, login(client)), OPERATE) == 200
    assert status(client, login(client), OPERATE) == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["admin"]}, "scopes"),
        ({"name": "x", "days": 0}, "days"),
        ({"name": "x", "days": -1}, "days"),
        ({"name": "x", "days": 91}, "from 1 to 90 (auth.personal_token_days)"),
        ({"name": "x", "days": 10**30}, "days"),
        ({"name": "x", "days": 1.5}, "days"),
    ],
)
def test_what_cannot_be_made(client: Client, body: dict[str, Any], says: str) -> None:
    answer = client.post("/v4/auth/tokens", headers=login(client, "clumsy"), json=body)
    assert (answer.status_code, says in answer.json()["error_message"]) == (422, True), answer.text
    assert client.get("/v4/auth/tokens", headers=login(client, "clumsy")).json() == {"tokens": []}


def test_only_who_logged_in_manages_tokens(client: Client) -> None:
    owner = login(client, "owner")
    mine = personal(client, owner, "read", "operate")
    id_ = client.get("/v4/auth/tokens", headers=owner).json()["tokens"][0]["id"]
    for headers, code in ((mine, 403), (static(), 403), ({}, 401), (bearer("x"), 401)):
        assert client.get("/v4/auth/tokens", headers=headers).status_code == code
        assert client.post("/v4/auth/tokens", headers=headers, json={"name": "x"}).status_code == code
        assert client.delete(f"/v4/auth/tokens/{id_}", headers=headers).status_code == code
    assert status(client, mine) == 200
    assert personal(client, legacy())  # of Autosubmit API: somebody logged in there


def test_nobody_has_too_many(client: Client) -> None:
    owner = login(client, "collector")
    for _ in range(MOST):
        personal(client, owner)
    answer = client.post("/v4/auth/tokens", headers=owner, json={"name": "one more"})
    assert (answer.status_code, "revoke one first" in answer.json()["error_message"]) == (409, True)
    assert personal(client, login(client, "somebody-else"))


def test_expired_token_says_so_and_is_gone_from_the_list(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    headers = personal(client, login(client))
    with closing(sqlite3.connect(tmp_path / "state" / "mestral.db")) as database:
        database.execute("UPDATE mestral_token SET expires = ?", (int(time.time()) - 1,))
        database.commit()
    answer = client.request(*READ, headers=headers)
    assert (answer.status_code, answer.json()["error_message"]) == (401, "Expired token")
    assert client.get("/v4/auth/tokens", headers=login(client)).json() == {"tokens": []}


def test_longest_lifetime_is_configured(make_client: MakeClient) -> None:
    client = make_client(auth__personal_token_days=7)
    made = client.post("/v4/auth/tokens", headers=login(client), json={"name": "x"}).json()
    created, expires = (datetime.fromisoformat(made[key]) for key in ("created", "expires"))
    assert expires - created == timedelta(days=7)


def test_log_out_ends_the_token_that_was_sent_and_no_other(any_client: Client) -> None:
    client = any_client
    owner = login(client)
    for headers in (login(client), legacy("carol"), personal(client, owner)):
        assert status(client, headers) == 200
        answer = client.post("/v4/auth/logout", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"message": "Logged out"})
        refused = client.request(*READ, headers=headers)
        assert (refused.status_code, refused.json()["error_message"]) == (401, "Unauthorized")
        assert client.post("/v4/auth/logout", headers=headers).status_code == 401
    for headers in (owner, legacy("dave"), static()):
        assert status(client, headers) == 200
    assert client.post("/v4/auth/logout", headers=static()).status_code == 403
    assert client.post("/v4/auth/logout").status_code == 401


def test_other_spellings_of_a_revoked_token_are_revoked_too(client: Client) -> None:
    """A signature may be written with padding; its last letter has bits that mean nothing."""
    for headers in (legacy("mallory"), login(client, "mallory")):
        token = headers["Authorization"].removeprefix("Bearer ")
        letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
        spellings = [f"{token}=", *(token[:-1] + letter for letter in letters)]
        good = [bearer(spelling) for spelling in spellings if status(client, bearer(spelling)) == 200]
        assert {token, f"{token}="} <= {one["Authorization"].split()[1] for one in good}
        assert client.post("/v4/auth/logout", headers=headers).status_code == 200
        assert [status(client, one) for one in [*good, bearer(f"  {token} ")]] == [401] * (len(good) + 1)


def test_what_happened_to_tokens_is_in_the_audit_log(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    owner = login(client)
    made = client.post("/v4/auth/tokens", headers=owner, json={"name": "x", "scopes": ["operate"]}).json()
    client.delete(f"/v4/auth/tokens/{made['id']}", headers=owner)
    client.post("/v4/auth/logout", headers=owner)
    with closing(sqlite3.connect(tmp_path / "state" / "mestral.db")) as database:
        rows = database.execute("SELECT action, result, who, target, detail FROM mestral_audit").fetchall()
    assert rows == [
        ("token.create", "ok", "local:alice", made["id"], "scopes operate, 30 days"),
        ("token.revoke", "ok", "local:alice", made["id"], ""),
        ("logout", "ok", "local:alice", "local", ""),
    ]


def test_token_of_a_login_that_is_in_use_no_more(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    assert status(client, login(client, provider="cas")) == 401
    headers = personal(client, legacy())
    assert status(client, headers) == 200
    later = make_client(auth__legacy_tokens=False)
    assert status(later, headers) == 401
    assert status(later, legacy()) == 401
