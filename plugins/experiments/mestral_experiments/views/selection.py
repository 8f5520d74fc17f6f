"""Which experiments a search finds, and in which order (contract/API_V4.md 3.1, contract/API_V3.md 2.4).

Guarantees: the same on every database; linear in the catalog. A row without details matches no filter on
details, negated ones included. Order: id, or the asked key with ties by id ascending in both directions;
names and descriptions by code point; `created` by instant, unreadable text first when ascending and last
when descending.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import Catalog
from mestral_experiments.views.matching import fold, wildcard
from mestral_experiments.views.times import instant

Kind = Literal["test", "operational", "experiment"]
Order = Literal["expid", "created", "description"]

# No text that came out of UTF-8 holds a surrogate, so nothing a user types matches across two columns.
_BORDER = "\ud800"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for. None and "" do not filter.

    Attributes:
        text: Part of name, description or user; `*` is literal.
        active: Only experiments whose status is RUNNING.
        owner, version, hpc: Patterns for the whole value (`matching.wildcard`).
        kind: By the first letter of the name: t, o or neither.
        order: Sort key, None = id.
        descending: Whether `order` runs backwards.
    """

    text: str | None = None
    active: bool = False
    owner: str | None = None
    kind: Kind | None = None
    version: str | None = None
    hpc: str | None = None
    order: Order | None = None
    descending: bool = False


def select(catalog: Catalog, selection: Selection) -> Sequence[Experiment]:
    """The experiments that match, in order."""
    found = _ordered(catalog, selection.order, selection.descending)
    if selection.text:
        text, texts = fold(selection.text), _texts(catalog, selection.order, selection.descending)
        found = [e for e, searched in zip(found, texts, strict=True) if text in searched]
    if selection.active:
        found = [e for e in found if e.status == "RUNNING"]
    if selection.kind:
        found = [e for e in found if _kind(e.name) == selection.kind]
    if selection.owner:
        accepted = _accepted(selection.owner, {e.user for e in found})
        found = [e for e in found if e.user in accepted]
    if selection.version:
        accepted = _accepted(selection.version, {e.version for e in found})
        found = [e for e in found if e.version in accepted]
    if selection.hpc:
        accepted = _accepted(selection.hpc, {e.hpc for e in found})
        found = [e for e in found if e.hpc in accepted]
    return found


def _accepted(pattern: str, values: set[str | None]) -> set[str]:
    """The values that match: tried once per distinct value, of which there are few."""
    matches = wildcard(pattern)
    return {value for value in values if value is not None and matches(fold(value))}


@lru_cache(maxsize=1 << 16)  # most experiments are as they were when the catalog changes
def _searched(name: str, description: str, user: str | None) -> str:
    """What a text is looked for in."""
    return fold(_BORDER.join((name, description, user or "")))


def _texts(catalog: Catalog, order: Order | None, descending: bool) -> Sequence[str]:
    """What a text is looked for in, for all experiments in order."""
    key = ("texts", order, descending)
    found: Sequence[str] | None = catalog.derived.get(key)
    if found is None:
        experiments = _ordered(catalog, order, descending)
        found = catalog.derived[key] = [_searched(e.name, e.description, e.user) for e in experiments]
    return found


def _kind(name: str) -> Kind:
    first = fold(name[:1])
    return "test" if first == "t" else "operational" if first == "o" else "experiment"


def _ordered(catalog: Catalog, order: Order | None, descending: bool) -> Sequence[Experiment]:
    """All experiments in order, sorted once per catalog."""
    if order is None:
        return catalog.experiments
    key = (order, descending)
    found: Sequence[Experiment] | None = catalog.derived.get(key)
    if found is None:
        # sorted() keeps the order of equal keys (here: id) also when it is reversed
        found = tuple(sorted(catalog.experiments, key=_KEYS[order], reverse=descending))
        catalog.derived[key] = found
    return found


_instant = lru_cache(maxsize=1 << 16)(instant)


def _created(experiment: Experiment) -> tuple[bool, float]:
    moment = _instant(experiment.created)
    return moment is not None, moment or 0.0


_KEYS: dict[Order, Callable[[Experiment], Any]] = {
    "expid": lambda experiment: experiment.name,
    "created": _created,
    "description": lambda experiment: experiment.description,
}
