"""One JSON Schema (2020-12) for the whole mestral.toml: core's tables and those of plugins.

Guarantees: made by msgspec from the Structs that `load_settings` checks with. It is for editors: the rules
between settings, and what a file or a folder must be, only `mestral config check` knows. A table whose plugin
is not known is allowed, as it is by the loader.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Union

import msgspec
from msgspec import NODEFAULT, UNSET, Meta

from mestral.settings.catalogue import (
    ABSENT,
    Entry,
    PluginTable,
    entries,
    sections,
    state_dir_entry,
)
from mestral.settings.kinds import item_type, kind_of, struct_type, value_type
from mestral.settings.secret import Secret

Field = tuple[str, Any, Any]
"""Name, type and default, as `msgspec.defstruct` takes them."""


def json_schema(tables: Sequence[PluginTable]) -> dict[str, Any]:
    """The schema.

    Args:
        tables: The tables of the plugins.
    """
    fields = [*_fields("", [state_dir_entry()])]
    for name, struct in sections():
        inside = [*_fields(name, entries((name,), struct))]
        if name == "plugins":
            inside += [(table.name, _of_plugin(table), UNSET) for table in tables]
        fields.append((name, _struct(name, struct.__doc__, inside), UNSET))
    schema = msgspec.json.schema(
        _struct("mestral_toml", "Settings of Mestral.", fields), schema_hook=_foreign
    )
    schema["$defs"]["plugins"]["additionalProperties"] = {"type": "object"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _of_plugin(table: PluginTable) -> Any:
    if table.problem:
        return _any_table(table.problem)
    path = f"plugins.{table.name}"
    struct = _struct(path, table.summary, _fields(path, entries(("plugins", table.name), *table.structs)))
    try:
        msgspec.json.schema(struct, schema_hook=_foreign)
    except (TypeError, ValueError) as error:  # types for which msgspec has no schema harm this table alone
        return _any_table(f"{table.summary} JSON Schema cannot describe its settings: {error}")
    return struct


def _any_table(about: str) -> Any:
    hint: Any = dict[str, Any]
    return Annotated[hint, Meta(description=about)]


def _fields(path: str, inside: Iterable[Entry]) -> Iterator[Field]:
    """The keys of a table, and the files that may hold its secrets."""
    for entry in inside:
        about = entry.description
        if entry.variables:
            about = f"{about} Environment: {', '.join(entry.variables)}.".strip()
        default = {} if entry.default is ABSENT else {"default": entry.default}
        more = Meta(description=about or None, extra_json_schema=default)
        hint = _plain(entry.hint, f"{path}.{entry.name}")
        yield entry.name, Annotated[hint, more], NODEFAULT if entry.required and not entry.secret else UNSET
        if entry.secret:
            about = f"File that holds {entry.name}, in its place."
            yield f"{entry.name}_file", Annotated[Path, Meta(description=about)], UNSET


def _struct(path: str, doc: str | None, fields: Iterable[Field]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        path.replace(".", "_"),
        fields,
        namespace={"__doc__": (doc or "").partition("\n\n")[0]},
        forbid_unknown_fields=True,
        kw_only=True,
    )


def _plain(hint: Any, path: str) -> Any:
    """The same type without None, which TOML does not have, and with its Structs made plain."""
    kind = kind_of(hint)
    base: Any
    if (struct := struct_type(kind)) is not None:
        base = _struct(path, struct.__doc__, _fields(path, entries((), struct)))
    elif (item := item_type(kind)) is not None:
        base = list[_plain(item, path)]  # type: ignore[misc]
    elif (value := value_type(kind)) is not None:
        base = dict[str, _plain(value, path)]  # type: ignore[misc]
    elif kind.only is None:
        base = Union[tuple(_plain(one, path) for one in kind.types)]  # noqa: UP007 - made from a tuple
    else:
        base = kind.only
    for limit in kind.limits:
        base = Annotated[base, limit]
    return base


def _foreign(kind: type) -> dict[str, Any]:
    """msgspec's hook for the types it does not know."""
    if kind is Secret:
        return {"type": "string", "format": "password"}
    return {"type": "string", "minLength": 1} if kind is Path else {}
