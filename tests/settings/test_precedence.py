"""Which of several places wins, and what a text of the environment becomes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mestral.settings import Settings, SettingsError, Value, load_settings

Load = Callable[..., Settings]


def test_each_place_beats_the_one_below_it(load: Load) -> None:
    legacy = {"PORT": "1001"}
    variable = {"MESTRAL_SERVER__PORT": "1003", **legacy}
    file = "[server]\nport = 1002\n"
    assert load().server.port == 8000
    assert load(None, legacy).server.port == 1001
    assert load(file, legacy).server.port == 1002
    assert load(file, variable).server.port == 1003
    settings = load(file, variable, {"server.port": 1004})
    assert settings.server.port == 1004
    assert load(file, variable, {"server.port": None}).server.port == 1003  # an option that was not given


@pytest.mark.parametrize(
    ("toml", "environ", "overrides", "host"),
    [
        (None, {"PORT": "1001"}, {}, "0.0.0.0"),
        (None, {"MESTRAL_SERVER__PORT": "1001"}, {}, "127.0.0.1"),
        (None, {"PORT": "1001"}, {"server.port": 1002}, "127.0.0.1"),
        ("[server]\nhost = '::1'\n", {"PORT": "1001"}, {}, "::1"),
    ],
)
def test_port_alone_means_every_address(
    load: Load, toml: str | None, environ: dict[str, str], overrides: dict[str, object], host: str
) -> None:
    assert load(toml, environ, overrides).server.host == host


def test_origins_say_where_each_setting_was_written(load: Load) -> None:
    settings = load(
        "[server]\nport = 1\nhost = '::1'\n",
        {"PROTECTION_LEVEL": "NONE", "MESTRAL_HTTP__ACCESS_LOG": "no"},
        {"readers.count": Value(3, "command line --readers"), "server.host": "::2"},
    )
    assert settings.origins == {
        "server.port": "mestral.toml: [server] port",
        "server.host": "command line",
        "auth.protection_level": "environment variable PROTECTION_LEVEL",
        "http.access_log": "environment variable MESTRAL_HTTP__ACCESS_LOG",
        "readers.count": "command line --readers",
    }
    assert (settings.readers.count, settings.server.host) == (3, "::2")


def test_option_of_the_command_line_is_named_when_it_is_wrong(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"command line --port \(server\.port\): must be a whole number"):
        load(overrides={"server.port": Value("x", "command line --port")})


@pytest.mark.parametrize(
    ("name", "text", "get", "value"),
    [
        ("MESTRAL_HTTP__ACCESS_LOG", "OFF", lambda s: s.http.access_log, False),
        ("MESTRAL_HTTP__ACCESS_LOG", "0", lambda s: s.http.access_log, False),
        ("MESTRAL_HTTP__ACCESS_LOG", "Yes", lambda s: s.http.access_log, True),
        ("MESTRAL_READERS__TIME_SECONDS", "2.5", lambda s: s.readers.time_seconds, 2.5),
        ("MESTRAL_READERS__COUNT", "4", lambda s: s.readers.count, 4),
        ("MESTRAL_READERS__COUNT", "", lambda s: s.readers.count, None),
        ("MESTRAL_PLUGINS__ENABLED", "a, b,", lambda s: s.plugins.enabled, ("a", "b")),
        ("MESTRAL_PLUGINS__ENABLED", '["a,b", "c"]', lambda s: s.plugins.enabled, ("a,b", "c")),
        ("MESTRAL_PLUGINS__ENABLED", "", lambda s: s.plugins.enabled, ()),
        ("MESTRAL_SERVER__HOST", "1.2.3.4", lambda s: s.server.host, "1.2.3.4"),
        ("MESTRAL_SERVER__UDS", "/run/x", lambda s: s.server.uds, Path("/run/x")),
        ("MESTRAL_STATE_DIR", "/var/lib/x", lambda s: s.state_dir, Path("/var/lib/x")),
        ("PORT", "99", lambda s: s.server.port, 99),
        ("PORT", "", lambda s: s.server.port, 8000),
        ("PROTECTION_LEVEL", "", lambda s: s.auth.protection_level, "ALL"),
        ("PROTECTION_LEVEL", "WRITEONLY", lambda s: s.auth.protection_level, "WRITEONLY"),
        ("AS_API_ROOT_PATH", "/api", lambda s: s.server.root_path, "/api"),
        ("FORWARDED_ALLOW_IPS", "*", lambda s: s.server.forwarded_allow_ips, "*"),
        (
            "AS_API_SECRET_TOKEN",
            "0123456789abcdef",
            lambda s: s.auth.secret_token.reveal(),
            "0123456789abcdef",
        ),
        ("AS_API_SECRET_TOKEN", "", lambda s: s.auth.secret_token, None),
        ("SECRET_KEY", "", lambda s: s.auth.secret_key, None),
    ],
)
def test_text_of_the_environment_is_read_by_the_type(
    load: Load, name: str, text: str, get: Callable[[Settings], Any], value: object
) -> None:
    settings = load(None, {name: text})
    assert get(settings) == value
    assert settings.findings == ()


def test_tables_of_plugins_are_kept_as_they_were_written(load: Load) -> None:
    settings = load(
        "[plugins]\nenabled = ['x']\n[plugins.x]\nsource = 'a'\nlevels = 2\n"
        "[plugins.x.deep]\na = 1\n[plugins.y]\n",
        {"MESTRAL_PLUGINS__X__SOURCE": "b", "MESTRAL_PLUGINS__X__DEEP__B": "2"},
        {"plugins.z.key": True},
    )
    tables = settings.plugins.tables
    assert settings.plugins.enabled == ("x",)
    assert set(tables) == {"x", "y", "z"}
    assert tables["y"] == {}
    assert tables["x"]["source"] == Value(
        "b", "environment variable MESTRAL_PLUGINS__X__SOURCE", "environment"
    )
    assert tables["x"]["levels"] == Value(2, "mestral.toml: [plugins.x] levels")
    assert tables["x"]["deep"].raw["a"] == Value(1, "mestral.toml: [plugins.x] deep.a")
    assert tables["x"]["deep"].raw["b"].raw == "2"
    assert tables["z"]["key"] == Value(True, "command line", "command line")


def test_first_file_that_exists_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    for port, path in enumerate(
        [
            home / ".config/mestral/mestral.toml",
            tmp_path / "mestral.toml",
            tmp_path / "named",
            tmp_path / "given",
        ],
        1,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[server]\nport = {port}\n")
    monkeypatch.chdir(home)
    environ = {"HOME": str(home), "MESTRAL_CONFIG": ""}
    assert load_settings(environ=environ).server.port == 1
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ=environ).server.port == 2
    environ["MESTRAL_CONFIG"] = "named"
    settings = load_settings(environ=environ)
    assert (settings.server.port, settings.config_file) == (3, Path("named"))
    assert load_settings(environ=environ, config=tmp_path / "given").server.port == 4
    with pytest.raises(SettingsError, match="the file missing does not exist"):
        load_settings(environ=environ, config=Path("missing"))


def test_environment_of_the_process_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MESTRAL_SERVER__PORT", "1234")
    monkeypatch.delenv("MESTRAL_CONFIG", raising=False)
    assert load_settings().server.port == 1234
