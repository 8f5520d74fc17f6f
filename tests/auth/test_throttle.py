"""Rate limits on logins and on tokens that fail (contract/AUTH.md B22), over real sockets where addresses or
several fronts matter."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import insert, select
from tests.auth.doors import Makes, begin, by_gate, by_maze
from tests.auth.test_audit import prepare
from tests.postgres import Postgres
from tests.probe import SECRET_KEY, SECRET_TOKEN, ask, serving

from mestral.auth import throttle
from mestral.auth.throttle import network_of
from mestral.database.tables import attempts

DOORS = '[plugins.objects]\ndoors = "tests.auth.doors:plugin"\n'
NO_TOKEN = {"Authorization": "Bearer nonsense"}
Address = tuple[str, int]


def in_one_minute(scenario: Callable[[str], None]) -> None:
    """Run it with the beginning of addresses that are new; again when a new minute began meanwhile."""
    for number in range(5):
        minute = time.time() // 60
        try:
            scenario(f"10.{number}.0.")
        except AssertionError:
            if time.time() // 60 == minute:
                raise
        else:
            return
    raise AssertionError("no scenario fits into a minute here")


def refuse(answer: Any) -> None:
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    body = answer.json()
    assert (body["error"], body["code"]) == (True, "too_many_requests")
    assert body["error_message"].startswith("Too many attempts: try again in ")


def log_in(address: Address, client: str, user: str = "bob", password: str = "wrong") -> int:
    headers = {"Content-Type": "application/json", "X-Forwarded-For": client}
    body = json.dumps({"username": user, "password": password})
    return ask(address, "POST", "/v4/auth/gate/login", headers, body)[0]


def show_token(address: Address, client: str, token: str = "nonsense") -> int:
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": client}
    return ask(address, "GET", "/v4/auth/verify-token", headers)[0]


# -- one front -----------------------------------------------------------------------------------------------


def test_every_step_of_a_login_is_limited(make_doors: Makes) -> None:
    def scenario(_: str) -> None:
        client = make_doors(auth__logins_per_minute=3)
        client.app.state.platform.database.work(lambda c: c.execute(attempts.delete()) and None, writes=True)
        exchange = {"code": "x", "code_verifier": "v" * 43}
        assert [by_maze(client, "bob").status_code for _turn in range(3)] == [200] * 3
        refuse(begin(client)[0])
        refuse(by_gate(client, "bob"))
        refuse(client.get("/v4/auth/maze/callback", params={"state": "x", "code": "bob"}))
        assert [client.post("/v4/auth/exchange", json=exchange).status_code for _turn in range(3)] == [
            401
        ] * 3
        refuse(client.post("/v4/auth/exchange", json=exchange))
        assert client.get("/v4/auth/providers").status_code == 200

    in_one_minute(scenario)


def test_tokens_that_fail_are_limited_and_others_are_not_refused_for_them(make_doors: Makes) -> None:
    def scenario(_: str) -> None:
        client = make_doors(
            auth__token_failures_per_minute=3,
            auth__secret_token=SECRET_TOKEN,
            auth__admins=["secret-token:User"],
            auth__protection_level="WRITEONLY",
        )
        client.app.state.platform.database.work(lambda c: c.execute(attempts.delete()) and None, writes=True)
        claims = {"user_id": "alice", "exp": int(time.time()) - 60}
        expired = {"Authorization": f"Bearer {jwt.encode(claims, SECRET_KEY, 'HS256')}"}
        make, check = "/x/doors/make", "/v4/auth/verify-token"
        for _turn in range(10):  # neither no token nor one that only expired is anybody's guess
            assert client.post(make, headers=expired).json()["error_message"] == "Expired token"
            assert client.get(check).status_code == 401
        assert client.post(make, headers=NO_TOKEN).status_code == 401
        assert client.get(check, headers=NO_TOKEN).status_code == 401
        assert client.get("/v4/auth/providers", headers=NO_TOKEN).status_code == 200  # open, and counted
        refuse(client.post(make, headers=NO_TOKEN))
        refuse(client.get(check, headers=NO_TOKEN))
        refuse(client.post("/v3/tokentest", headers=NO_TOKEN))
        assert client.get("/v4/auth/providers", headers=NO_TOKEN).status_code == 200
        assert client.post(make, headers=expired).status_code == 401
        valid = {"Authorization": f"Bearer {SECRET_TOKEN}"}
        assert client.post(make, headers=valid).status_code == 200
        assert client.get(check, headers=valid).status_code == 200
        assert by_gate(client, "bob").status_code == 200

    in_one_minute(scenario)


def test_what_is_counted_is_gone_when_its_minute_is_over(
    make_doors: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_doors(auth__logins_per_minute=1)
    database = client.app.state.platform.database
    clock = [1_800_000_000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    old = {"kind": "login", "client": "10.9.9.9", "began": 1_700_000_000, "count": 5}
    database.work(lambda c: c.execute(insert(attempts).values(old)) and None, writes=True)
    assert [by_gate(client, name).status_code for name in ("a", "b", "c")] == [200, 429, 429]
    clients = database.work(lambda c: {row.client for row in c.execute(select(attempts))})
    assert "10.9.9.9" not in clients
    clock[0] += 60
    assert [by_gate(client, name).status_code for name in ("a", "b")] == [200, 429]


def test_what_is_remembered_is_bounded(make_doors: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_REMEMBERED", 0)

    def scenario(_: str) -> None:
        client = make_doors(auth__logins_per_minute=1)
        client.app.state.platform.database.work(lambda c: c.execute(attempts.delete()) and None, writes=True)
        assert [by_gate(client, "bob").status_code for _ in range(4)] == [200, 429, 429, 429]

    in_one_minute(scenario)


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("-", "-"),
        ("?", "?"),
    ],
)
def test_addresses_that_one_client_has_count_as_one(client: str, counted: str) -> None:
    assert network_of(client) == counted


# -- several fronts, and proxies -----------------------------------------------------------------------------


@contextlib.contextmanager
def two_fronts(folder: Path, more: str = "", database: str = "") -> Iterator[tuple[Address, Address]]:
    config = f"logins_per_minute = 4\ntoken_failures_per_minute = 4\n{more}{database}{DOORS}"
    keywords: dict[str, Any] = {"config": config, "only": ("probe", "doors")}
    with serving(folder, **keywords) as one, serving(folder, name="other.txt", **keywords) as other:
        yield one.address(), other.address()


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_fronts_count_together(tmp_path: Path, request: pytest.FixtureRequest, where: str) -> None:
    database = ""
    if where == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.new_database())
        prepare(url)
        database = f'[database]\nurl = "{url}"\n'
    with two_fronts(tmp_path, database=database) as (one, other):

        def scenario(net: str) -> None:
            turns = (one, other) * 3
            assert [log_in(front, f"{net}1") for front in turns] == [401] * 4 + [429] * 2
            assert [show_token(front, f"{net}1") for front in turns] == [401] * 4 + [429] * 2
            assert [show_token(front, f"{net}1", SECRET_TOKEN) for front in (one, other)] == [200, 200]
            assert log_in(one, f"{net}2", user=f"zoe{net}") == 401  # another address

        in_one_minute(scenario)


def test_one_user_name_is_counted_over_all_addresses(tmp_path: Path) -> None:
    with two_fronts(tmp_path) as (one, other):

        def scenario(net: str) -> None:
            tried = [
                log_in(front, f"{net}{n}", user=f"bob{net}") for n, front in enumerate((one, other) * 3, 1)
            ]
            assert tried == [401] * 4 + [429] * 2
            assert log_in(one, f"{net}9", user=f"zoe{net}") == 401

        in_one_minute(scenario)


def test_behind_a_proxy_the_client_counts_where_the_proxy_is_trusted(tmp_path: Path) -> None:
    with two_fronts(tmp_path) as (one, _):

        def trusted(net: str) -> None:
            for n in range(1, 9):
                assert show_token(one, f"{net}{n}") == 401
            v6 = [show_token(one, f"2001:db8:{net[3]}::{n}") for n in range(1, 6)]
            assert v6 == [401] * 4 + [429]
            assert show_token(one, f"2001:db8:{net[3]}:1::1") == 401

        in_one_minute(trusted)


def test_behind_a_proxy_that_is_not_trusted_nobody_names_an_address(tmp_path: Path) -> None:
    with serving(
        tmp_path, config='token_failures_per_minute = 4\n[server]\nforwarded_allow_ips = "10.9.9.9"\n'
    ) as server:
        address = server.address()
        statuses = [show_token(address, f"10.0.0.{n}") for n in range(1, 12)]
    # A new minute may begin on the way: it starts to count again, once.
    assert statuses[:4] == [401] * 4
    assert 429 in statuses
