"""Raw values -> typed values, with a finding for everything that is refused.

Guarantees: every field of every table is converted on its own, so that all errors come at once; core's tables
and those of plugins take the same way. A value of a secret is in no finding.
"""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mestral.settings.home import home_folder
from mestral.settings.kinds import (
    Kind,
    allowed,
    choices,
    from_text,
    is_secret,
    item_type,
    kind_of,
    setting_fields,
    show,
    struct_type,
    value_type,
)
from mestral.settings.model import Finding, Value
from mestral.settings.nearest import did_you_mean
from mestral.settings.secret import Secret
from mestral.settings.secret_file import read_secret, readable_by_all

REFUSED = msgspec.UNSET
"""Stands for a value that was refused; a finding says why."""


class At(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value was written and what it is for.

    Attributes:
        key: Dotted key from the root, such as `server.port`.
        value: The value as it was written.
        hint: The type of the whole setting, whose description ends a message.
        entry: Which part of the setting: `, entry 2`; empty for the whole.
        otherwise: What becomes of the setting when it is left out, as a sentence; empty when it is needed.
    """

    key: str
    value: Value
    hint: Any
    entry: str = ""
    otherwise: str = ""

    @property
    def where(self) -> str:
        """The place for a finding; the key is named when the place does not."""
        origin = self.value.origin
        named = origin if self.value.source == "file" else f"{origin} ({self.key})"
        return named + self.entry


class Converter:
    """Converts tables and collects findings.

    Args:
        environ: Where the variables of Autosubmit API and the home folder are looked up.
        plugin: The plugin whose table is converted; None for core.
    """

    def __init__(self, environ: Mapping[str, str], plugin: str | None = None) -> None:
        self.findings: list[Finding] = []
        self._environ = environ
        self._plugin = plugin

    def table(
        self,
        struct: type[msgspec.Struct],
        table: Mapping[str, Value],
        *,
        key: str,
        also_known: Iterable[str] = (),
        elsewhere: Callable[[str], str] = lambda name: "",
    ) -> tuple[dict[str, Any], dict[str, str], bool]:
        """Convert the keys of one table.

        Args:
            struct: The Struct whose fields are the settings.
            table: What was written.
            key: Dotted key of the table.
            also_known: Keys that did-you-mean may name beside the fields.
            elsewhere: Says where a key belongs that is none of this table; empty when nobody has it.

        Returns:
            The good values by field name; where each key was written; whether every field is good.
        """
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        fields = setting_fields(struct)
        known = {field.encode_name for field in fields}
        files = {f"{f.encode_name}_file" for f in fields if _is_plain_secret(f.type)} - known
        good = True
        for field in fields:
            name = field.encode_name
            hint = field.type
            written = self._written(name, f"{key}.{name}", hint, table, files)
            if written is REFUSED:
                good = False
            elif written is not None:
                origins[name] = written.origin
                at = At(key=f"{key}.{name}", value=written, hint=hint, otherwise=_otherwise(field))
                value = self._convert(written, hint, at, origins, name)
                if value is REFUSED:
                    good = False
                else:
                    values[field.name] = value
            elif field.required:
                good = False
                message = f"{name} must be given: {allowed(hint)}. {_about(hint)}"
                self.refuse(f"[{key}]", f"{key}.{name}", message)
        for name in sorted(table.keys() - known - files):
            good = False
            unknown = At(key=f"{key}.{name}", value=table[name], hint=None)
            hint = elsewhere(name) or did_you_mean(name, {*known, *files, *also_known}) or _list(known)
            self.refuse(unknown.where, unknown.key, f"there is no such setting.{hint}")
        return values, origins, good

    def value(self, written: Value, hint: Any, *, key: str, origins: dict[str, str], name: str) -> Any:
        """Convert one setting; `origins` gets the keys inside it under `name`."""
        return self._convert(written, hint, At(key=key, value=written, hint=hint), origins, name)

    def build(self, struct: type[msgspec.Struct], values: Mapping[str, Any], *, where: str, key: str) -> Any:
        """Make the Struct; its own `__post_init__` may still refuse the values together."""
        try:
            return struct(**values)
        except (ValueError, TypeError) as error:
            self.refuse(where, key, str(error))
            return REFUSED

    def refuse(self, where: str, key: str, message: str) -> None:
        """Note an error."""
        self.findings.append(
            Finding(level="error", where=where, key=key, message=message.rstrip(), plugin=self._plugin)
        )

    # -- where a setting comes from -------------------------------------------------------------------------

    def _written(self, name: str, key: str, hint: Any, table: Mapping[str, Value], files: set[str]) -> Any:
        """What was written for a setting: in the table, else in a variable of Autosubmit API, else None."""
        direct, filed = table.get(name), None
        if f"{name}_file" in files:
            filed = table.get(f"{name}_file")
        if direct is None and filed is None and (variable := kind_of(hint).variable):
            direct = self._variable(variable)
            filed = self._variable(f"{variable}_FILE") if _is_plain_secret(hint) else None
        if filed is None:
            return direct
        if direct is not None and direct.source == filed.source:
            other = At(key=key, value=filed, hint=hint)
            self.refuse(other.where, key, f"is given beside {direct.origin}. Keep one of them.")
            return REFUSED
        if direct is not None and _RANK[direct.source] > _RANK[filed.source]:
            return direct
        return self._secret(filed, At(key=f"{key}_file", value=filed, hint=hint))

    def _variable(self, name: str) -> Value | None:
        """A variable of Autosubmit API; empty counts as unset."""
        text = self._environ.get(name)
        return Value(text, f"environment variable {name}", "environment") if text else None

    def _secret(self, filed: Value, at: At) -> Any:
        path = self._convert(filed, Path, at, {}, "")
        if path is REFUSED:
            return REFUSED
        try:
            text = read_secret(path)
        except ValueError as error:
            self.refuse(at.where, at.key, str(error))
            return REFUSED
        if readable_by_all(path):
            message = f"every account can read the secret in {path}. Run: chmod 600 {path}"
            self.findings.append(
                Finding(level="warning", where=at.where, key=at.key, message=message, plugin=self._plugin)
            )
        return Value(text, f"{filed.origin} ({path})", filed.source)

    # -- from raw to typed ----------------------------------------------------------------------------------

    def _convert(self, raw: Any, hint: Any, at: At, origins: dict[str, str], name: str) -> Any:
        if isinstance(raw, Value):
            at = msgspec.structs.replace(at, value=raw, entry="")
            origins[name] = raw.origin
            raw = raw.raw
            if at.value.source != "file" and isinstance(raw, str):
                try:
                    raw = from_text(raw, hint)
                except ValueError:
                    return self._not_allowed(raw, hint, at)
        kind = kind_of(hint)
        if kind.optional and (raw is None or (kind.only is Secret and raw == "")):
            return None
        if (struct := struct_type(kind)) is not None:
            return self._struct(struct, raw, hint, at, origins, name)
        if (item := item_type(kind)) is not None:
            if not isinstance(raw, list | tuple | set | frozenset):
                return self._not_allowed(raw, hint, at)
            items = [self._inner(one, item, at, n, origins, name) for n, one in enumerate(raw)]
            return self._finish(items, raw, kind, hint, at)
        if (inner := value_type(kind)) is not None:
            if not isinstance(raw, Mapping):
                return self._not_allowed(raw, hint, at)
            entries = {k: self._inner(v, inner, at, k, origins, name) for k, v in raw.items()}
            return REFUSED if any(entry is REFUSED for entry in entries.values()) else entries
        return self._leaf(_plain(raw), kind, hint, at)

    def _struct(
        self, struct: type[msgspec.Struct], raw: Any, hint: Any, at: At, origins: dict[str, str], name: str
    ) -> Any:
        if not isinstance(raw, Mapping):
            return self._not_allowed(raw, hint, at)
        origin = at.value.origin + at.entry
        table = {
            k: v if isinstance(v, Value) else Value(v, f"{origin}.{k}", at.value.source)
            for k, v in raw.items()
        }
        values, inner, good = self.table(struct, table, key=at.key)
        origins.update({f"{name}.{k}": place for k, place in inner.items()})
        return self.build(struct, values, where=at.where, key=at.key) if good else REFUSED

    def _inner(self, raw: Any, hint: Any, at: At, index: Any, origins: dict[str, str], name: str) -> Any:
        entry = f", entry {index + 1}" if isinstance(index, int) else f", entry {index}"
        inner = msgspec.structs.replace(at, key=f"{at.key}.{index}", entry=at.entry + entry)
        return self._convert(raw, hint, inner, origins, f"{name}.{index}")

    def _finish(self, items: list[Any], raw: Any, kind: Kind, hint: Any, at: At) -> Any:
        if any(item is REFUSED for item in items):
            return REFUSED
        lengths = [(meta.min_length, meta.max_length) for meta in kind.limits]
        if any((low or 0) > len(items) or (high is not None and len(items) > high) for low, high in lengths):
            return self._not_allowed(raw, hint, at)
        return kind.family(items) if kind.family in (tuple, set, frozenset) else items

    def _leaf(self, raw: Any, kind: Kind, hint: Any, at: At) -> Any:
        if kind.only is Path:
            return self._path(raw, hint, at)
        try:
            value = msgspec.convert(raw, kind.hint, dec_hook=_decode)
        except msgspec.ValidationError:
            return self._not_allowed(raw, hint, at)
        if (isinstance(value, float) and not math.isfinite(value)) or (kind.only is Secret and not value):
            return self._not_allowed(raw, hint, at)
        return value

    def _path(self, raw: Any, hint: Any, at: At) -> Any:
        if not isinstance(raw, str | Path) or not str(raw) or "\0" in str(raw):
            return self._not_allowed(raw, hint, at)
        home = home_folder(self._environ)
        if home is not None and str(raw).split("/", 1)[0] == "~":
            return home / str(raw)[2:]
        return Path(os.path.expanduser(raw))  # noqa: PTH111 - leaves `~nobody` as it is instead of raising

    def _not_allowed(self, raw: Any, hint: Any, at: At) -> Any:
        """Say what is allowed, and what was found unless it is a secret."""
        secret = is_secret(at.hint)
        found = "" if secret else f", not {show(_plain(raw))}"
        texts = [str(choice) for choice in choices(kind_of(hint))]
        suggestion = did_you_mean(raw, texts) if texts and isinstance(raw, str) and not secret else ""
        about = " ".join(filter(None, [_about(at.hint), at.otherwise]))
        self.refuse(at.where, at.key, f"must be {allowed(hint)}{found}.{suggestion} {about}")
        return REFUSED


_RANK = {"file": 0, "environment": 1, "command line": 2}


def _is_plain_secret(hint: Any) -> bool:
    return kind_of(hint).only is Secret


def _about(hint: Any) -> str:
    return kind_of(hint).description


def _otherwise(field: msgspec.structs.FieldInfo) -> str:
    """What becomes of a setting that is left out."""
    if field.required:
        return ""
    default = field.default
    if default in (None, msgspec.NODEFAULT, (), "") or is_secret(field.type):
        return "Or leave it out."
    return f"Or leave it out: then it is {show(msgspec.to_builtins(default, enc_hook=str))}."


def _list(known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    return f" Known: {names}. Take it out." if names else " It has none. Take it out."


def _plain(raw: Any) -> Any:
    """Without the `Value`s inside."""
    if isinstance(raw, Value):
        return _plain(raw.raw)
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    return [_plain(value) for value in raw] if isinstance(raw, list | tuple) else raw


def _decode(kind: type, raw: Any) -> Any:
    """msgspec's hook for the types it does not know."""
    if isinstance(raw, kind):
        return raw
    if isinstance(raw, str) and kind in (Secret, Path):
        return Secret(raw) if kind is Secret else Path(raw)
    raise msgspec.ValidationError(f"no {kind.__name__}")
