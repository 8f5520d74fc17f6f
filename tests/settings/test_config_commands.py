"""`mestral config check | show`, run as a deployer runs them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.command import run_mestral

from mestral_experiments.demo import unpack

KEY = "s3cr3t-Zm9vYmFyYmF6cXV4-0123456789"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mestral(tmp_path: Path) -> Run:
    """`mestral("config", "check", PORT="1")`: in an empty folder, with nothing else set."""

    def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return run_mestral(tmp_path, *arguments, environ=environ)

    return run


def test_check_accepts_no_configuration_at_all(mestral: Run, tmp_path: Path) -> None:
    unpack(tmp_path)  # ~/.autosubmitrc, and what it points to
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


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("/proc/x", "/proc/x is on a file system of the kernel (proc), where nothing can be kept"),
        ("file", "file is not a folder"),
        ("file/x/y", "file/x/y cannot be made: {home}/file is not a folder"),
        ("open", "open can be written by everybody"),
    ],
)
def test_check_says_that_the_state_folder_cannot_be_used(
    mestral: Run, tmp_path: Path, folder: str, says: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "mestral.toml").write_text(f'state_dir = "{folder}"\n[plugins]\nonly = []\n')
    done = mestral("config", "check")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("Errors (1)\n  mestral.toml: state_dir: ")
    assert says.format(home=tmp_path) in done.stdout
    assert "Set state_dir in mestral.toml, or MESTRAL_STATE_DIR" in done.stdout


def test_check_makes_nothing(mestral: Run, tmp_path: Path) -> None:
    (tmp_path / "mestral.toml").write_text("[plugins]\nonly = []\n")
    assert mestral("config", "check").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mestral.toml"]


def test_check_says_everything_once(mestral: Run, tmp_path: Path) -> None:
    (tmp_path / "mestral.toml").write_text("[plugins.experiments]\nbusy_seconds = 100\n")
    done = mestral("config", "check")
    assert (done.stdout + done.stderr).count("busy_seconds") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("table", ["nosuch", "plugins.nosuch"])
def test_check_names_the_file_of_an_empty_unknown_table(mestral: Run, tmp_path: Path, table: str) -> None:
    (tmp_path / "mestral.toml").write_text(f"[{table}]\n")
    assert f"  mestral.toml: [{table}]: " in mestral("config", "check").stdout


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[server]\ncount = 3\n", "[server] count: there is no such setting. It belongs below [readers]."),
        ('[server]\nstate_dir = "x"\n', "It stands above all tables."),
        ("[experiments]\n", "there is no section [experiments]. Known: server"),
        ("[experiments]\n", "The table of a plugin is [plugins.experiments]."),
        ("[plugins]\nexperimnts = 3\n", "The table of a plugin is [plugins.experimnts]."),
        ("[plugins]\nenabeld = 3\n", "[plugins] enabeld: there is no such setting. Did you mean enabled?"),
        ("[plugins]\ntables = 3\n", "[plugins] tables: there is no such setting."),
        ("[plugins.experimnts]\n", "Did you mean experiments?"),
    ],
)
def test_check_says_what_was_meant(mestral: Run, tmp_path: Path, toml: str, says: str) -> None:
    (tmp_path / "mestral.toml").write_text(toml)
    assert says in mestral("config", "check").stdout


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MESTRAL_PORT", "MESTRAL_SERVER__PORT"),
        ("MESTRAL_CONFG", "MESTRAL_CONFIG"),
        ("MESTRAL_EXPERIMENTS__RC_FILE", "MESTRAL_PLUGINS__EXPERIMENTS__RC_FILE"),
        ("MESTRAL_PLUGIN__EXPERIMENTS__RC_FILE", "MESTRAL_PLUGINS__EXPERIMENTS__RC_FILE"),
        ("MESTRAL_PLUGINS__EXPERIMENTS__RCFILE", "rc_file"),
        ("PROTECTON_LEVEL", "PROTECTION_LEVEL"),
        ("AS_API_SECRET_TOKENS", "AS_API_SECRET_TOKEN"),
        ("SECRET_KEY_FILES", "SECRET_KEY_FILE"),
        ("AUTOSUBMIT_CONFIG", "AUTOSUBMIT_CONFIGURATION"),
        ("OIDC_CLIENTID", "OIDC_CLIENT_ID"),
    ],
)
def test_check_says_which_variable_was_meant(mestral: Run, variable: str, meant: str) -> None:
    done = mestral("config", "check", **{variable: "hush"})
    (line,) = (line for line in done.stdout.splitlines() if f"environment variable {variable}" in line)
    assert f"Did you mean {meant}?" in line
    assert "hush" not in done.stdout


def test_check_is_silent_about_variables_of_others(mestral: Run) -> None:
    others = {"AWS_SECRET_KEY": "x", "SECRET_KEY_BASE": "x", "OIDC_ISSUER": "x", "CAS": "x", "PORTS": "x"}
    done = mestral("config", "check", MESTRAL_PLUGINS__DISABLED="experiments", **others)
    assert done.returncode == 0
    assert "Did you mean" not in done.stdout


@pytest.mark.parametrize(("words", "meant"), [(["confg", "check"], "config"), (["config", "chek"], "check")])
def test_mistyped_command_is_told(mestral: Run, words: list[str], meant: str) -> None:
    done = mestral(*words)
    assert done.returncode == 2
    assert "Did you mean" in done.stderr
    assert meant in done.stderr
