"""Loops: a section `S` with `FOR: {NAME: [a, b], X: [1, 2]}` becomes the sections `S_A` and `S_B`.

Guarantees: afterwards `FOR` is gone wherever a section had one; a copy replaces a section that has its
name. Each copy has `NAME` and the other keys of `FOR` with its own value of each list, as text; `%NAME%` in
its texts is filled in. A loop whose names are empty or unknown makes no section, which is logged.
"""

import logging
from typing import Any

from mestral_experiments.sources.configuration.limits import Budget
from mestral_experiments.sources.configuration.placeholders import replace_name

logger = logging.getLogger(__name__)


def has_loops(data: dict[str, Any]) -> bool:
    """Whether any section in `data` has a `FOR`."""
    return any(
        isinstance(value, dict) and (isinstance(value.get("FOR"), dict) or has_loops(value))
        for value in data.values()
    )


def expand_loops(data: dict[str, Any], budget: Budget) -> None:
    """Replace the sections of `data` that are loops by their copies, in place, at any depth."""
    for section, value in list(data.items()):
        if not isinstance(value, dict):
            continue
        expand_loops(value, budget)
        loop = value.get("FOR")
        if not isinstance(loop, dict) or "NAME" not in loop:
            continue
        del data[section], value["FOR"]
        names = [str(name) for name in _values(loop["NAME"])]
        if not names:
            logger.info("the loop of section %s has no names, and makes no section", section)
        parameters = {key: _values(values) for key, values in loop.items() if key != "NAME"}
        for index, name in enumerate(names):
            copy = _copy(value, name, budget)
            copy["NAME"] = name
            budget.spend_characters(len(section) + len(name))
            copy |= {key: values[index] for key, values in parameters.items() if index < len(values)}
            data[f"{section}_{name.upper()}"] = copy


def _values(values: Any) -> list[Any]:
    """The values of a loop: of a list, or of a text `[a, b]` or `a, b`; scalars as text."""
    if isinstance(values, str):
        if "%" in values or not values.strip():
            return []
        return [part.strip(" '\"") for part in values.strip().strip("[]").split(",")]
    listed = values if isinstance(values, list) else [values]
    return [v if isinstance(v, dict | list) else str(v).strip() for v in listed]


def _copy(value: Any, name: str, budget: Budget) -> Any:
    """A deep copy with the name filled in."""
    budget.spend_nodes(1)
    if isinstance(value, dict):
        return {key: _copy(item, name, budget) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item, name, budget) for item in value]
    return replace_name(value, "NAME", name, budget) if isinstance(value, str) and "%" in value else value
