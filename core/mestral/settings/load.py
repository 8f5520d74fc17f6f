"""`load_settings`: everything that was written -> one validated tree.

Guarantees: all errors of core come at once, in one `SettingsError`; what the tables of plugins hold is kept
as it was written and judged by the plugins' own Structs later (`validate_table`).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mestral.settings.autosubmit_api import unread_variables
from mestral.settings.convert import REFUSED, Converter
from mestral.settings.model import (
    AuthSettings,
    Environment,
    Finding,
    ServerSettings,
    Settings,
    SettingsError,
)
from mestral.settings.nearest import did_you_mean
from mestral.settings.secret_key import weakness
from mestral.settings.sources import SECTIONS, Written, gather
from mestral.settings.state_dir import default_state_dir

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
    _check_names(written, converter)
    state_dir = _state_dir(written, converter, environ, origins)
    sections = {
        name: _section(name, struct, written, converter, origins) for name, struct in SECTIONS.items()
    }
    sections["plugins"] = msgspec.structs.replace(sections["plugins"], tables=written.tables)
    sections["server"] = _follow_port(sections["server"], origins)
    sections["auth"] = _check_auth(sections["auth"], converter, origins)

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
    values, places, _ = converter.table(struct, table, key=name)
    origins.update({f"{name}.{key}": place for key, place in places.items() if key in values})
    return struct(**values)


def _state_dir(
    written: Written, converter: Converter, environ: Mapping[str, str], origins: dict[str, str]
) -> Path | None:
    value = written.top.get("state_dir")
    if value is None:
        folder = default_state_dir(environ)
        if folder is None:
            message = "no home folder is known. Set MESTRAL_STATE_DIR to a folder on a local disk."
            converter.refuse("default of state_dir", "state_dir", message)
        return folder
    hint = next(field.type for field in msgspec.structs.fields(Settings) if field.name == "state_dir")
    folder = converter.value(value, hint, key="state_dir", origins=origins, name="state_dir")
    return None if folder is REFUSED else Path(folder).absolute()


def _check_names(written: Written, converter: Converter) -> None:
    """Refuse tables, and keys outside any table, that core does not have."""
    for name, table in written.sections.items():
        if name not in SECTIONS:
            where = next((value.origin for value in table.values()), f"[{name}]")
            known = did_you_mean(name, SECTIONS) or f" Known: {', '.join(SECTIONS)}, plugins.NAME."
            converter.refuse(where, name, f"there is no section [{name}].{known}")
    for name, value in written.top.items():
        if name in SECTIONS:
            converter.refuse(value.origin, name, f"must be a table: write [{name}] and its keys below it.")
        elif name != "state_dir":
            converter.refuse(value.origin, name, f"there is no such setting outside a table.{_belongs(name)}")


def _belongs(name: str) -> str:
    for section, struct in SECTIONS.items():
        if name in struct.__struct_fields__:
            return f" It belongs below [{section}]."
    return did_you_mean(name, ["state_dir", *SECTIONS]) or " Only state_dir stands there."


def _follow_port(server: ServerSettings, origins: dict[str, str]) -> ServerSettings:
    """With PORT alone, listen on every address: platforms that set it expect that (contract/CONFIG.md 1)."""
    place = "environment variable PORT"
    if origins.get("server.port") != place or "server.host" in origins:
        return server
    origins["server.host"] = place
    return msgspec.structs.replace(server, host="0.0.0.0")  # noqa: S104 - asked for


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
    if auth.secret_token and len(auth.secret_token.reveal()) < _SHORT_TOKEN:
        converter.findings.append(
            Finding(
                level="warning",
                where=origins["auth.secret_token"],
                key="auth.secret_token",
                message=f"a token of fewer than {_SHORT_TOKEN} characters can be guessed. Use a longer one.",
            )
        )
    return auth
