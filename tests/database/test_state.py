"""Mestral's own database as such: made, looked at, lost, frozen and back again."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.command import run_mestral
from tests.http.conftest import MakeClient, client_maker
from tests.postgres import Postgres, running_postgres
from tests.probe import SECRET_KEY, SECRET_TOKEN, probe_settings, serving

from mestral.app import build_app
from mestral.database.engine import Database
from mestral.database.migrations import CORE_OWNER, status, upgrade
from mestral.database.tables import metadata
from mestral.settings import SettingsError

Client = TestClient[Litestar]


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    with client_maker(tmp_path) as make:
        yield make


def legacy() -> dict[str, str]:
    claims = {"user_id": "alice", "exp": int(time.time()) + 600}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET_KEY, algorithm='HS256')}"}


def own(client: Client) -> dict[str, str]:
    from mestral import Identity

    token = client.app.state.platform.tokens.issue(Identity(provider="local", subject="a", username="a"))
    return {"Authorization": f"Bearer {token}"}


def upgraded(server: Postgres, folder: Path) -> str:
    """The URL of a database with core's tables."""
    url = server.url(server.new_database())
    upgrade(Database(probe_settings(folder, database__url=url)), [CORE_OWNER])
    return url


def differences(database: Database) -> list[Any]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def compare(connection: Any) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"version_table": CORE_OWNER.table})
        return list(compare_metadata(context, metadata))

    found = database.work(compare)
    flat = [one for entry in found for one in (entry if isinstance(entry, list) else [entry])]
    return [one for one in flat if one[0] != "modify_comment"]  # they are for who reads tables.py


def test_tables_are_those_that_revisions_make(tmp_path: Path, postgres: Postgres) -> None:
    (tmp_path / "state").mkdir()
    url = postgres.url(postgres.new_database())
    for settings in (probe_settings(tmp_path), probe_settings(tmp_path, database__url=url)):
        database = Database(settings)
        upgrade(database, [CORE_OWNER])
        assert differences(database) == []


def test_servers_that_start_together_make_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    with serving(tmp_path, name="one.txt") as one, serving(tmp_path, name="two.txt") as two:
        assert one.address() != two.address()
        assert sorted(file.name for file in (tmp_path / "state").glob("mestral.db*")) != []
        for file in (tmp_path / "state").glob("mestral.db*"):
            assert file.stat().st_mode & 0o077 == 0, file


def test_start_over_a_file_that_is_up_to_date_is_light(tmp_path: Path) -> None:
    """Only what asks needs SQLAlchemy, and only an upgrade alembic."""
    build_app(probe_settings(tmp_path, plugins__only=[]))
    code = (
        "import sys; from pathlib import Path; from tests.probe import probe_settings\n"
        "import mestral.cli.serve; from mestral.app import build_app\n"
        f"build_app(probe_settings(Path({str(tmp_path)!r}), plugins__only=[]))\n"
        "print([m for m in ('sqlalchemy', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_listing_plugins_imports_no_database(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['mestral', 'plugins', 'list']\n"
        "from mestral.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"this is no database, and long enough to be one" * 40, "not a database"), (b"", "")],
)
def test_file_that_is_no_database(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "mestral.db").write_bytes(content)
    settings = probe_settings(tmp_path, plugins__only=[])
    if not says:
        build_app(settings)
        return
    with pytest.raises(SettingsError, match=says):
        build_app(settings)
    (tmp_path / "mestral.toml").write_text(f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n')
    checked = run_mestral(tmp_path, "config", "check", environ={})
    assert (checked.returncode, says in checked.stdout) == (1, True)


def test_tables_of_a_newer_mestral_are_left_alone(tmp_path: Path) -> None:
    settings = probe_settings(tmp_path, plugins__only=[])
    build_app(settings)
    newer = "UPDATE mestral_version_core SET version_num = '0999'"
    Database(settings).work(lambda c: c.exec_driver_sql(newer) and None, writes=True)
    with pytest.raises(SettingsError, match="0999, which this version of it does not know"):
        build_app(settings)


def test_postgres_without_tables_refuses_to_start_and_says_what_to_run(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.url(postgres.new_database())
    with pytest.raises(SettingsError, match="run `mestral db upgrade`") as caught:
        build_app(probe_settings(tmp_path, plugins__only=[], database__url=url))
    assert "********" in str(caught.value)
    (tmp_path / "mestral.toml").write_text(
        f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n[database]\nurl = "{url}"\n'
    )
    assert "run `mestral db upgrade`" in run_mestral(tmp_path, "config", "check", environ={}).stdout
    assert run_mestral(tmp_path, "db", "upgrade", environ={}).returncode == 0
    assert run_mestral(tmp_path, "config", "check", environ={}).returncode == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://a:hunter2@h/d", "no address of a PostgreSQL database"),
        ("sqlite:////tmp/x.db", "no address of a PostgreSQL database"),
        ("h/d", "no address of a PostgreSQL database"),
        ("postgresql://a:hunter2@h:port/d", "no address of a PostgreSQL database"),
        ("postgresql://a:hunter2@h", "names no database"),
        ("postgresql://a:hunter2@h/", "names no database"),
        ("postgresql://a:p@hunter2@h/d", "not encoded"),
        ("postgresql://a:hunter2/p@h/d", "no address of a PostgreSQL database"),
        ("postgresql://a:hunter2#p@h/d", "no address of a PostgreSQL database"),
        ("postgresql://a:hunter2@127.0.0.1:1/d", "It cannot be used: connection failed"),
    ],
)
def test_addresses_that_cannot_be_used(tmp_path: Path, url: str, says: str) -> None:
    (tmp_path / "mestral.toml").write_text(
        f'state_dir = "{tmp_path / "state"}"\n[plugins]\nonly = []\n[database]\nurl = "{url}"\n'
    )
    checked = run_mestral(tmp_path, "config", "check", environ={})
    assert checked.returncode == 1
    assert says in " ".join(checked.stdout.split())
    assert "hunter2" not in checked.stdout + checked.stderr


def test_postgres_is_down_at_the_start_and_comes_back(make_client: MakeClient, tmp_path: Path) -> None:
    with running_postgres() as server:
        url = upgraded(server, tmp_path)
        server.stop()
        client = make_client(database__url=url)
        static = {"Authorization": f"Bearer {SECRET_TOKEN}"}
        for good in (legacy(), own(client), static):
            assert client.get("/x/probe/items/a", headers=good).status_code == 200
        for request in (
            ("GET", "/v4/user-settings/preferred-username", static),
            ("GET", "/x/probe/items/a", {"Authorization": "Bearer mst_" + "a" * 43}),
            ("POST", "/v4/auth/logout", legacy()),
        ):
            answer = client.request(request[0], request[1], headers=request[2])
            assert (answer.status_code, answer.json()["error"]) == (503, True)
            assert int(answer.headers["retry-after"]) > 0
        assert client.get("/x/probe/items/a", headers={"Authorization": "Bearer x"}).status_code == 401
        ready = client.get("/health/ready", headers=static).json()
        assert ready["status"] == "degraded"
        assert ready["checks"]["core.database"].startswith(
            "failing: The database postgresql://mestral:********"
        )
        assert "not:so" not in str(ready)
        server.start()
        until(lambda: client.post("/v4/auth/logout", headers=own(client)).status_code == 200)
        assert client.get("/health", headers=static).json()["database"] == "ok"


def test_postgres_is_restarted_and_frozen_in_flight(make_client: MakeClient, tmp_path: Path) -> None:
    path = "/v4/user-settings/preferred-username"
    with running_postgres() as server:
        client = make_client(database__url=upgraded(server, tmp_path))
        headers = own(client)
        assert client.get(path, headers=headers).status_code == 400
        server.stop()
        server.start()
        until(lambda: client.get(path, headers=headers).status_code == 400)
        server.freeze(frozen=True)
        answer = client.get(path, headers=headers)
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        for _ in range(3):
            assert client.get("/x/probe/items/a", headers=headers).status_code == 200
        server.freeze(frozen=False)
        until(lambda: client.get(path, headers=headers).status_code == 400)


def test_postgres_that_lacks_rights_or_tables_in_flight(make_client: MakeClient, tmp_path: Path) -> None:
    with running_postgres() as server:
        client = make_client(database__url=upgraded(server, tmp_path))
        with server.connect("test1") as connection:
            connection.execute("DROP TABLE user_preferences")
        answer = client.get("/v4/user-settings/preferred-username", headers=own(client))
        assert answer.status_code == 503


def test_file_that_somebody_else_has_locked(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    owner, path = own(client), "/v4/user-settings/preferred-username"
    with closing(sqlite3.connect(tmp_path / "state" / "mestral.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post(path, headers=owner, json={"preferred_username": "bob"})
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert client.get(path, headers=owner).status_code == 400  # reading goes on
    assert client.post(path, headers=owner, json={"preferred_username": "bob"}).status_code == 200


def test_status_of_both(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.url(postgres.new_database())
    database = Database(probe_settings(tmp_path, database__url=url))
    assert status(database, [CORE_OWNER])[0].state == "pending"
    assert url not in str(database)


def until(good: Any) -> None:
    deadline = time.monotonic() + 60
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.1)
