"""Placeholders: `%SECTION.KEY%`, and `%^SECTION.KEY%` for those that are filled in late.

Guarantees: ends, whatever refers to what: at most `MAX_ROUNDS` rounds, and no more text than the budget
allows. What names nothing, or something empty, stays as it is written. Names are compared without regard to
case. Only values change, never keys.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from mestral_experiments.sources.configuration.limits import MAX_ROUNDS, Budget

Slot = tuple[Any, Any]
Scopes = Sequence[Mapping[str, Any]]

_EARLY = re.compile(r"%([A-Za-z0-9_.-]*)%")
_LATE = re.compile(r"%\^([A-Za-z0-9_.-]+)%")


def has_placeholders(data: dict[str, Any]) -> bool:
    """Whether any text in `data` may hold one. Cheap."""
    return next(_texts(data), None) is not None


def resolve(data: dict[str, Any], budget: Budget, *more: Mapping[str, Any]) -> None:
    """Fill in the placeholders of all texts of `data`, in place.

    Args:
        data: With upper-case keys. Names are looked up here first.
        budget: What the texts may grow to.
        more: Where else to look, in order.
    """
    _fill(data, _EARLY, budget, (data, *more))


def resolve_late(data: dict[str, Any], budget: Budget, *more: Mapping[str, Any]) -> None:
    """Fill in the late placeholders of all texts of `data`, in place, and the others that they bring."""
    _fill(data, _LATE, budget, (data, *more))
    resolve(data, budget, *more)


def resolve_text(text: str, budget: Budget, scopes: Scopes) -> str:
    """One text with its placeholders filled in."""
    holder = {"": text}
    _fill(holder, _EARLY, budget, scopes)
    return holder[""]


def replace_name(text: str, name: str, value: str, budget: Budget) -> str:
    """`text` with `value` for each `%name%`."""

    def replacement(found: re.Match[str]) -> str:
        if found[1].upper() != name:
            return found[0]
        budget.spend_characters(len(value))
        return value

    return _EARLY.sub(replacement, text)


def _fill(data: Any, pattern: re.Pattern[str], budget: Budget, scopes: Scopes) -> None:
    slots = list(_texts(data))
    for _ in range(MAX_ROUNDS):
        changed: list[Slot] = []
        for slot in slots:
            container, key = slot
            text: str = container[key]
            filled = pattern.sub(partial(_value, text, budget, scopes), text)
            if filled != text:
                container[key] = filled
                changed.append(slot)
        if not changed:
            return
        slots = [slot for slot in changed if "%" in slot[0][slot[1]]]


def _texts(data: Any) -> Iterator[Slot]:
    """Where the texts are that may hold a placeholder: their container and their key or index in it."""
    todo = [data]
    while todo:
        container = todo.pop()
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(value, str):
                if "%" in value:
                    yield container, key
            elif isinstance(value, dict | list):
                todo.append(value)


def _value(text: str, budget: Budget, scopes: Scopes, found: re.Match[str]) -> str:
    """What comes in place of a placeholder of `text`; itself when it stands for nothing, or for `text`."""
    keys = found[1].upper().split(".")
    for scope in scopes:
        value: Any = scope
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None or value == "" or value == [] or value == {}:
            continue
        written = str(value)
        budget.spend_characters(len(written))
        # A section with placeholders would bring them along, and possibly itself.
        brings_more = isinstance(value, dict | list) and "%" in written
        return found[0] if brings_more or written == text else written
    return found[0]
