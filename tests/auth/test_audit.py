"""The audit log: what is in it, what never is, how it is read (contract/AUTH.md B20, B22)."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from tests.auth.doors import PASSWORD, Client, Makes, bearer, by_gate, by_maze, by_proxy
from tests.command import run_mestral
from tests.postgres import Postgres
from tests.probe import SECRET_KEY, ask, serving

from mestral.auth.audit import Audit, Event, Search, find
from mestral.auth.throttle import AUDITED
from mestral.database.engine import Database
from mestral.database.migrations import owners, upgrade


def events(client: Client, **wanted: Any) -> list[Event]:
    """What the database has."""
    found = client.app.state.platform.database.work(lambda c: find(c, Search(**wanted)))
    return list(found)


def brief(client: Client, **wanted: Any) -> list[tuple[str, str, str, str]]:
    return [(event.action, event.result, event.who, event.target) for event in events(client, **wanted)]


def test_logins_refusals_and_faults_are_recorded(make_doors: Makes) -> None:
    client = make_doors(auth__admins=["gate:alice"])
    before = time.time()
    by_maze(client, "7/bob")
    by_gate(client, "bob", "wrong")
    by_maze(client, "down")
    by_gate(client, "raise")
    client.get("/v4/auth/maze/callback", params={"state": "x", "code": "bob"})
    client.post("/v4/auth/exchange", json={"code": "x", "code_verifier": "x" * 43})
    client.post("/x/doors/a000/stop", headers=bearer(by_proxy(client, "carol")))
    client.post("/x/doors/a000/stop", headers=bearer(by_gate(client, "alice")))
    client.post("/x/doors/a000/stop", headers={"Authorization": "Bearer nonsense", "X-Request-ID": "one"})
    client.post("/x/doors/a000/stop")  # no token is no attempt
    assert brief(client) == [
        ("login", "ok", "maze:7", "maze"),
        ("login", "refused", "", "gate"),
        ("login", "failed", "", "maze"),
        ("login", "failed", "", "gate"),
        ("login", "refused", "", "maze"),
        ("login", "refused", "", ""),
        ("login", "ok", "proxy:carol", "proxy"),
        ("operate", "refused", "proxy:carol", "a000"),
        ("login", "ok", "gate:alice", "gate"),
        ("token.refused", "refused", "", ""),
    ]
    found = events(client)
    assert found[0].username == "bob"
    assert found[1].detail == "Wrong user name or password."
    assert found[7].detail == "nothing allows it"
    assert found[-1].request_id == "one"
    assert before <= found[0].at <= found[-1].at <= time.time()


def test_two_people_of_one_name_are_two(make_doors: Makes) -> None:
    client = make_doors(auth__accounts={"gate:1": "anna"})
    by_gate(client, "1/alice")
    by_proxy(client, "alice")
    assert [event.who for event in events(client, who="alice")] == ["gate:1", "proxy:alice"]
    assert [event.who for event in events(client, who="gate:1")] == ["gate:1"]


def test_whoever_is_refused_all_the_time_writes_little(make_doors: Makes) -> None:
    client = make_doors(auth__token_failures_per_minute=1000)
    nobody, carol = {"Authorization": "Bearer nonsense"}, bearer(by_proxy(client, "carol"))
    for _ in range(AUDITED):
        client.get("/v4/auth/verify-token", headers=nobody)
        client.post("/x/doors/a000/stop", headers=carol)
    kept = events(client, result="refused", limit=1000)
    assert AUDITED <= len(kept) <= 2 * AUDITED - 1  # a new minute may have begun on the way
    assert len([event for event in kept if "are not kept" in event.detail]) >= 1
    assert by_proxy(client, "dave").status_code == 200
    assert brief(client)[-1] == ("login", "ok", "proxy:dave", "proxy")  # what is no refusal is always kept


def test_nothing_in_an_event_forges_another(make_doors: Makes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mestral.audit")
    client = make_doors()
    by_maze(client, "refuse")  # the reason has two lines
    carol = bearer(by_proxy(client, "carol"))
    client.post("/x/doors/stop", json={"expid": "a\n\x1b[2J\u202e\x00" + "x" * 5000}, headers=carol)
    texts = [text for event in events(client) for text in vars_of(event).values()]
    assert [text for text in texts if not text.isprintable() or len(text) > 500] == []
    assert events(client)[0].detail == "the provider\\nsaid no"
    assert events(client)[-1].target.startswith("a\\n\\x1b[2J\\u202e\\x00xxx")
    assert all(
        record.getMessage().isprintable() for record in caplog.records if record.name == "mestral.audit"
    )


def vars_of(event: Event) -> dict[str, str]:
    return {name: str(getattr(event, name)) for name in event.__struct_fields__}


def test_old_events_are_taken_out(make_doors: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_doors(audit__days=30)
    platform = client.app.state.platform
    day = 86400
    for age in (31, 29):
        event = Event(at=time.time() - age * day, action="login", result="ok", detail=str(age))
        asyncio.run(platform.audit.keep(event))
    again = Audit(platform.database, platform.throttle, 30)  # another start
    asyncio.run(again.keep(Event(at=time.time(), action="login", result="ok", detail="0")))
    assert [event.detail for event in events(client)] == ["29", "0"]


def test_without_a_database_the_line_is_written_and_tokens_are_refused_as_ever(
    make_doors: Makes, postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mestral.audit")
    name = postgres.new_database()
    url = postgres.url(name)
    settings: dict[str, Any] = {"database__url": url}
    prepare(url)
    client = make_doors(**settings)
    assert by_gate(client, "bob", "wrong").status_code == 401
    carol = bearer(by_proxy(client, "carol"))
    with postgres.connect("postgres") as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
    caplog.clear()
    assert client.post("/x/doors/a000/stop", headers=carol).status_code == 403
    assert client.get("/x/doors/nothing", headers={"Authorization": "Bearer x"}).status_code == 404
    assert client.post("/x/doors/make", headers={"Authorization": "Bearer x"}).status_code == 401
    assert by_gate(client, "bob").status_code == 503
    assert "operate refused who='proxy:carol' target='a000'" in caplog.text
    assert "could not be kept in the database" in caplog.text


def prepare(url: str) -> None:
    """Make core's tables in PostgreSQL, as `mestral db upgrade` does."""
    from mestral.settings import load_settings

    settings = load_settings(environ={"HOME": "/"}, overrides={"database.url": url, "state_dir": "/nowhere"})
    database = Database(settings)
    upgrade(database, owners(()))
    database.close()


# -- no secret in any log ------------------------------------------------------------------------------------

SECRETS = {
    "code": "alice~code-4711",
    "password": PASSWORD,
    "wrong password": "tr0ub4dor-and-3",
    "ticket": "ST-4711-secret-ticket",
    "state": "state-4711",
    "code to exchange": "exchange-4711",
    "verifier": "v" * 20 + "4711" + "v" * 30,
    "token": "bearer-token-4711",
    "name that is a password": "typed-4711-in-the-wrong-field",
}


def test_no_code_ticket_password_or_token_is_in_any_log_or_row(tmp_path: Path) -> None:
    toml = (
        "logins_per_minute = 100\n"
        '[log]\nformat = "json"\nlevel = "DEBUG"\n'
        '[plugins.objects]\ndoors = "tests.auth.doors:deciding"\n'
    )
    with serving(tmp_path, config=toml, only=("probe", "doors")) as server:
        address = server.address()

        def send(method: str, path: str, body: Mapping[str, str] | None = None, **headers: str) -> Any:
            text = json.dumps(body) if body is not None else None
            more = {"Content-Type": "application/json"} if body is not None else {}
            return ask(address, method, path, {**more, **headers}, text)

        status, headers, _ = send("GET", "/v4/auth/maze/start")
        assert status == 302
        cookie = headers["set-cookie"].partition(";")[0]
        found = re.search(r"state=([\w-]+)&nonce=([\w-]+)", headers["location"])
        assert found is not None
        state, nonce = found.groups()
        path = f"/v4/auth/maze/callback?state={state}&code={SECRETS['code']}&ticket={SECRETS['ticket']}"
        status, _, answer = send("GET", path, Cookie=cookie)
        assert status == 200
        token = json.loads(answer)["token"].removeprefix("Bearer ")
        assert send("GET", path, Cookie=cookie)[0] == 401  # replayed
        assert (
            send("GET", f"/v4/auth/maze/callback?state={SECRETS['state']}&code={SECRETS['code']}")[0] == 401
        )
        login, exchange = "/v4/auth/gate/login", "/v4/auth/exchange"
        assert send("POST", login, {"username": "bob", "password": SECRETS["password"]})[0] == 200
        assert send("POST", login, {"username": "bob", "password": SECRETS["wrong password"]})[0] == 401
        assert (
            send("POST", login, {"username": SECRETS["name that is a password"], "password": "x"})[0] == 401
        )
        assert send("POST", login, {"username": "raise", "password": PASSWORD})[0] == 502
        given = {"code": SECRETS["code to exchange"], "code_verifier": SECRETS["verifier"]}
        assert send("POST", exchange, given)[0] == 401
        assert send("POST", exchange, {**given, "code_verifier": "4711"})[0] == 422
        assert send("GET", "/v4/auth/verify-token", Authorization=f"Bearer {SECRETS['token']}")[0] == 401
        assert (
            send("GET", f"/v4/auth/verify-token?token={SECRETS['token']}", Authorization=f"Bearer {token}")[0]
            == 200
        )
        assert send("POST", "/x/doors/a000/stop", Authorization=f"Bearer {token}")[0] == 403
        assert send("POST", "/x/doors/raise/stop", Authorization=f"Bearer {token}")[0] == 403
        log = server.log
    rows = json.dumps([vars_of(event) for event in read(tmp_path / "state" / "mestral.db")])
    everything = {**SECRETS, "real state": state, "nonce": nonce, "cookie": cookie, "real token": token}
    for name, secret in everything.items():
        assert secret not in log, name
        assert secret not in rows, name
    assert "raise-secret" not in log  # the text of an error of a login
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    audited = [record for record in records if record["logger"] == "mestral.audit"]
    assert {"action", "result", "who", "username", "target", "client", "detail", "request_id"} <= audited[
        0
    ].keys()
    assert {record["client"] for record in audited} == {"127.0.0.1"}


def read(file: Path) -> list[Event]:
    with create_engine(f"sqlite:///{file}").connect() as connection:
        return list(find(connection, Search(limit=1000)))


# -- mestral audit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_the_command_shows_what_is_asked_for(
    make_doors: Makes, request: pytest.FixtureRequest, where: str
) -> None:
    folder = make_doors.folder
    settings: dict[str, Any] = {}
    toml = f'state_dir = "{folder}/state"\n[auth]\nsecret_key = "{SECRET_KEY}"\n'
    if where == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        settings["database__url"] = server.url(server.new_database())
        prepare(settings["database__url"])
        toml += f'[database]\nurl = "{settings["database__url"]}"\n'
    client = make_doors(**settings)
    by_gate(client, "1/bob")
    by_gate(client, "bob", "wrong")
    by_maze(client, "zoe")
    client.post("/x/doors/a000/stop", headers=bearer(by_proxy(client, "carol")))
    config = folder / "asked.toml"
    config.write_text(toml)

    def audit(*arguments: str) -> list[dict[str, Any]]:
        done = run_mestral(folder, "--config", str(config), "audit", "--json", *arguments, environ={})
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    assert [event["result"] for event in audit()] == ["ok", "refused", "ok", "ok", "refused"]
    assert [event["who"] for event in audit("--who", "bob")] == ["gate:1"]
    assert [event["target"] for event in audit("--action", "operate")] == ["a000"]
    assert [event["target"] for event in audit("--result", "refused", "--target", "gate")] == ["gate"]
    assert [event["who"] for event in audit("--limit", "2")] == ["proxy:carol", "proxy:carol"]
    assert len(audit("--since", "1h")) == 5
    assert audit("--until", "1h") == []
    last = audit()[-1]["at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", last)
    assert audit("--since", "2030-01-31") == []
    shown = run_mestral(folder, "--config", str(config), "audit", environ={})
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["TIME", "ACTION", "RESULT", "WHO", "USER", "TARGET", "CLIENT", "DETAIL"]
    assert len(lines) == 6
    assert lines[-1].split()[1:5] == ["operate", "refused", "proxy:carol", "carol"]
    wrong = run_mestral(folder, "--config", str(config), "audit", "--since", "yesterday", environ={})
    assert (wrong.returncode, "'yesterday' is no time such as" in wrong.stderr) == (2, True)


def test_the_command_makes_no_file(tmp_path: Path) -> None:
    done = run_mestral(tmp_path, "audit", "--json", environ={"MESTRAL_STATE_DIR": str(tmp_path / "state")})
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert not (tmp_path / "state").exists()
