"""Everything that can be set: core's tables and those of plugins, as a list of entries.

Guarantees: pure functions of the Structs; what `mestral config schema` and `config template` say is made from
the same types that `load_settings` checks with.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import NODEFAULT

from mestral.settings.kinds import kind_of, setting_fields
from mestral.settings.model import PluginOptions, Settings
from mestral.settings.secret import Secret
from mestral.settings.sources import SECTIONS, variable_of

ABSENT = msgspec.UNSET
"""Default of a setting that has none."""


class PluginTable(msgspec.Struct, frozen=True, kw_only=True):
    """The table of a plugin.

    Attributes:
        name: Its name.
        summary: What it does; empty when that is not known.
        settings: The Struct of its table; None when it declares none.
        problem: Why its settings are not known; empty when they are.
    """

    name: str
    summary: str = ""
    settings: type[msgspec.Struct] | None = None
    problem: str = ""

    @property
    def structs(self) -> tuple[type[msgspec.Struct], ...]:
        """What the table is made of: core's options, and its own settings."""
        return (PluginOptions, *([self.settings] if self.settings else []))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        name: Its key in its table.
        hint: Its type.
        default: Its default as TOML has it; `ABSENT` when it has none.
        variables: The environment variables that set it, the strongest first.
        required: Whether its table is wrong without it.
    """

    name: str
    hint: Any
    default: Any = ABSENT
    variables: tuple[str, ...] = ()
    required: bool = False

    @property
    def description(self) -> str:
        """What it means."""
        return kind_of(self.hint).description

    @property
    def secret(self) -> bool:
        """Whether it may also be in a file of its own, named by `<name>_file`."""
        return kind_of(self.hint).only is Secret


def state_dir_entry() -> Entry:
    """The one setting outside any table."""
    hint = next(field.type for field in msgspec.structs.fields(Settings) if field.name == "state_dir")
    return Entry(name="state_dir", hint=hint, variables=(variable_of(("state_dir",)),))


def entries(path: tuple[str, ...], *structs: type[msgspec.Struct]) -> Iterator[Entry]:
    """The settings of a table, in their order.

    Args:
        path: The table's path from the root; empty where no variable leads to it (an entry of a list).
        structs: What the table is made of.
    """
    for struct in structs:
        for field in setting_fields(struct):
            own = kind_of(field.type).variable
            name = field.encode_name
            yield Entry(
                name=name,
                hint=field.type,
                default=_default(field),
                variables=(*([variable_of((*path, name))] if path else []), *([own] if own else [])),
                required=field.required,
            )


def variables(structs: Iterable[type[msgspec.Struct]]) -> Iterator[str]:
    """The variables of Autosubmit API that set something in these tables."""
    for struct in structs:
        for entry in entries((), struct):
            yield from entry.variables
            if entry.secret:
                yield from (f"{name}_FILE" for name in entry.variables)


def sections() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Core's tables, `plugins` last, because the tables of plugins follow it."""
    yield from sorted(SECTIONS.items(), key=lambda section: section[0] == "plugins")


def _default(field: msgspec.structs.FieldInfo) -> Any:
    value = field.default
    if value is NODEFAULT and field.default_factory is not NODEFAULT:
        value = field.default_factory()
    if value is NODEFAULT or value is None or isinstance(value, Secret):
        return ABSENT
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)
