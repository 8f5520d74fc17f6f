"""`load_settings`: everything that was written -> one validated tree.

Guarantees: all errors of core come at once, in one `SettingsError`; what the tables of plugins hold is kept
as it was written and judged by the plugins' own Structs later (`validate_table`).
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mestral.settings.access import AuthSettings
from mestral.settings.autosubmit_api import unread_variables
from mestral.settings.convert import REFUSED, Converter
from mestral.settings.kinds import setting_fields
from mestral.settings.model import (
    Environment,
    Finding,
    PluginsSettings,
    ServerSettings,
    Settings,
    SettingsError,
)
from mestral.settings.nearest import did_you_mean
from mestral.settings.rules import (
    check_database,
    check_http,
    check_only,
    check_people,
    check_server,
    check_times_and_sizes,
)
from mestral.settings.secret import Secret
from mestral.settings.secret_key import weakness
from mestral.settings.sources import SECTIONS, Written, gather
from mestral.settings.state_dir import default_state_dir
from mestral.settings.telemetry import check_telemetry

_SHORT_TOKEN = 16


def load_settings(
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read and check the settings.

    Order of precedence: `overrides` > `MESTRAL_SECTION__KEY` > mestral.toml > the variables of Autosubmit API
    > default. Nothing is created.

    Args:
        config: The mestral.toml to read. None: `$MESTRAL_CONFIG`, else the first that exists of
            ./mestral.toml, ~/.config/mestral/mestral.toml and /etc/mestral/mestral.toml, else none.
        environ: The environment; None: that of the process.
        overrides: Dotted keys from the command line, such as `server.port`; None as a value means not given.
            A `Value` brings its own origin.

    Raises:
        SettingsError: With every error there is.
    """
    environ = Environment(os.environ if environ is None else environ)
    written, file = gather(config, environ, overrides or {})
    converter = Converter(environ)
    origins: dict[str, str] = {}
    _check_names(written, file, converter)
    state_dir = _state_dir(written, converter, environ, origins)
    sections = {
        name: _section(name, struct, written, converter, origins) for name, struct in SECTIONS.items()
    }
    sections["plugins"] = msgspec.structs.replace(sections["plugins"], tables=written.tables)
    sections["server"] = _follow_port(sections["server"], origins)
    sections["server"] = _follow_public_url(sections["server"], converter, origins)
    sections["server"] = check_server(sections["server"], converter, origins)
    sections["http"] = check_http(sections["http"], converter, origins)
    check_times_and_sizes(sections["server"], sections["readers"], converter, origins)
    check_only(sections["plugins"], converter, origins)
    sections["auth"] = check_people(_check_auth(sections["auth"], converter, origins), converter, origins)
    tokens = {
        "auth.secret_token": sections["auth"].secret_token,
        "metrics.token": sections["metrics"].token,
    }
    _check_tokens(tokens, converter, origins)
    sections["database"] = check_database(sections["database"], converter, origins)
    _check_shared(sections["server"], converter, origins)
    sections["telemetry"] = check_telemetry(sections["telemetry"], converter, origins)
    sections["plugins"] = _check_plugins_dir(sections["plugins"], converter, origins)

    findings = (*written.findings, *converter.findings, *unread_variables(environ))
    settings = None
    if state_dir is not None:
        settings = Settings(
            state_dir=state_dir,
            environ=environ,
            origins=origins,
            config_file=file,
            findings=findings,
            **sections,
        )
    if settings is None or any(finding.level == "error" for finding in findings):
        raise SettingsError(findings, settings)
    return settings


def _section(
    name: str, struct: type[msgspec.Struct], written: Written, converter: Converter, origins: dict[str, str]
) -> Any:
    """One table of core; a wrong value is noted and stays at its default."""
    table = written.sections.get(name, {})
    values, places, _ = converter.table(struct, table, key=name, elsewhere=partial(_elsewhere, name))
    origins.update({f"{name}.{key}": place for key, place in places.items() if key in values})
    return struct(**values)


def _state_dir(
    written: Written, converter: Converter, environ: Mapping[str, str], origins: dict[str, str]
) -> Path | None:
    value = written.top.get("state_dir")
    if value is None:
        folder = default_state_dir(environ)
        if folder is None:
            message = (
                "no home folder is known: neither HOME nor passwd names one. Set state_dir in mestral.toml, "
                "or MESTRAL_STATE_DIR, to a folder on a local disk, such as /var/lib/mestral."
            )
            converter.refuse("default of state_dir", "state_dir", message)
        return folder
    hint = next(field.type for field in msgspec.structs.fields(Settings) if field.name == "state_dir")
    folder = converter.value(value, hint, key="state_dir", origins=origins, name="state_dir")
    return None if folder is REFUSED else Path(folder).absolute()


def _check_names(written: Written, file: Path | None, converter: Converter) -> None:
    """Refuse tables, and keys outside any table, that core does not have."""
    for name, table in written.sections.items():
        if name not in SECTIONS:
            where = next((value.origin for value in table.values()), f"{file}: [{name}]")
            known = did_you_mean(name, SECTIONS) or (
                f" Known: {', '.join(SECTIONS)}, plugins.NAME. The table of a plugin is "
                f"[plugins.{name}]. Take it out, or move its keys to one of these."
            )
            converter.refuse(where, name, f"there is no section [{name}].{known}")
    for name, value in written.top.items():
        if name in SECTIONS:
            converter.refuse(value.origin, name, f"must be a table: write [{name}] and its keys below it.")
        elif name != "state_dir":
            converter.refuse(value.origin, name, f"there is no such setting outside a table.{_belongs(name)}")


def _elsewhere(section: str, name: str) -> str:
    """Where a key belongs that is not one of this section."""
    if name == "state_dir":
        return " It stands above all tables."
    if section == "plugins" and not did_you_mean(name, SECTIONS[section].__struct_fields__):
        return f" The table of a plugin is [plugins.{name}]."
    for other, struct in SECTIONS.items():
        if other != section and any(field.encode_name == name for field in setting_fields(struct)):
            return f" It belongs below [{other}]."
    return ""


def _belongs(name: str) -> str:
    return (
        _elsewhere("", name)
        or did_you_mean(name, ["state_dir", *SECTIONS])
        or " Only state_dir stands there."
    )


def _follow_port(server: ServerSettings, origins: dict[str, str]) -> ServerSettings:
    """With PORT alone, listen on every address: platforms that set it expect that (contract/CONFIG.md 1)."""
    place = "environment variable PORT"
    if origins.get("server.port") != place or "server.host" in origins:
        return server
    origins["server.host"] = place
    return msgspec.structs.replace(server, host="0.0.0.0")  # noqa: S104 - asked for


def _follow_public_url(
    server: ServerSettings, converter: Converter, origins: dict[str, str]
) -> ServerSettings:
    """The path of the public address is the root path; where both are given they must agree."""
    if server.public_url is None:
        return server
    path = urlsplit(server.public_url).path
    if "server.root_path" not in origins:
        origins["server.root_path"] = origins["server.public_url"]
        return msgspec.structs.replace(server, root_path=path)
    if path != server.root_path:
        converter.refuse(
            origins["server.public_url"],
            "server.public_url",
            f"server.public_url has the path {path!r}, and server.root_path is {server.root_path!r} "
            f"({origins['server.root_path']}). Make them equal, or leave server.root_path out.",
        )
    return server


def _check_auth(auth: AuthSettings, converter: Converter, origins: Mapping[str, str]) -> AuthSettings:
    """The rules for secrets that no type can hold (contract/AUTH.md B1)."""
    if auth.secret_key and (reason := weakness(auth.secret_key)):
        converter.refuse(
            origins["auth.secret_key"],
            "auth.secret_key",
            f"the key {reason}. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'; "
            "or set none, and one is made for you.",
        )
        auth = msgspec.structs.replace(auth, secret_key=None)
    for number, key in enumerate(auth.old_secret_keys, 1):
        if reason := weakness(key):
            converter.refuse(
                origins["auth.old_secret_keys"],
                "auth.old_secret_keys",
                f"entry {number}: the key {reason}, and tokens that it signs would be accepted. Take it out: "
                "who has such a token logs in again.",
            )
            auth = msgspec.structs.replace(auth, old_secret_keys=())
    return auth


def _check_tokens(
    tokens: Mapping[str, Secret | None], converter: Converter, origins: Mapping[str, str]
) -> None:
    """Warn of static tokens, by their keys, that somebody could find by trying."""
    for key, token in tokens.items():
        if token and len(token.reveal()) < _SHORT_TOKEN:
            message = f"a token of fewer than {_SHORT_TOKEN} characters can be guessed. Use a longer one."
            converter.findings.append(Finding(level="warning", where=origins[key], key=key, message=message))


def _check_plugins_dir(
    plugins: PluginsSettings, converter: Converter, origins: Mapping[str, str]
) -> PluginsSettings:
    """A folder of plugins that is not there would silently be one without plugins."""
    if plugins.dir is None:
        return plugins
    try:
        next(plugins.dir.iterdir(), None)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        converter.refuse(
            origins["plugins.dir"],
            "plugins.dir",
            f"{plugins.dir} must be a folder that this user may read: {reason}. Make it, or leave it out.",
        )
        return msgspec.structs.replace(plugins, dir=None)
    return msgspec.structs.replace(plugins, dir=plugins.dir.absolute())


def _check_shared(server: ServerSettings, converter: Converter, origins: Mapping[str, str]) -> None:
    """A key made by each front for itself would refuse the tokens of the others."""
    if server.several_fronts and "auth.secret_key" not in origins:
        converter.refuse(
            origins["server.several_fronts"],
            "server.several_fronts",
            "several fronts need one signing key, or each refuses the tokens of the others. Set the same "
            "auth.secret_key (SECRET_KEY, or a file in auth.secret_key_file) for all of them.",
        )
    if server.several_fronts and "database.url" not in origins:
        message = (
            "several fronts know of each other's logins, tokens and revocations by one database. Those that "
            "share state_dir on one machine do; for others set database.url (PostgreSQL) on all of them."
        )
        place = origins["server.several_fronts"]
        converter.findings.append(
            Finding(level="note", where=place, key="server.several_fronts", message=message)
        )
