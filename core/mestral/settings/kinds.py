"""What the type of a setting allows: said in words, and read from a text.

Guarantees: pure functions of a type annotation. The types that settings may have: bool, int, float, str,
`Literal`, enums, `Path`, `Secret`, lists, tuples and sets, dicts, Structs, and `| None` of each, with the
limits of `Meta`.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence, Set
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from mestral.settings.secret import Secret, mask_urls

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}
_SHOWN = 80


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A type annotation taken apart.

    Attributes:
        types: The alternatives, None left out; mostly one.
        optional: Whether None is allowed.
        limits: The `Meta`s around it.
    """

    types: tuple[Any, ...]
    optional: bool
    limits: tuple[Meta, ...]

    @property
    def only(self) -> Any:
        """The one type there is, without limits; None when there are several."""
        return self.types[0] if len(self.types) == 1 else None

    @property
    def family(self) -> Any:
        """`list` for `list[int]`, the type itself for a plain one."""
        return get_origin(self.only) or self.only

    @property
    def hint(self) -> Any:
        """The annotation again, for msgspec, without `| None`."""
        base: Any = Union[self.types]  # noqa: UP007 - made from a tuple
        for limit in self.limits:
            base = Annotated[base, limit]
        return base

    @property
    def description(self) -> str:
        """What the setting means, from `Meta`."""
        return next((limit.description for limit in reversed(self.limits) if limit.description), "")

    @property
    def variable(self) -> str | None:
        """The variable of Autosubmit API that also sets it (`Meta(extra={"env": NAME})`)."""
        return next((str(m.extra["env"]) for m in self.limits if m.extra and "env" in m.extra), None)


def kind_of(hint: Any) -> Kind:
    """Take an annotation apart."""
    if get_origin(hint) is Annotated:
        inner = kind_of(hint.__origin__)
        metas = tuple(meta for meta in hint.__metadata__ if isinstance(meta, Meta))
        return Kind(types=inner.types, optional=inner.optional, limits=inner.limits + metas)
    if get_origin(hint) in (Union, UnionType):
        members = get_args(hint)
        rest = tuple(member for member in members if member is not NoneType)
        optional = len(rest) < len(members)
        if len(rest) == 1:
            inner = kind_of(rest[0])
            return Kind(types=inner.types, optional=optional or inner.optional, limits=inner.limits)
        return Kind(types=rest, optional=optional, limits=())
    return Kind(types=(hint,), optional=False, limits=())


def setting_fields(struct: type[msgspec.Struct]) -> list[msgspec.structs.FieldInfo]:
    """The fields that are settings: all without `Meta(extra={"setting": False})`."""
    return [
        field
        for field in msgspec.structs.fields(struct)
        if not any((meta.extra or {}).get("setting") is False for meta in kind_of(field.type).limits)
    ]


def item_type(kind: Kind) -> Any:
    """The type of the entries of a list, set or tuple of any length; None when it is not one of those."""
    args = get_args(kind.only)
    if not isinstance(kind.family, type) or not issubclass(kind.family, Sequence | Set):
        return None
    if issubclass(kind.family, str | bytes) or (issubclass(kind.family, tuple) and args[1:] != (...,)):
        return None
    return args[0] if args else Any


def value_type(kind: Kind) -> Any:
    """The type of the values of a dict; None when it is not one."""
    if not isinstance(kind.family, type) or not issubclass(kind.family, Mapping):
        return None
    args = get_args(kind.only)
    return args[1] if args else Any


def struct_type(kind: Kind) -> type[msgspec.Struct] | None:
    """The Struct when the setting is a table with named keys."""
    only = kind.only
    return only if isinstance(only, type) and issubclass(only, msgspec.Struct) else None


def is_secret(hint: Any) -> bool:
    """Whether a secret is anywhere in it, so that its values are never shown."""
    if hint is Secret:
        return True
    if get_origin(hint) is Annotated:
        return is_secret(hint.__origin__)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return any(is_secret(field.type) for field in msgspec.structs.fields(hint))
    return any(is_secret(arg) for arg in get_args(hint))


def choices(kind: Kind) -> tuple[Any, ...]:
    """The values that a `Literal` or an enum allows; none for another type."""
    if kind.family is Literal:
        return get_args(kind.only)
    if isinstance(kind.only, type) and issubclass(kind.only, Enum):
        return tuple(member.value for member in kind.only)
    return ()


def allowed(hint: Any) -> str:
    """What is allowed, as the rest of a sentence that begins with `must be`."""
    kind = kind_of(hint)
    if options := choices(kind):
        return _either([str(option) for option in options])
    if kind.only is None:
        return _either([allowed(member) for member in kind.types])
    if (item := item_type(kind)) is not None:
        return f"a list{_size(kind, 'entries')} (each entry: {allowed(item)})"
    if value_type(kind) is not None or struct_type(kind) is not None:
        return "a table"
    if kind.only in (int, float):
        return ("a whole number" if kind.only is int else "a number") + _range(kind)
    if kind.only is str:
        pattern = next((f" that matches {meta.pattern}" for meta in kind.limits if meta.pattern), "")
        return f"a text{_size(kind, 'characters')}{pattern}"
    words = {bool: "true or false", Secret: "a text that is not empty", Path: "a path", Any: "any value"}
    return words.get(kind.only) or f"a {getattr(kind.only, '__name__', kind.only)}"


def from_text(text: str, hint: Any) -> Any:
    """The TOML value that a text of the environment or the command line stands for.

    Lists are TOML arrays or comma-separated, tables are TOML inline tables; an empty text is None where None
    is allowed.

    Raises:
        ValueError: It cannot be read as this type.
    """
    kind = kind_of(hint)
    if text == "" and kind.optional:
        return None
    if kind.only is None:
        return _from_text_of_any(text, kind.types)
    if options := choices(kind):
        return next((option for option in options if str(option) == text), text)
    if (item := item_type(kind)) is not None:
        if text.lstrip().startswith("["):
            return _toml(text)
        return [from_text(part.strip(), item) for part in text.split(",") if part.strip()]
    if value_type(kind) is not None or struct_type(kind) is not None:
        return _toml(text)
    if kind.only is bool:
        word = text.strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(text)
        return word in _TRUE
    return kind.only(text) if kind.only in (int, float) else text


def show(raw: Any) -> str:
    """A value for a message: as TOML would have it, short, passwords in URLs masked."""
    text = mask_urls(json.dumps(raw, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _from_text_of_any(text: str, types: Sequence[Any]) -> Any:
    for member in sorted(types, key=lambda one: kind_of(one).only is str):
        try:
            return msgspec.convert(from_text(text, member), member)
        except (ValueError, msgspec.ValidationError):
            continue
    raise ValueError(text)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except RecursionError:
        raise ValueError(text) from None


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _limit(kind: Kind, name: str) -> Any:
    found = (getattr(meta, name) for meta in kind.limits)
    return next((value for value in found if value is not None), None)


def _range(kind: Kind) -> str:
    ge, gt, le, lt = (_limit(kind, name) for name in ("ge", "gt", "le", "lt"))
    if ge is not None and le is not None:
        return f" from {ge} to {le}"
    bounds = {"of at least": ge, "greater than": gt, "of at most": le, "less than": lt}
    said = [f"{words} {bound}" for words, bound in bounds.items() if bound is not None]
    return f" {' and '.join(said)}" if said else ""


def _size(kind: Kind, what: str) -> str:
    least, most = _limit(kind, "min_length"), _limit(kind, "max_length")
    if least is not None and most is not None:
        return f" of {least} to {most} {what}"
    if least is not None:
        return f" of at least {least} {what}"
    return f" of at most {most} {what}" if most is not None else ""
