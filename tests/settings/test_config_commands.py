"""`mestral config check | show`, run as a deployer runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

KEY = "s3cr3t-Zm9vYmFyYmF6cXV4-0123456789"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mestral(tmp_path: Path) -> Run:
    """`mestral("config", "check", PORT="1")`: in an empty folder, with nothing else set."""

    def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-c", "from mestral.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), **inherited, **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_check_accepts_no_configuration_at_all(mestral: Run) -> None:
    done = mestral("config", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Read: no mestral.toml was found" in done.stdout
    assert "The settings can be used." in done.stdout


def test_check_prints_errors_of_core_and_plugins_warnings_and_notes_in_one_run(
    mestral: Run, tmp_path: Path
) -> None:
    (tmp_path / "mestral.toml").write_text(
        f'[server]\nprot = 1\n[auth]\nsecret_key = "{KEY}"\n'
        '[plugins.experiments]\nbusy_seconds = 100\nrc_flie = "x"\n'
    )
    done = mestral(
        "config", "check", PROTECTION_LEVEL="none", JWT_SECRET=KEY, WEB_CONCURRENCY="4", MESTRAL_SERVER=""
    )
    assert done.returncode == 1
    errors, warnings, notes, rest = done.stdout.split("\n\n")
    assert errors.startswith("Errors (4)\n")
    assert "mestral.toml: [server] prot: there is no such setting. Did you mean port?" in errors
    assert "PROTECTION_LEVEL (auth.protection_level): must be ALL, WRITEONLY or NONE" in errors
    assert "[plugins.experiments] busy_seconds: must be a number from 0 to 60, not 100" in errors
    assert "[plugins.experiments] rc_flie: there is no such setting. Did you mean rc_file?" in errors
    assert warnings.startswith("Warnings (2)\n")
    assert "MESTRAL_SERVER: no setting has this name" in warnings
    assert "JWT_SECRET: is not read" in warnings
    assert notes.startswith("Notes (1)\n")
    assert "WEB_CONCURRENCY: is not read. Set readers.count instead." in notes
    assert rest == "Read: mestral.toml\n"
    assert KEY not in done.stdout + done.stderr


def test_check_of_a_broken_or_missing_file(mestral: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[server\n")
    done = mestral("--config", "broken.toml", "config", "check")
    assert done.returncode == 1
    assert "broken.toml: is not valid TOML" in done.stdout
    done = mestral("--config", "missing.toml", "config", "check")
    assert done.returncode == 1
    assert "the file missing.toml does not exist" in done.stdout


def test_show_prints_value_and_origin_of_every_setting(mestral: Run, tmp_path: Path) -> None:
    (tmp_path / "mestral.toml").write_text(
        f'[auth]\nsecret_key = "{KEY}"\n[plugins.experiments]\nbusy_seconds = 7\nrequired = true\n'
    )
    environ = {"PORT": "9000", "AS_API_SECRET_TOKEN": KEY, "AUTOSUBMIT_CONFIGURATION": "~/rc"}
    done = mestral("config", "show", "--json", **environ)
    assert done.returncode == 0, done.stderr
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(done.stdout)}
    assert rows["server.port"] == (9000, "environment variable PORT")
    assert rows["server.host"] == ("0.0.0.0", "environment variable PORT")
    assert rows["state_dir"] == (f"{tmp_path}/.local/state/mestral", "default")
    assert rows["readers.count"] == (None, "default")
    assert rows["auth.secret_key"] == ("********", "mestral.toml: [auth] secret_key")
    assert rows["auth.secret_token"] == ("********", "environment variable AS_API_SECRET_TOKEN")
    assert rows["plugins.experiments.busy_seconds"] == (
        7.0,
        "mestral.toml: [plugins.experiments] busy_seconds",
    )
    assert rows["plugins.experiments.required"] == (True, "mestral.toml: [plugins.experiments] required")
    assert rows["plugins.experiments.rc_file"] == (
        f"{tmp_path}/rc",
        "environment variable AUTOSUBMIT_CONFIGURATION",
    )
    assert rows["plugins.experiments.source"] == ("autosubmit", "default")
    assert "plugins.tables" not in rows
    text = mestral("config", "show", **environ).stdout
    assert [line.split()[0] for line in text.splitlines()] == list(rows)
    assert KEY not in done.stdout + text


def test_show_of_wrong_settings_says_what_is_wrong(mestral: Run, tmp_path: Path) -> None:
    done = mestral("config", "show", PORT="x", PROTECTION_LEVEL="none")
    assert done.returncode == 1
    assert "2 settings are wrong" in done.stderr
    (tmp_path / "mestral.toml").write_text("[plugins.experiments]\nbusy_seconds = 100\n")
    done = mestral("config", "show", "--json")
    assert "plugins.experiments.busy_seconds" not in done.stdout
    assert "Run: mestral config check" in done.stderr
    assert json.loads(done.stdout)
