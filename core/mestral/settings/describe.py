"""The settings as rows for `mestral config show`: key, value, origin; secrets masked, defaults too."""

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from mestral.settings.kinds import setting_fields
from mestral.settings.model import Settings
from mestral.settings.secret import Secret, mask_urls
from mestral.settings.sources import SECTIONS

DEFAULT = "default"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        key: Dotted key, such as `server.port`.
        value: Plain value as JSON has it; secrets and passwords in URLs masked.
        origin: Where it was set; `default` when nowhere.
    """

    key: str
    value: Any
    origin: str


def describe(settings: Settings) -> list[Row]:
    """Core's settings."""
    place = settings.origins.get("state_dir", DEFAULT)
    rows = [Row(key="state_dir", value=str(settings.state_dir), origin=place)]
    for name in SECTIONS:
        rows += _rows(getattr(settings, name), name, settings.origins)
    return rows


def describe_table(plugin: str, table: msgspec.Struct, origins: Mapping[str, str]) -> list[Row]:
    """The settings of a plugin.

    Args:
        plugin: Its name.
        table: Its validated settings.
        origins: Where each key was written, as `validate_table` gives it.
    """
    key = f"plugins.{plugin}"
    return list(_rows(table, key, {f"{key}.{name}": place for name, place in origins.items()}))


def _rows(table: msgspec.Struct, key: str, origins: Mapping[str, str], above: str = DEFAULT) -> Iterator[Row]:
    for field in setting_fields(type(table)):
        inner = f"{key}.{field.encode_name}"
        value = getattr(table, field.name)
        place = origins.get(inner, above)
        if isinstance(value, msgspec.Struct):
            yield from _rows(value, inner, origins, place)
        else:
            yield Row(key=inner, value=_masked(value), origin=place)


def _masked(value: Any) -> Any:
    if isinstance(value, Secret):
        return Secret.MASK
    if isinstance(value, str | Path) and not isinstance(value, Enum):
        return mask_urls(str(value))
    if isinstance(value, Mapping):
        return {str(name): _masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    if isinstance(value, msgspec.Struct):
        return {row.key.removeprefix("."): row.value for row in _rows(value, "", {})}
    return msgspec.to_builtins(value, enc_hook=str)
