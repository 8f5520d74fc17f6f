"""`validate_table`: the settings of one plugin, from what was written to its own Struct."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from mestral.settings.convert import REFUSED, Converter
from mestral.settings.model import Finding, PluginOptions, Value

S = TypeVar("S", bound=msgspec.Struct)


def validate_table(
    struct_type: type[S], table: Mapping[str, Value], *, plugin: str, environ: Mapping[str, str]
) -> tuple[S | None, tuple[Finding, ...], dict[str, str]]:
    """Check a `[plugins.<name>]` table against a Struct, every field on its own.

    Args:
        struct_type: The Struct whose fields are the settings; `Meta(description=...)` is quoted in messages,
            `Meta(extra={"env": NAME})` names a variable of Autosubmit API, read when the table is silent.
        table: The table, without the keys that belong to another Struct (core's `PluginOptions`).
        plugin: Name of the plugin.
        environ: The environment: `Settings.environ`.

    Returns:
        The Struct, None when anything is wrong; everything that was found; where each key was written (dotted
        for tables inside the table), without those at their default.
    """
    converter = Converter(environ, plugin)
    key = f"plugins.{plugin}"
    also_known = PluginOptions.__struct_fields__
    values, origins, good = converter.table(struct_type, table, key=key, also_known=also_known)
    built = converter.build(struct_type, values, where=f"[{key}]", key=key) if good else REFUSED
    return None if built is REFUSED else built, tuple(converter.findings), origins
