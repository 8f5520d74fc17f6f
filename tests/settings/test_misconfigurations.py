"""What a deployer reads when a setting is wrong: where, which value, what is allowed, what was meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mestral.settings import Settings, SettingsError

Load = Callable[..., Settings]

TABLE: list[tuple[str, str, dict[str, str], list[str]]] = [
    (
        "number too large",
        "[server]\nport = 70000",
        {},
        ["mestral.toml: [server] port: must be a whole number from 0 to 65535, not 70000. TCP port; 0 lets"],
    ),
    (
        "text for a number",
        '[server]\nport = "8000"',
        {},
        ["must be a whole number from 0 to 65535", 'not "8000"'],
    ),
    ("fraction for a whole number", "[server]\nport = 80.5", {}, ["a whole number", "not 80.5"]),
    ("boolean for a number", "[auth]\ntoken_seconds = true", {}, ["a whole number of at least 60, not true"]),
    ("text for a boolean", '[http]\naccess_log = "yes"', {}, ["[http] access_log: must be true or false"]),
    ("too small for a limit", "[readers]\ntime_seconds = 0", {}, ["must be a number greater than 0, not 0"]),
    ("not finite", "[readers]\ntime_seconds = inf", {}, ["must be a number greater than 0, not Infinity"]),
    (
        "optional number out of range",
        "[readers]\ncount = 65",
        {},
        ["must be a whole number from 1 to 64, not 65"],
    ),
    (
        "pattern",
        '[server]\nroot_path = "api/"',
        {},
        ['not "api/"', "Public path prefix behind a proxy, such as /api; no slash at its end."],
    ),
    (
        "wrong case of a word",
        '[auth]\nprotection_level = "writeonly"',
        {},
        ["must be ALL, WRITEONLY or NONE", 'not "writeonly". Did you mean WRITEONLY?'],
    ),
    (
        "word unlike any",
        '[auth]\nprotection_level = "x"',
        {},
        ['must be ALL, WRITEONLY or NONE, not "x". ALL'],
    ),
    ("word in the wrong type", "[plugins]\non_error = 3", {}, ["must be degrade or fail, not 3"]),
    ("text for a list", '[plugins]\nenabled = "a"', {}, ["must be a list (each entry: a text), not"]),
    (
        "wrong entry of a list",
        '[plugins]\nenabled = ["a", 2]',
        {},
        ["[plugins] enabled, entry 2: must be a text, not 2"],
    ),
    (
        "mistyped key",
        "[server]\nprot = 80",
        {},
        ["[server] prot: there is no such setting. Did you mean port?"],
    ),
    (
        "unheard-of key",
        "[http]\nzzz = 1",
        {},
        ["[http] zzz: there is no such setting. Known: access_log, ", "Take it out."],
    ),
    ("mistyped section", "[sevrer]\nport = 80", {}, ["there is no section [sevrer]. Did you mean server?"]),
    ("empty mistyped section", "[reader]", {}, ["there is no section [reader]. Did you mean readers?"]),
    (
        "unheard-of section",
        "[pigeons]\nurl = 1",
        {},
        [
            "there is no section [pigeons]. Known: server, auth, audit, database, http, readers, ",
            ", plugins, plugins.NAME.",
        ],
    ),
    (
        "key outside its table",
        "port = 80",
        {},
        ["mestral.toml: port: there is no such setting outside a table. It belongs below [server]."],
    ),
    (
        "mistyped key outside a table",
        'state_dri = "/x"',
        {},
        ["state_dri: there is no such setting outside a table. Did you mean state_dir?"],
    ),
    (
        "value for a section",
        "server = 80",
        {},
        ["server: must be a table: write [server] and its keys below"],
    ),
    ("table for a switch", "[plugins.enabled]\na = 1", {}, ["[plugins] enabled: must be a list"]),
    (
        "state folder of the wrong type",
        "state_dir = 3",
        {},
        ["mestral.toml: state_dir: must be a path, not 3"],
    ),
    (
        "variable of Mestral",
        "",
        {"MESTRAL_SERVER__PORT": "eighty"},
        [
            "environment variable MESTRAL_SERVER__PORT (server.port): must be a whole number from 0 to 65535",
            'not "eighty"',
        ],
    ),
    (
        "boolean in a variable",
        "",
        {"MESTRAL_HTTP__ACCESS_LOG": "maybe"},
        ['(http.access_log): must be true or false, not "maybe"'],
    ),
    (
        "bottomless table in a variable",
        "",
        {"MESTRAL_PLUGINS__ENABLED": "[" * 100_000},
        ["must be a list (each entry: a text)", "…"],
    ),
    (
        "broken list in a variable",
        "",
        {"MESTRAL_PLUGINS__ENABLED": '["a"'},
        ["MESTRAL_PLUGINS__ENABLED (plugins.enabled): must be a list"],
    ),
    (
        "variable of Autosubmit API",
        "",
        {"PROTECTION_LEVEL": "none"},
        [
            "environment variable PROTECTION_LEVEL (auth.protection_level): must be ALL, WRITEONLY or NONE",
            "Did you mean NONE?",
        ],
    ),
    ("empty word in a file", '[auth]\nprotection_level = ""', {}, ["must be ALL, WRITEONLY or NONE"]),
    (
        "short key",
        "",
        {"SECRET_KEY": "0123456789abcdef0123456789abcde"},
        ["environment variable SECRET_KEY: the key has 31 bytes, and at least 32 are needed. Make one"],
    ),
    ("repetitive key", "", {"SECRET_KEY": "abcabcabc" * 5}, ["the key repeats a few characters"]),
    (
        "placeholder key",
        '[auth]\nsecret_key = "please-change-me-before-you-go-into-production"',
        {},
        ["[auth] secret_key: the key looks like the placeholder of an example"],
    ),
    (
        "published key",
        "",
        {"SECRET_KEY": "a-string-secret-at-least-256-bits-long"},
        ["the key is the published key that jwt.io shows: everybody could sign tokens with it"],
    ),
    (
        "secret and its file",
        '[auth]\nsecret_key = "x"\nsecret_key_file = "y"',
        {},
        ["[auth] secret_key_file: is given beside mestral.toml: [auth] secret_key. Keep one of them."],
    ),
    (
        "secret and its file in variables",
        "",
        {"SECRET_KEY": "x", "SECRET_KEY_FILE": "y"},
        [
            "environment variable SECRET_KEY_FILE (auth.secret_key): is given beside",
            "beside environment variable SECRET_KEY. Keep one",
        ],
    ),
    (
        "secret's file is missing",
        "",
        {"MESTRAL_AUTH__SECRET_TOKEN_FILE": "/nowhere/token"},
        ["MESTRAL_AUTH__SECRET_TOKEN_FILE", "file /nowhere/token cannot be read: No such file or directory"],
    ),
    (
        "named file is missing",
        "",
        {"MESTRAL_CONFIG": "/nowhere/mestral.toml"},
        ["environment variable MESTRAL_CONFIG: the file /nowhere/mestral.toml does not exist."],
    ),
]


@pytest.mark.parametrize(
    ("toml", "environ", "parts"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_message_says_where_what_is_allowed_and_what_was_meant(
    load: Load, toml: str, environ: dict[str, str], parts: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(toml, environ)
    errors = [finding.line for finding in caught.value.findings if finding.level == "error"]
    assert len(errors) == 1, errors
    for part in parts:
        assert part in errors[0]
        assert part in str(caught.value)


def test_all_errors_come_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load(
            '[server]\nport = -1\nhots = "x"\n[readers]\ncount = 0\n[auht]\n',
            {"PROTECTION_LEVEL": "none", "SECRET_KEY": "short", "MESTRAL_HTTP__ACCESS_LOG": "perhaps"},
            {"server.max_body_bytes": 1, "state_dir": 7},
        )
    keys = {finding.key for finding in caught.value.findings}
    assert keys == {
        "server.port",
        "server.hots",
        "readers.count",
        "auht",
        "auth.protection_level",
        "auth.secret_key",
        "http.access_log",
        "server.max_body_bytes",
        "state_dir",
    }
    assert str(caught.value).startswith("9 settings are wrong:\n  ")


def test_errors_leave_the_good_settings_and_the_defaults_to_go_on_with(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load('[server]\nport = -1\nhost = "::1"\n[auth]\nsecret_key = "short"')
    settings = caught.value.settings
    assert settings is not None
    assert (settings.server.port, settings.server.host, settings.auth.secret_key) == (8000, "::1", None)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"[server]\nport 8000\n", ["mestral.toml: is not valid TOML:", "line 2, column 6"]),
        (b"[server]\nport = [1,\n", ["is not valid TOML:", "line 3, column 1"]),
        (b"[server]\nport = 1\nport = 2\n", ["is not valid TOML:", "line 3"]),
        (b'[server]\nhost = "\xff"\n', ["mestral.toml, line 2: is not UTF-8 text"]),
        (b"a = " + b"[" * 100_000, ["is not valid TOML"]),
    ],
    ids=["syntax", "unfinished", "twice", "encoding", "too deep"],
)
def test_broken_file_is_refused_with_its_line(load: Load, content: bytes, parts: list[str]) -> None:
    Path("mestral.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(None, {"PORT": "x"})
    broken, variable = caught.value.findings
    for part in parts:
        assert part in broken.line
    assert variable.key == "server.port"  # what is wrong elsewhere is said in the same run


def test_unreadable_file_is_refused_and_not_skipped(load: Load, as_nobody: Callable[[], object]) -> None:
    path = Path("mestral.toml")
    path.write_text("[server]\nport = 9000\n")
    path.chmod(0)
    as_nobody()
    with pytest.raises(SettingsError, match=r"the file mestral\.toml cannot be read: Permission denied"):
        load()


def test_folder_in_place_of_the_file_is_refused(load: Load) -> None:
    Path("mestral.toml").mkdir()
    with pytest.raises(SettingsError, match=r"the file mestral\.toml cannot be read: Is a directory"):
        load()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("MESTRAL_SERVER_PORT", "Did you mean MESTRAL_SERVER__PORT?"),
        ("MESTRAL_AUTH__SECRET_KYE", "Did you mean MESTRAL_AUTH__SECRET_KEY?"),
        ("MESTRAL_PLUGINS__", "Did you mean MESTRAL_PLUGINS__"),
        ("MESTRAL_Q", "Names look like MESTRAL_SERVER__PORT."),
    ],
)
def test_unknown_variable_is_a_warning(load: Load, name: str, suggestion: str) -> None:
    (finding,) = load("", {name: "hush"}).findings
    assert finding.level == "warning"
    assert finding.where == f"environment variable {name}"
    assert suggestion in finding.message
    assert "hush" not in finding.line


@pytest.mark.parametrize(
    ("variable", "key"),
    [("AS_API_SECRET_TOKEN", "auth.secret_token"), ("MESTRAL_METRICS__TOKEN", "metrics.token")],
)
def test_short_static_token_is_a_warning(load: Load, variable: str, key: str) -> None:
    (finding,) = load("", {variable: "letmein"}).findings
    assert (finding.level, finding.key) == ("warning", key)
    assert "can be guessed" in finding.message
    assert load("", {variable: "l" * 16}).findings == ()


@pytest.mark.parametrize(
    ("name", "level", "part"),
    [
        ("JWT_SECRET", "warning", "Tokens are signed with SECRET_KEY"),
        ("WEB_CONCURRENCY", "note", "Set readers.count instead"),
        ("AS_API_CONFIG_FILE", "note", "no plugin offers runner profiles"),
        ("DISABLE_BACKGROUND_TASKS", "note", "no plugin offers periodic tasks"),
        ("RUN_BACKGROUND_TASKS_ON_START", "note", "no plugin offers periodic tasks"),
    ],
)
def test_variable_of_autosubmit_api_that_is_not_read_is_reported(
    load: Load, name: str, level: str, part: str
) -> None:
    (finding,) = load("", {name: "True"}).findings
    assert (finding.level, finding.where) == (level, f"environment variable {name}")
    assert part in finding.message
    assert load("", {name: ""}).findings == ()
