"""A commented mestral.toml of everything that can be set, to start from.

Guarantees: a line that begins with one `#` and no blank is a setting at its default, so that taking every
such `#` away changes nothing. A setting without a default is shown behind `##` with an example of the right
type.
"""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mestral.settings.catalogue import (
    ABSENT,
    Entry,
    PluginTable,
    entries,
    sections,
    state_dir_entry,
)
from mestral.settings.convert import REFUSED, Converter
from mestral.settings.kinds import allowed, choices, item_type, kind_of, struct_type, value_type
from mestral.settings.model import Value
from mestral.settings.secret import Secret

_WIDTH = 110

_HEAD = """\
# Settings of Mestral: save this as mestral.toml.
# A line that begins with one # and no blank is a setting at its default: take the # away to change it, and
# that of its [table]. A line that begins with ## is a setting without a default, and shows an example.
# Lists may be comma-separated in environment variables. Stronger than this file are the variables MESTRAL_...
# and the command line; weaker are the other variables, which belong to Autosubmit API.
"""

_TEXTS = (
    "text",
    "https://example.org",
    "https://example.org/",
    "/path",
    "package.module:name",
    "name@example.org",
    "1",
)
"""Tried in this order where a pattern wants more than any text."""


def template(tables: Sequence[PluginTable], state_dir: Path | None) -> str:
    """The text of the file.

    Args:
        tables: The tables of the plugins.
        state_dir: The default of the setting of that name; None when there is none here.
    """
    top = state_dir_entry()
    if state_dir is not None:
        top = msgspec.structs.replace(top, default=str(state_dir))
    lines = [_HEAD, *_setting(top)]
    for name, struct in sections():
        lines += ["", *_prose(struct.__doc__ or ""), f"#[{name}]", *_table((name,), struct)]
    for table in tables:
        lines.append("")
        if table.problem:
            lines += _prose(f"The settings of plugin {table.name} are not known: {table.problem}")
            continue
        path = ("plugins", table.name)
        lines += [*_prose(table.summary), f"#[{'.'.join(path)}]", *_table(path, *table.structs)]
    return "\n".join(lines) + "\n"


def to_toml(value: Any) -> str:
    """A plain value as TOML has it; tables inline."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{json.dumps(str(key))} = {to_toml(one)}" for key, one in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(path: tuple[str, ...], *structs: type[msgspec.Struct]) -> Iterator[str]:
    for entry in entries(path, *structs):
        yield ""
        yield from _setting(entry)


def _setting(entry: Entry) -> Iterator[str]:
    """Its meaning, what is allowed, its variables, and the line that sets it."""
    about = f"Must be {allowed(entry.hint)}."
    if entry.secret:
        about += f" Or {entry.name}_file: a path to a file that holds it."
    if entry.default is ABSENT:
        about += " It must be given." if entry.required else " Default: none."
    yield from _prose(entry.description, f"{about} Environment: {', '.join(entry.variables)}.")
    value = _example(entry.hint) if entry.default is ABSENT else entry.default
    mark = "##" if entry.default is ABSENT else "#"
    yield f"## {entry.name} = ..." if value is ABSENT else f"{mark}{entry.name} = {to_toml(value)}"


def _prose(*paragraphs: str) -> Iterator[str]:
    for paragraph in paragraphs:
        text = " ".join(paragraph.partition("\n\n")[0].split())
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
        )


def _example(hint: Any) -> Any:
    """A value of this type that the loader takes; `ABSENT` when none is known."""
    return next((value for value in _candidates(hint) if _is_good(value, hint)), ABSENT)


def _candidates(hint: Any) -> Iterable[Any]:
    kind = kind_of(hint)
    given = [one for meta in kind.limits for one in meta.examples or ()]
    if given or choices(kind):
        return [*given, *choices(kind)]
    if (struct := struct_type(kind)) is not None:
        required = [entry for entry in entries((), struct) if entry.required]
        return [{entry.name: _example(entry.hint) for entry in required}]
    if (item := item_type(kind)) is not None:
        return [[_example(item)], []]
    if value_type(kind) is not None:
        return [{}]
    if kind.only is None:
        return [_example(member) for member in kind.types]
    if kind.only in (int, float):
        bounds = [bound for meta in kind.limits for bound in (meta.ge, meta.le) if bound is not None]
        return [*bounds, 1, *(meta.gt + 1 for meta in kind.limits if meta.gt is not None)]
    simple: dict[Any, Sequence[Any]] = {
        bool: [False],
        Secret: ["REPLACE THIS"],
        Path: ["/path/to/it"],
        str: _TEXTS,
    }
    return simple.get(kind.only, _TEXTS)


def _is_good(value: Any, hint: Any) -> bool:
    if value is ABSENT:
        return False
    written = Value(value, "example")
    return Converter({}).value(written, hint, key="example", origins={}, name="example") is not REFUSED
