"""Where settings are written: mestral.toml, `MESTRAL_*` variables, command line; one tree of raw values.

Guarantees: nothing is converted or judged by type here; each value keeps the place it was written at, and a
later source replaces an earlier one key by key.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mestral.settings.home import home_folder
from mestral.settings.kinds import kind_of, setting_fields
from mestral.settings.model import Finding, Settings, Value
from mestral.settings.nearest import nearest
from mestral.settings.secret import Secret

PREFIX = "MESTRAL_"

SECTIONS: dict[str, type[msgspec.Struct]] = {
    field.name: field.type
    for field in msgspec.structs.fields(Settings)
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
}
"""Core's tables in mestral.toml, by name."""

PLUGIN_SWITCHES = {field.name for field in setting_fields(SECTIONS["plugins"])}
"""Keys of `[plugins]` that are settings of core; every other table in it belongs to a plugin."""


class Written(msgspec.Struct):
    """Everything that was written.

    Attributes:
        top: Keys outside any table.
        sections: Tables, by name; `plugins` without the tables of plugins.
        tables: Tables of plugins, by name of the plugin.
        findings: What was wrong with the sources themselves.
    """

    top: dict[str, Value] = {}
    sections: dict[str, dict[str, Value]] = {}
    tables: dict[str, dict[str, Value]] = {}
    findings: list[Finding] = []

    def put(self, path: tuple[str, ...], value: Value) -> None:
        """Write one value over what an earlier source wrote at this path."""
        match path:
            case (key,):
                self.top[key] = value
            case ("plugins", plugin, *keys) if keys and plugin not in PLUGIN_SWITCHES:
                _put_deep(self.tables.setdefault(plugin, {}), keys, value)
            case (section, *keys):
                _put_deep(self.sections.setdefault(section, {}), keys, value)

    def error(self, where: str, key: str, message: str) -> None:
        """Note an error."""
        self.findings.append(Finding(level="error", where=where, key=key, message=message))


def gather(
    config: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object]
) -> tuple[Written, Path | None]:
    """Read all sources, the weakest first.

    Returns:
        What was written, and the file that was read.
    """
    written = Written()
    file = _read_file(written, config, environ)
    for path, value in _environment(written, environ):
        written.put(path, value)
    for key, raw in overrides.items():
        if raw is not None:
            value = raw if isinstance(raw, Value) else Value(raw, "command line")
            written.put(tuple(key.split(".")), msgspec.structs.replace(value, source="command line"))
    return written, file


def core_keys() -> dict[tuple[str, ...], Any]:
    """Path and type of every setting of core, the files of secrets included."""
    keys: dict[tuple[str, ...], Any] = {("state_dir",): Path}
    for section, struct in SECTIONS.items():
        for field in setting_fields(struct):
            keys[section, field.name] = field.type
            if kind_of(field.type).only is Secret:
                keys[section, f"{field.name}_file"] = Path
    return keys


# -- mestral.toml --------------------------------------------------------------------------------------


def _read_file(written: Written, config: Path | None, environ: Mapping[str, str]) -> Path | None:
    variable = environ.get(f"{PREFIX}CONFIG")
    if config is not None or variable:
        file = config if config is not None else Path(variable or "")
        where = str(file) if config is not None else f"environment variable {PREFIX}CONFIG"
        content = _read(written, file, where)
        if content is None:
            written.error(where, "config", f"the file {file} does not exist. Name one that does, or none.")
    else:
        for file in _places(environ):
            content = _read(written, file, str(file))
            if content is not None:
                break
        else:
            return None
    if content:
        _parse(written, file, content)
    return file


def _places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where mestral.toml is looked for; the first one that exists is read."""
    home = home_folder(environ)
    own = [home / ".config/mestral/mestral.toml"] if home is not None else []
    return Path("mestral.toml"), *own, Path("/etc/mestral/mestral.toml")


def _read(written: Written, file: Path, where: str) -> bytes | None:
    """The content, empty when it cannot be read (then an error is noted); None when there is no such file."""
    try:
        return file.expanduser().read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"the file {file} cannot be read: {reason}. Name one that this user may read."
        written.error(where, "config", message)
        return b""


def _parse(written: Written, file: Path, content: bytes) -> None:
    try:
        text = content.decode()
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        written.error(f"{file}, line {line}", "config", "is not UTF-8 text. Save the file as UTF-8.")
        return
    except (ValueError, RecursionError) as error:
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        message = str(error).replace("(at end of document)", f"(at line {line}, column {column}, the end)")
        message += _leading_zero(text, message)
        written.error(str(file), "config", f"is not valid TOML: {message}. Mend it: nothing in it was read.")
        return
    for name, entry in document.items():
        if not isinstance(entry, dict):
            written.put((name,), Value(entry, f"{file}: {name}"))
            continue
        written.sections.setdefault(name, {})
        for key, raw in entry.items():
            if name == "plugins" and isinstance(raw, dict) and key not in PLUGIN_SWITCHES:
                written.tables.setdefault(key, {})
                for inner, value in raw.items():
                    written.put((name, key, inner), Value(value, f"{file}: [{name}.{key}] {inner}"))
            else:
                written.put((name, key), Value(raw, f"{file}: [{name}] {key}"))


def _leading_zero(text: str, message: str) -> str:
    """What to do with permissions written as for chmod: in TOML that is no number."""
    line = re.search(r"at line (\d+)", message)
    if line and re.search(r"=\s*0\d", text.split("\n")[int(line[1]) - 1]):
        return ': no number begins with 0, and permissions stand in quotes, such as uds_mode = "0660"'
    return ""


# -- environment ---------------------------------------------------------------------------------------


def _environment(written: Written, environ: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """`MESTRAL_SECTION__KEY` variables, outer tables before what is in them."""
    known = {variable_of(path): path for path in core_keys()}
    for name in sorted(environ, key=lambda one: (one.count("__"), one)):
        if not name.startswith(PREFIX) or name == f"{PREFIX}CONFIG":
            continue
        path = known.get(name) or tuple(name.removeprefix(PREFIX).lower().split("__"))
        if name in known or (path[0] == "plugins" and len(path) > 2 and all(path)):
            yield path, Value(environ[name], f"environment variable {name}", "environment")
            continue
        likely = _likely(path, known.values())
        hint = f"Did you mean {likely}?" if likely else f"Names look like {PREFIX}SERVER__PORT."
        written.findings.append(
            Finding(
                level="warning",
                where=f"environment variable {name}",
                key=".".join(path),
                message=f"no setting has this name, so it is not read. {hint}",
            )
        )


def _likely(path: tuple[str, ...], known: Iterable[tuple[str, ...]]) -> str | None:
    """The variable that was meant by one that sets nothing."""
    names = {"__".join(one): one for one in [("config",), *known]}
    if likely := nearest("__".join(path), names):
        return variable_of(names[likely])
    if len(path) == 1:  # the section is forgotten
        return next((variable_of(one) for one in names.values() if one[1:] == path), None)
    if nearest(path[0], ["plugins"]) and len(path) > 2:
        return variable_of(("plugins", *path[1:]))
    section = nearest(path[0], SECTIONS)
    return variable_of((section, *path[1:]) if section else ("plugins", *path)) if all(path) else None


def variable_of(path: tuple[str, ...]) -> str:
    """The variable that sets the setting at this path: `MESTRAL_SERVER__PORT`."""
    return PREFIX + "__".join(path).upper()


def _put_deep(table: dict[str, Value], keys: list[str], value: Value) -> None:
    """Write a value into a table, or into a table inside it."""
    key, *rest = keys
    if not rest:
        table[key] = value
        return
    outer = table.get(key)
    inside: dict[str, Value] = {}
    origin = value.origin
    if outer is not None and isinstance(outer.raw, dict):
        origin = outer.origin
        for name, raw in outer.raw.items():
            inside[name] = raw if isinstance(raw, Value) else Value(raw, f"{origin}.{name}", outer.source)
    _put_deep(inside, rest, value)
    table[key] = Value(inside, origin)
