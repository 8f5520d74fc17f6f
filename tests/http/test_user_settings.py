"""`/v4/user-settings/preferred-username` (contract/API_V4.md 6, AUTH.md B24), and what is taken over."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.auth.kinds import legacy, login, personal, static
from tests.command import run_mestral
from tests.http.conftest import Client, MakeClient
from tests.postgres import Postgres
from tests.probe import probe_settings, serving

from mestral.database.engine import Database
from mestral.database.migrations import CORE_OWNER, upgrade

PATH = "/v4/user-settings/preferred-username"
TIME = r"\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d[+-]\d\d:\d\d"
MADE = """
CREATE TABLE user_preferences (user_id TEXT PRIMARY KEY, preferred_username TEXT, created TEXT, modified TEXT)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def any_client(request: pytest.FixtureRequest, make_client: MakeClient, tmp_path: Path) -> Iterator[Client]:
    """In PostgreSQL in the very table that Autosubmit API made, with a row in it."""
    if request.param == "sqlite":
        yield make_client()
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database()
    with server.connect(name) as connection:
        connection.execute(MADE)
        connection.execute("INSERT INTO user_preferences VALUES ('other', 'other', NULL, NULL)")
    settings = probe_settings(tmp_path, database__url=server.url(name))
    with closing(Database(settings)) as database:
        upgrade(database, [CORE_OWNER])
    yield make_client(database__url=server.url(name))


def prefer(client: Client, headers: dict[str, str], name: Any) -> Any:
    return client.post(PATH, headers=headers, json={"preferred_username": name})


def test_kept_and_renewed(any_client: Client) -> None:
    client = any_client
    nothing = client.get(PATH, headers=static())
    assert nothing.status_code == 400
    assert nothing.json()["error_message"] == "Preferred username not found for this user"
    first = prefer(client, static(), "bob")
    assert first.status_code == 200
    row = first.json()
    assert list(row) == ["user_id", "preferred_username", "created", "modified"]
    assert (row["user_id"], row["preferred_username"]) == ("User", "bob")
    assert re.fullmatch(TIME, row["created"])
    assert row["modified"] == row["created"]
    second = prefer(client, static(), "carol").json()
    assert second | {"modified": ""} == row | {"preferred_username": "carol", "modified": ""}
    assert client.get(PATH, headers=static()).json() == second


def test_whose_row_it_is(make_client: MakeClient) -> None:
    client = make_client(auth__accounts={"local:7": "dora"}, auth__account_logins=["cas"])
    owner = login(client, "7")
    for headers, user in (
        (static(), "User"),
        (legacy("alice"), "legacy:alice"),
        (login(client, "alice"), "local:alice"),
        (owner, "dora"),
        (personal(client, owner, "operate"), "dora"),
    ):
        assert prefer(client, headers, "x").json()["user_id"] == user


def test_a_token_is_needed_at_every_protection_level(make_client: MakeClient) -> None:
    for level in ("ALL", "NONE"):
        client = make_client(auth__protection_level=level)
        assert client.get(PATH).json()["error_message"] == "Unauthorized"
        assert (client.get(PATH).status_code, prefer(client, {}, "bob").status_code) == (401, 401)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "1a",
        "-oProxyCommand=x",
        "a;id",
        "a$(id)",
        "a\n",
        "é",
        "x" * 65,
        "a/b",
        "a@b",
        None,
        5,
        ["a"],
    ],
)
def test_names_that_no_account_can_have(client: Client, name: Any) -> None:
    answer = prefer(client, static(), name)
    assert answer.status_code == 422
    assert "preferred_username" in answer.json()["error_message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'"bob"'])
def test_bodies_that_are_none(client: Client, body: bytes) -> None:
    answer = client.post(PATH, headers={**static(), "Content-Type": "application/json"}, content=body)
    assert (answer.status_code, answer.json()["error"]) == (422, True)


@pytest.mark.parametrize("name", ["a", "_a", "A.b-c_9", "x" * 64])
def test_names_that_are_names(client: Client, name: str) -> None:
    assert prefer(client, static(), name).json()["preferred_username"] == name


def test_name_that_somebody_else_wrote_and_none_can_have_is_none(
    make_client: MakeClient, tmp_path: Path
) -> None:
    client = make_client()
    with closing(sqlite3.connect(tmp_path / "state" / "mestral.db")) as database:
        database.execute("INSERT INTO user_preferences VALUES ('User', '-oProxyCommand=x', NULL, NULL)")
        database.commit()
    assert client.get(PATH, headers=static()).status_code == 400


def test_times_are_local_and_tokens_do_not_care(tmp_path: Path) -> None:
    """A server far from UTC (B15): what is kept has its offset, what expires does not shift."""
    import json

    import jwt
    from tests.auth.kinds import bearer
    from tests.probe import SECRET_KEY, ask

    now = datetime.now().timestamp()
    with serving(tmp_path, by=("TZ=Pacific/Kiritimati",)) as server:
        body = b'{"preferred_username": "bob"}'
        row = json.loads(ask(server.address(), "POST", PATH, static(), body)[2])
        assert row["created"].endswith("+14:00")
        when = datetime.fromisoformat(row["created"][:10] + "T" + row["created"][11:])
        assert 0 <= when.timestamp() - int(now) < 3600
        soon, over = (
            bearer(jwt.encode({"user_id": "a", "exp": int(now) + seconds}, SECRET_KEY, "HS256"))
            for seconds in (3600, -3600)
        )
        assert ask(server.address(), "GET", "/x/probe/me", soon)[0] == 200
        assert ask(server.address(), "GET", "/x/probe/me", over)[0] == 401
        made = json.loads(
            ask(server.address(), "POST", "/v4/auth/tokens", soon, b'{"name": "x", "days": 1}')[2]
        )
        lifetime = datetime.fromisoformat(made["expires"]) - datetime.fromisoformat(made["created"])
        assert lifetime == timedelta(days=1)
        assert 0 <= datetime.fromisoformat(made["created"]).timestamp() - int(now) < 3600


ROWS = [
    ("alice", "al", "t1", "t2"),
    ("User", "root2", "t1", "t1"),
    ("eve", "-x", "t1", "t1"),
    ("x", None, "", ""),
]


def test_taken_over_from_autosubmit_api(make_client: MakeClient, tmp_path: Path, postgres: Postgres) -> None:
    theirs = tmp_path / "autosubmit_api.db"
    with closing(sqlite3.connect(theirs)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(MADE)
        database.executemany("INSERT INTO user_preferences VALUES (?, ?, ?, ?)", ROWS)
        database.commit()
        before = {file.name for file in tmp_path.glob("autosubmit_api.db*")}
        client = make_client()
        assert prefer(client, static(), "mine").status_code == 200
        config = f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n'
        (tmp_path / "mestral.toml").write_text(config)
        done = run_mestral(tmp_path, "db", "import-preferences", str(theirs), environ={})
        assert done.stdout.splitlines()[-1] == "1 taken over, 1 were here already, 2 left out.", done.stderr
        assert "'eve' prefers '-x'" in done.stdout
        assert client.get(PATH, headers=static()).json()["preferred_username"] == "mine"
        assert {file.name for file in tmp_path.glob("autosubmit_api.db*")} == before
    name = postgres.new_database()
    with postgres.connect(name) as connection:
        connection.execute(MADE)
        connection.execute("INSERT INTO user_preferences VALUES ('dora', 'dora2', 't', 't')")
    done = run_mestral(tmp_path, "db", "import-preferences", postgres.url(name), environ={})
    assert done.stdout == "1 taken over, 0 were here already, 0 left out.\n", done.stderr


@pytest.mark.parametrize(
    "source", ["missing.db", "mestral.toml", "postgresql://a:hunter2@127.0.0.1:1/d", "a://b"]
)
def test_nothing_to_take_over(tmp_path: Path, source: str) -> None:
    (tmp_path / "mestral.toml").write_text(f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n')
    done = run_mestral(tmp_path, "db", "import-preferences", source, environ={})
    assert (done.returncode, "Traceback" in done.stderr, "hunter2" in done.stderr) == (1, False, False)
    assert "cannot be read" in done.stderr or "has no preferences" in done.stderr
