"""The URL in an rc file: every driver that a deployment may name, and mistakes said without the password."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg import sql
from tests.command import run_mestral
from tests.experiments.api.tree import make_tree
from tests.experiments.moving import Moved
from tests.postgres import PASSWORD, Postgres

from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.autosubmit import AutosubmitSource


@pytest.mark.parametrize(
    "driver", ["postgresql", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg", "postgres"]
)
def test_every_driver_is_read_by_ours(postgres: Postgres, tmp_path: Path, driver: str) -> None:
    rc_file = make_tree(tmp_path)
    Moved(rc_file, postgres, driver).remove_files()
    source = AutosubmitSource(ExperimentsSettings(rc_file=rc_file), tmp_path / "state")
    assert source.health() is None
    assert source.find("a001").user == "alice"
    source.close()


WEIRD = "p@ss:w/or d%?#&=+[é]'\"\\"
OPTIONS: dict[str, Callable[[Postgres, str], str]] = {
    "no TLS": lambda server, name: server.url(name, "postgresql+psycopg2") + "?sslmode=disable",
    "ours count more": lambda server, name: server.url(name) + "?client_encoding=latin1&connect_timeout=1",
    "special characters": lambda server, name: server.url(name, user=f"weird_{name}", password=WEIRD),
    "several hosts": lambda server, name: (
        f"postgresql://{server.url(name).split('://')[1].split('@')[0]}@/{name}"
        f"?host=127.0.0.1:1&host=127.0.0.1:{server.port}"
    ),
    "IPv6": lambda server, name: server.url(name, host="[::1]"),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_everything_in_it_counts(postgres: Postgres, tmp_path: Path, options: str) -> None:
    if options == "IPv6" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    rc_file = make_tree(tmp_path)
    moved = Moved(rc_file, postgres)
    moved.remove_files()
    with postgres.connect(moved.name) as connection:
        role = sql.Identifier(f"weird_{moved.name}")
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(role, WEIRD))
    before, after = (
        url.replace("%", "%%") for url in (postgres.url(moved.name), OPTIONS[options](postgres, moved.name))
    )
    text = rc_file.read_text()
    assert f"connection_url = {before}\n" in text
    rc_file.write_text(text.replace(before, after))
    source = AutosubmitSource(ExperimentsSettings(rc_file=rc_file), tmp_path / "state")
    assert source.health() is None
    assert source.find("a001").user == "alice"
    assert source.find("o003").description == "operational É run"
    source.close()


def empty(url: str) -> str:
    return ""


def not_a_url(url: str) -> str:
    return f"{PASSWORD} at all"


def password_not_encoded(url: str) -> str:
    return url.replace(quote(PASSWORD, safe=""), PASSWORD.replace(" ", ""))


def another_kind(url: str) -> str:
    return url.replace("postgresql://", "mysql://")


def nobody_there(url: str) -> str:
    return url.rpartition(":")[0] + ":1/nothing"


def no_name(url: str) -> str:
    return url.replace("127.0.0.1", "..nowhere")


def wrong_password(url: str) -> str:
    return url.replace("not", "known")


def no_database(url: str) -> str:
    return url.rpartition("/")[0] + "/nothing_here"


def another_database(url: str) -> str:
    return url.rpartition("/")[0] + "/postgres"


MISTAKES: dict[Callable[[str], str], str] = {
    empty: "[database] connection_url is not set, which backend = postgres needs",
    not_a_url: "[database] connection_url is not a URL of PostgreSQL; it looks like postgresql://user:",
    password_not_encoded: "in a password as %40 %3A %2F %25",
    another_kind: "[database] connection_url is not a URL of PostgreSQL; it looks like postgresql://user:",
    nobody_there: "Connection refused",
    no_name: "[database] connection_url: its host is no name",
    wrong_password: "password authentication failed",
    no_database: 'database "nothing_here" does not exist',
    another_database: 'no table "experiment"; is it Autosubmit\'s database?',
}


@pytest.mark.parametrize("make", MISTAKES, ids=[make.__name__ for make in MISTAKES])
def test_config_check_says_what_is_wrong(
    postgres: Postgres, tmp_path: Path, make: Callable[[str], str]
) -> None:
    rc = tmp_path / "rc"
    url = make(postgres.url("postgres")).replace("%", "%%")
    rc.write_text(f"[database]\nbackend = postgres\nconnection_url = {url}\n[local]\npath = {tmp_path}\n")
    done = run_mestral(tmp_path, "config", "check", environ={"AUTOSUBMIT_CONFIGURATION": str(rc)})
    assert done.returncode == 1, done.stdout + done.stderr
    shown = " ".join(done.stdout.split())
    assert f"{rc}: " in shown
    assert MISTAKES[make] in shown
    assert "secret" not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def test_without_the_driver_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "psycopg.py").write_text("raise ImportError('no psycopg here')\n")
    rc = tmp_path / "rc"
    rc.write_text(
        f"[database]\nbackend = postgres\nconnection_url = postgresql://h/d\n[local]\npath = {tmp_path}\n"
    )
    path = os.pathsep.join((str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")))
    environ = {"AUTOSUBMIT_CONFIGURATION": str(rc), "PYTHONPATH": path}
    done = run_mestral(tmp_path, "config", "check", environ=environ)
    assert done.returncode == 1
    assert "pip install 'mestral[postgres]'" in done.stdout
