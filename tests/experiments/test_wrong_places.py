"""What an rc file points to, or the rc file itself, cannot be used: a deployer sees it before the first
request."""

import json
import logging
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.command import run_mestral
from tests.experiments.api.conftest import serve_tree
from tests.experiments.api.tree import make_tree

from mestral_experiments.demo import unpack

Run = Callable[..., "subprocess.CompletedProcess[str]"]

STATIC = {"auth.secret_token": "a-static-token-for-scripts"}
TOKEN = {"Authorization": "Bearer a-static-token-for-scripts"}


@pytest.fixture
def mestral(tmp_path: Path) -> Run:
    """`mestral("config", "check", AUTOSUBMIT_CONFIGURATION="x")`, with nothing else set."""

    def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        state = {"MESTRAL_STATE_DIR": str(tmp_path / "state")}
        return run_mestral(tmp_path, *arguments, environ=state | environ)

    return run


def rc_text(root: Path) -> str:
    return f"[database]\npath = {root}\nfilename = autosubmit.db\n[local]\npath = {root}\n"


def nothing(root: Path) -> None:
    """There is no such file."""


def folder(root: Path) -> None:
    (root / "rc").mkdir()


def pipe(root: Path) -> None:
    os.mkfifo(root / "rc")


def empty(root: Path) -> None:
    (root / "rc").touch()


def not_an_rc_file(root: Path) -> None:
    (root / "rc").write_text("path = /secret\n")


def no_root(root: Path) -> None:
    (root / "rc").write_text(rc_text(root).replace(f"[local]\npath = {root}", "[local]\npath = /nowhere"))


def file_as_root(root: Path) -> None:
    (root / "rc").write_text(rc_text(root).replace(f"[local]\npath = {root}", f"[local]\npath = {root}/rc"))


def no_database(root: Path) -> None:
    (root / "rc").write_text(rc_text(root))


def no_keys(root: Path) -> None:
    (root / "rc").write_text("[mail]\nsmtp_server = x\n")


def not_a_database(root: Path) -> None:
    (root / "rc").write_text(rc_text(root))
    (root / "autosubmit.db").write_text("nothing of SQLite in here, whatever the name says")


WRONG = [
    (nothing, ["{rc}: No such file or directory"]),
    (folder, ["{rc}: Is a directory"]),
    (pipe, ["{rc}: is not a regular file"]),
    (empty, ["{rc}: has no [section]"]),
    (not_an_rc_file, ["{rc}: line 1 stands before the first [section]"]),
    (no_root, ["{rc}: [local] path = /nowhere: No such file or directory"]),
    (file_as_root, ["{rc}: [local] path = {rc}: Not a directory"]),
    (no_database, ["{rc}: [database] path and filename: {root}/autosubmit.db: does not exist"]),
    (no_keys, ["[local] path = {root}/debug/autosubmit (the default)", "debug/autosubmit/autosubmit.db"]),
    (not_a_database, ["{rc}: [database] path and filename: {root}/autosubmit.db: not a SQLite database"]),
]


@pytest.mark.parametrize(("make", "says"), WRONG, ids=[make.__name__ for make, _ in WRONG])
def test_config_check_says_what_is_wrong_and_where(
    mestral: Run, tmp_path: Path, make: Callable[[Path], None], says: list[str]
) -> None:
    make(tmp_path)
    rc = tmp_path / "rc"
    done = mestral("config", "check", AUTOSUBMIT_CONFIGURATION=str(rc))
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("Errors (1)\n  environment variable AUTOSUBMIT_CONFIGURATION: ")
    for part in says:
        assert part.format(rc=rc, root=tmp_path) in done.stdout
    assert "hush" not in done.stdout + done.stderr
    assert "/secret" not in done.stdout + done.stderr
    assert done.stderr == ""
    assert not (tmp_path / "state").exists()


def test_config_check_names_the_key_of_mestral_toml_and_what_is_read_instead(
    mestral: Run, tmp_path: Path
) -> None:
    rc = unpack(tmp_path)  # it is ~/.autosubmitrc
    (tmp_path / "mestral.toml").write_text('[plugins.experiments]\nrc_file = "/nowhere/rc"\n')
    done = mestral("config", "check")
    assert done.returncode == 1
    line = done.stdout.splitlines()[1]
    assert line.startswith("  mestral.toml: [plugins.experiments] rc_file: /nowhere/rc: No such file")
    assert f"{rc} is read instead" in line


def test_config_check_says_where_an_rc_file_was_looked_for(mestral: Run, tmp_path: Path) -> None:
    done = mestral("config", "check")
    assert done.returncode == 1
    assert "no rc file of Autosubmit was found; looked at " in done.stdout
    for place in (tmp_path / ".autosubmitrc", "/etc/.autosubmitrc", "/etc/autosubmitrc"):
        assert str(place) in done.stdout
    assert "AUTOSUBMIT_CONFIGURATION" in done.stdout


def test_config_check_accepts_a_good_tree(mestral: Run, tmp_path: Path) -> None:
    done = mestral("config", "check", AUTOSUBMIT_CONFIGURATION=str(make_tree(tmp_path)))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "The settings can be used." in done.stdout


def test_config_check_does_not_look_for_a_plugin_that_is_not_used(mestral: Run) -> None:
    assert mestral("config", "check", MESTRAL_PLUGINS__DISABLED="experiments").returncode == 0


def test_plugins_list_and_show_say_it(mestral: Run, tmp_path: Path) -> None:
    environ = {"AUTOSUBMIT_CONFIGURATION": str(tmp_path / "rc")}
    sentence = f"{tmp_path}/rc: No such file or directory"
    listed = json.loads(mestral("plugins", "list", "--json", **environ).stdout)
    (record,) = (one for one in listed if one["name"] == "experiments")
    assert sentence in record["health_checks"]["source"]
    shown = json.loads(mestral("plugins", "show", "experiments", "--json", **environ).stdout)
    assert sentence in shown["health_checks"]["source"]
    assert "Health check source is failing: " in mestral("plugins", "list", **environ).stdout
    assert "source: failing: " in mestral("plugins", "show", "experiments", **environ).stdout


def test_server_starts_warns_shows_it_and_picks_up_what_appears(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rc_file = root / "autosubmitrc"
    with ExitStack() as stack:
        client = serve_tree(stack, rc_file, tmp_path / "state", "NONE", **STATIC)
        (warning,) = (r.getMessage() for r in caplog.records if "AUTOSUBMIT_CONFIGURATION" in r.getMessage())
        assert "plugin experiments" in warning
        assert f"{rc_file}: No such file or directory" in warning
        ready = client.get("/health/ready", headers=TOKEN)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert f"{rc_file}: No such file or directory" in ready.json()["checks"]["experiments.source"]

        make_tree(root)
        assert client.get("/health/ready").json()["checks"]["experiments.source"] == "ok"
        assert client.get("/health/ready").json()["status"] == "ready"
        assert client.get("/v4/experiments").json()["experiments"]
        database = root / "autosubmit.db"
        database.rename(root / "away.db")
        assert f"{database}: does not exist" in client.get("/health/ready", headers=TOKEN).text
        assert client.get("/v4/experiments").status_code == 503
        (root / "away.db").rename(database)
        assert client.get("/health/ready").json()["status"] == "ready"


@pytest.mark.parametrize("level", ["ALL", "NONE"])
def test_paths_are_for_those_with_a_token(tmp_path: Path, level: str) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tmp_path / "rc", tmp_path / "state", level, **STATIC)
        anonymous = client.get("/health/ready")
        assert anonymous.json()["status"] == "degraded"
        assert str(tmp_path) not in anonymous.text
        assert str(tmp_path / "rc") in client.get("/health/ready", headers=TOKEN).text


def test_good_tree_warns_of_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with ExitStack() as stack:
        serve_tree(stack, make_tree(tmp_path), tmp_path / "state")
    assert not [r for r in caplog.records if "experiments" in r.getMessage()]


def test_looking_copies_nothing(mestral: Run, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    with sqlite3.connect(tmp_path / "autosubmit.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = mestral("config", "check", AUTOSUBMIT_CONFIGURATION=str(rc_file))
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == before
