"""`mestral migrate check` over environments of Autosubmit API, run as a deployer runs it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from tests.command import run_mestral

from mestral.settings import load_settings
from mestral_experiments.demo import unpack

KEY = "s3cr3t-Zm9vYmFyYmF6cXV4-0123456789"
TOKEN = "t0ken-for-the-scripts-of-operations"
CLIENT_SECRET = "clientsecret-never-shown"

GOOD = {"SECRET_KEY": KEY, "PROTECTION_LEVEL": "ALL"}


class Result:
    """What one run printed."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.text = done.stdout
        self.errors = done.stderr

    def items(self, name: str) -> list[dict[str, str]]:
        """Those about one variable or key."""
        found: list[dict[str, Any]] = json.loads(self.text)["items"]
        return [item for item in found if item["name"] == name]

    def item(self, name: str) -> dict[str, str]:
        (item,) = self.items(name)
        return item

    def verdict(self, name: str) -> str:
        return self.item(name)["verdict"]


Check = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder whose rc file points to a readable tree."""
    home = tmp_path / "home"
    home.mkdir()
    unpack(tmp_path / "data")
    (home / ".autosubmitrc").write_text((tmp_path / "data" / ".autosubmitrc").read_text())
    return home


@pytest.fixture
def check(home: Path, tmp_path: Path) -> Check:
    """`check("--json", SECRET_KEY=...)`: run with these variables and no others."""

    def run(*options: str, stdin: IO[str] | None = None, **environ: str) -> Result:
        variables = {"HOME": str(home), **environ}
        return Result(run_mestral(tmp_path, "migrate", "check", *options, environ=variables, stdin=stdin))

    return run


def test_an_environment_in_order(check: Check) -> None:
    result = check(**GOOD, TZ="Europe/Madrid", AS_API_ROOT_PATH="/api")
    assert result.code == 0, result.text
    assert "All is well." in result.text
    assert "SECRET_KEY" in result.text and "-> auth.secret_key" in result.text
    assert "[database] path" in result.text
    assert KEY not in result.text


def test_nothing_is_written(check: Check, tmp_path: Path) -> None:
    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    before = state()
    check("--json", **GOOD)
    check("--toml", **GOOD)
    assert state() == before


@pytest.mark.parametrize(
    ("environ", "name", "verdict", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY", "unsafe", "a key published in its source"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY", "unsafe", "has 5 bytes, and at least 32"),
        ({"AS_API_SECRET_TOKEN": "abc"}, "AS_API_SECRET_TOKEN", "unsafe", "can be guessed"),
        ({"AS_API_SECRET_TOKEN": TOKEN}, "AS_API_SECRET_TOKEN", "used", "secret-token:User in auth.admins"),
        ({"PROTECTION_LEVEL": "WRITEONLY"}, "PROTECTION_LEVEL", "differs", "protects nothing at this level"),
        ({"PROTECTION_LEVEL": "NONE"}, "PROTECTION_LEVEL", "used", "may read every experiment"),
        ({"PROTECTION_LEVEL": "NONE", "PORT": "8081"}, "PROTECTION_LEVEL", "unsafe", "listens on 0.0.0.0"),
        ({"PROTECTION_LEVEL": "none"}, "PROTECTION_LEVEL", "decide", "every other spelling for ALL"),
        ({"AS_API_ROOT_PATH": "/api/"}, "AS_API_ROOT_PATH", "decide", "no prefix at all"),
        ({"FORWARDED_ALLOW_IPS": "*", "PORT": "80"}, "FORWARDED_ALLOW_IPS", "unsafe", "name the proxies"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.1"}, "FORWARDED_ALLOW_IPS", "used", ""),
        ({"WEB_CONCURRENCY": "4"}, "WEB_CONCURRENCY", "ignored", "readers.count"),
        ({"JWT_SECRET": KEY}, "JWT_SECRET", "ignored", "Is not read"),
        ({"JWT_SECRET": KEY, "SECRET_KEY": ""}, "JWT_SECRET", "unsafe", "Is not read"),
        ({"GUNICORN_CMD_ARGS": "-w 4"}, "GUNICORN_CMD_ARGS", "ignored", "does not read it either"),
        ({"AS_ENV_X": "1"}, "AS_ENV_X", "ignored", "no variable to anybody"),
        ({"AS_API_ROOTPATH": "/api"}, "AS_API_ROOTPATH", "ignored", "Did you mean AS_API_ROOT_PATH?"),
        (
            {"AUTOSUBMIT_CONFIGURATON": "x"},
            "AUTOSUBMIT_CONFIGURATON",
            "ignored",
            "Did you mean AUTOSUBMIT_CONFIGURATION?",
        ),
        ({"CAS_SERVER_URL": "https://cas.example.org"}, "CAS_SERVER_URL", "decide", "end with a slash"),
        ({"OIDC_USERNAME_SOURCE": "token"}, "OIDC_USERNAME_SOURCE", "decide", "id_token or userinfo"),
        (
            {"OIDC_TOKEN_URL": "https://a:b@id.example.org/t"},
            "OIDC_TOKEN_URL",
            "unsafe",
            "holds a name or password",
        ),
    ],
)
def test_a_variable(check: Check, environ: dict[str, str], name: str, verdict: str, words: str) -> None:
    result = check("--json", **(GOOD | environ))
    assert result.verdict(name) == verdict
    assert words in result.item(name)["message"]
    assert result.code == (1 if verdict in ("unsafe", "decide") else 0)
    assert "a:b@" not in result.text


def test_a_mistyped_variable_in_place_of_the_right_one(check: Check) -> None:
    result = check("--json", SECRET_KEYS=KEY)
    assert "Did you mean SECRET_KEY?" in result.item("SECRET_KEYS")["message"]
    assert KEY not in result.text


def test_what_a_nearer_place_sets_wins(check: Check) -> None:
    result = check("--json", **GOOD, PORT="8081", MESTRAL_SERVER__PORT="8000")
    assert result.verdict("PORT") == "ignored"
    assert "MESTRAL_SERVER__PORT sets server.port" in result.item("PORT")["message"]


def test_a_wrong_mestral_toml_is_reported_too(check: Check, tmp_path: Path) -> None:
    (tmp_path / "mestral.toml").write_text("[server]\nprot = 1\n")
    result = check("--json", **GOOD)
    assert (result.code, result.verdict("server.prot")) == (1, "decide")


def test_logins(check: Check) -> None:
    github = {"GITHUB_OAUTH_CLIENT_ID": "c", "GITHUB_OAUTH_CLIENT_SECRET": CLIENT_SECRET}
    result = check(
        "--json", **GOOD, **github, GITHUB_OAUTH_WHITELIST_TEAM="t", CAS_SERVER_URL="http://cas.example.org/"
    )
    assert result.code == 1
    rule = result.item("GITHUB_OAUTH_WHITELIST_ORGANIZATION")
    assert (rule["verdict"], rule["setting"]) == ("unsafe", "plugins.auth_github.organization")
    assert "a team alone is no limit" in rule["message"]
    assert result.item("GITHUB_OAUTH_CLIENT_SECRET")["value"] == "********"
    assert {item["verdict"] for item in result.items("CAS_SERVER_URL")} == {"used", "unsafe"}
    assert "organization" in result.item("plugins.auth_github")["message"]
    assert CLIENT_SECRET not in result.text + result.errors


# -- rc file ----------------------------------------------------------------------------------------------


def test_rc_file_key_by_key(check: Check, home: Path) -> None:
    rc = home / ".autosubmitrc"
    clients = "[clients]\nauthorized = * http://gui.example.org https://gui.example.org/app/\n"
    rc.write_text(rc.read_text() + clients + "[mail]\nsmtp_server = mail.example.org\n[own]\nkey = 1\n")
    result = check("--json", **GOOD)
    assert result.verdict("[historicdb] path") == "used"
    assert result.verdict("[graph] path") == "ignored"
    assert result.verdict("[own] key") == "ignored"
    entries = {item["value"]: item["verdict"] for item in result.items("[clients] authorized")}
    assert entries == {
        "*": "unsafe",
        "http://gui.example.org": "unsafe",
        "https://gui.example.org/app/": "differs",
    }
    assert result.code == 1


def test_password_of_the_database(check: Check, home: Path) -> None:
    rc = home / ".autosubmitrc"
    url = "connection_url = postgresql://as:hunter2@db.example.org/as\n"
    rc.write_text(rc.read_text().replace("backend = sqlite\n", f"backend = postgres\n{url}"))
    rc.chmod(0o644)
    result = check("--json", **GOOD)
    assert result.verdict("[database] connection_url") == "unsafe"
    assert "hunter2" not in result.text
    rc.chmod(0o600)
    result = check("--json", **GOOD)
    assert result.verdict("[database] connection_url") == "used"
    assert result.verdict("[database] backend") == "used"


@pytest.mark.parametrize(
    ("content", "words"),
    [("path = x\n", "line 1 stands before the first [section]"), ("[a]\nx\n", "no `key = value` in line 2")],
)
def test_broken_rc_file(check: Check, home: Path, content: str, words: str) -> None:
    (home / ".autosubmitrc").write_text(content)
    result = check("--json", **GOOD)
    assert (result.code, result.verdict("rc file")) == (2, "unreadable")
    assert words in result.item("rc file")["message"]


def test_places_that_are_not_there(check: Check, home: Path) -> None:
    (home / ".autosubmitrc").write_text("[database]\npath = /nowhere\n")
    result = check("--json", **GOOD)
    assert result.code == 1
    assert "/nowhere/autosubmit.db" in result.item("[database] filename")["message"]
    # Without [local] path both servers look below the default, not beside the database.
    assert "debug/autosubmit" in result.item("[local] path")["message"]


def test_rc_file_that_is_named_and_missing(check: Check) -> None:
    result = check("--json", **GOOD, AUTOSUBMIT_CONFIGURATION="/nowhere/rc")
    assert result.code == 1
    assert {item["verdict"] for item in result.items("AUTOSUBMIT_CONFIGURATION")} == {"used", "decide"}


# -- YAML -------------------------------------------------------------------------------------------------

YAML = """
BACKGROUND_TASKS:
  TASK_STTSUPDTR: {ENABLED: false, INTERVAL: 5}
  TASK_POPDET: {INTERVAL: 2.5}
  TASK_POPGRAPH: {}
RUNNERS:
  LOCAL:
    ENABLED: true
    MODULE_LOADERS: {VENV: {ENABLED: true, SAFE_ROOT_PATH: /opt}}
  SSH: {ENABLED: false}
RUNNER_CONFIGURATION:
  ENDPOINTS: {SET_JOB_STATUS: {ENABLED: "false"}}
  PROFILES: {hpc: {RUNNER_TYPE: SSH, SSH: {HOST: h, USER: u}}}
RUNER: {}
"""


def test_yaml_section_by_section(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(YAML)
    result = check("--json", **GOOD, AS_API_CONFIG_FILE=str(file))
    assert result.code == 1
    verdicts = {
        "BACKGROUND_TASKS.TASK_STTSUPDTR": ("ignored", "No periodic task is here yet"),
        "BACKGROUND_TASKS.TASK_POPDET": ("ignored", "2.5 is no whole number"),
        "BACKGROUND_TASKS.TASK_POPGRAPH": ("ignored", "Did you mean TASK_POPGRPH?"),
        "RUNNERS.LOCAL": ("decide", "No runner is here yet"),
        "RUNNERS.LOCAL.MODULE_LOADERS.VENV": ("unsafe", "never enforced"),
        "RUNNERS.SSH": ("ignored", "switched off"),
        "RUNNER_CONFIGURATION.ENDPOINTS.SET_JOB_STATUS": ("unsafe", "takes any text for true"),
        "RUNNER_CONFIGURATION.PROFILES.hpc": ("decide", "wants SSH.USERNAME"),
        "RUNER": ("ignored", "Did you mean RUNNERS?"),
    }
    for name, (verdict, words) in verdicts.items():
        assert result.verdict(name) == verdict, name
        assert words in result.item(name)["message"], name


@pytest.mark.parametrize(
    ("content", "verdict", "code"),
    [
        ("", "ignored", 0),
        ("a: [1", "unreadable", 2),
        ("- a\n", "unreadable", 2),
        ("a: 2025-13-45\n", "unreadable", 2),
    ],
)
def test_yaml_that_is_empty_or_broken(
    check: Check, home: Path, content: str, verdict: str, code: int
) -> None:
    (home / ".autosubmit_api.yaml").write_text(content)
    result = check("--json", **GOOD)
    assert (result.verdict(".autosubmit_api.yaml"), result.code) == (verdict, code)


@pytest.mark.parametrize("section", ["BACKGROUND_TASKS", "RUNNER_CONFIGURATION", "RUNNERS"])
def test_yaml_with_an_empty_section(check: Check, home: Path, section: str) -> None:
    (home / ".autosubmit_api.yaml").write_text(f"{section}:\n")
    assert check("--json", **GOOD).code == 0


def test_yaml_that_everybody_may_write(check: Check, home: Path) -> None:
    file = home / ".autosubmit_api.yaml"
    file.write_text("RUNNERS: {}\n")
    file.chmod(0o666)
    assert check("--json", **GOOD).verdict(".autosubmit_api.yaml") == "unsafe"


# -- environment files ------------------------------------------------------------------------------------


def test_env_file_instead_of_the_environment(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "api.env"
    file.write_text(
        f'# Autosubmit API\n\nSECRET_KEY={KEY}\nPROTECTION_LEVEL="NONE"\nAS_API_ROOT_PATH=/a\\\npi\n'
        "export TZ=Europe/Madrid\nAS_API_SECRET_TOKEN\nexport\tOTHER\n"
    )
    file.chmod(0o600)
    result = check(
        "--json", "--env-file", str(file), PORT="8081", AS_API_SECRET_TOKEN=TOKEN, PROTECTION_LEVEL="ALL"
    )
    assert result.code == 0, result.text
    assert result.items("PORT") == []  # the service does not see what this shell has
    exported = {item["where"]: item for item in result.items("TZ")}
    assert exported["environment"]["value"] == "Europe/Madrid"
    assert "`export` is for shells" in exported[f"{file}, line 7"]["message"]
    values = {item["where"]: item["value"] for item in result.items("PROTECTION_LEVEL")}
    assert values["environment"] == "NONE"
    assert f"{file}, line 4" in values
    assert result.item("AS_API_ROOT_PATH")["value"] == "/api"
    assert result.item("line")["where"] == f"{file}, line 9"
    assert result.verdict("AS_API_SECRET_TOKEN") == "used"  # Docker takes a name alone from its surroundings
    assert KEY not in result.text and TOKEN not in result.text


def test_env_file_that_everybody_may_read(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "api.env"
    file.write_text(f"SECRET_KEY={KEY}\n")
    file.chmod(0o644)
    result = check("--json", "--env-file", str(file))
    assert (result.code, result.verdict(str(file))) == (1, "unsafe")
    assert f"chmod 600 {file}" in result.item(str(file))["message"]


def test_env_file_that_is_missing(check: Check) -> None:
    result = check("--json", "--env-file", "missing.env")
    assert (result.code, result.verdict("missing.env")) == (2, "unreadable")


def test_env_file_that_only_root_may_read(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "api.env"
    file.write_text(f"SECRET_KEY={KEY}\nA 1\n")
    file.chmod(0o600)
    with file.open() as stdin:
        result = check("--json", "--env-file", "-", stdin=stdin)
    assert result.code == 0, result.text
    assert result.verdict("SECRET_KEY") == "used"
    assert result.item("line")["where"] == "standard input, line 2"


def test_secret_file(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    result = check("--json", SECRET_KEY_FILE=str(file))
    assert result.code == 0, result.text
    assert result.item("SECRET_KEY_FILE")["setting"] == "auth.secret_key_file"
    file.chmod(0o644)
    assert check("--json", SECRET_KEY_FILE=str(file)).code == 1


# -- mestral.toml -----------------------------------------------------------------------------------------


def test_equivalent_toml_loads_and_says_the_same(check: Check, tmp_path: Path) -> None:
    key, rc_file = tmp_path / "key", tmp_path / 'rc "quoted" \\ file'
    key.write_text(KEY)
    rc_file.write_text((tmp_path / "data" / ".autosubmitrc").read_text())
    environ = {
        "SECRET_KEY_FILE": str(key),
        "AS_API_SECRET_TOKEN": TOKEN,
        "PROTECTION_LEVEL": "WRITEONLY",
        "AS_API_ROOT_PATH": "/api",
        "PORT": "8081",
        "AUTOSUBMIT_CONFIGURATION": str(rc_file),
        "GITHUB_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
        "GITHUB_OAUTH_WHITELIST_ORGANIZATION": "earth",
        "OIDC_USERNAME_SOURCE": "wrong",
        "MESTRAL_HTTP__CORS_ORIGINS": "https://a.example.org, https://b.example.org",
    }
    result = check("--toml", **environ)
    assert all(secret not in result.text for secret in (KEY, TOKEN, CLIENT_SECRET))
    file = tmp_path / "made.toml"
    file.write_text(result.text)
    home = {"HOME": str(tmp_path)}
    made, was = load_settings(config=file, environ=home), load_settings(environ=home | environ)
    assert (made.server, made.http) == (was.server, was.http)
    assert made.auth.secret_key == was.auth.secret_key
    assert made.auth.protection_level == was.auth.protection_level
    checked = run_mestral(tmp_path, "--config", str(file), "config", "check", environ={})
    assert "Errors" not in checked.stdout, checked.stdout
    assert str(made.plugins.tables["experiments"]["rc_file"].raw) == environ["AUTOSUBMIT_CONFIGURATION"]
    assert "# plugins.auth_oidc.username_source: must be id_token or userinfo" in result.text


@pytest.mark.parametrize(
    "wrong",
    [
        "SECRET_KEY=change-me-change-me-change-me-change-me",
        "MESTRAL_SERVER__UDS=",
        "FORWARDED_ALLOW_IPS=proxy.example.org",
        "MESTRAL_HTTP__CORS_ORIGINS=https://a.example.org/",
    ],
)
def test_what_is_refused_is_a_comment_in_the_toml(check: Check, tmp_path: Path, wrong: str) -> None:
    variables, file = tmp_path / "api.env", tmp_path / "made.toml"
    variables.write_text(f"{wrong}\nAS_API_ROOT_PATH=/api\n")
    variables.chmod(0o600)
    file.write_text(check("--toml", "--env-file", str(variables)).text)
    checked = run_mestral(tmp_path, "--config", str(file), "config", "check", environ={"HOME": str(tmp_path)})
    assert "made.toml" not in checked.stdout.partition("Read: ")[0], checked.stdout
    text = file.read_text()
    assert 'root_path = "/api"' in text
    assert "refused: see above" in text or "is set to nothing by environment variable" in text


def test_json_and_toml_exclude_each_other(check: Check) -> None:
    assert check("--json", "--toml").code == 2
