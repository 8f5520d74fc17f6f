"""Which experiments a search finds, and in which order (contract/API_V4.md 3.1, contract/API_V3.md 2.4).

Guarantees: the same on every database; linear in the catalog. A row without details matches no filter on
details, negated ones included. Order: id, or the asked key with ties by id ascending in both directions;
names and descriptions by code point; `created` by instant, unreadable text first when ascending and last
when descending.
"""

from collections.abc import Callable, Iterable
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


class _Row(msgspec.Struct, frozen=True, gc=False):
    """An experiment with its columns folded for comparison."""

    experiment: Experiment
    text: str
    kind: Kind
    owner: str | None
    version: str | None
    hpc: str | None


def select(catalog: Catalog, selection: Selection) -> list[Experiment]:
    """The experiments that match, in order."""
    rows: Iterable[_Row] = _ordered(catalog, selection.order, selection.descending)
    if selection.active:
        rows = [row for row in rows if row.experiment.status == "RUNNING"]
    if selection.text:
        text = fold(selection.text)
        rows = [row for row in rows if text in row.text]
    if selection.kind:
        rows = [row for row in rows if row.kind == selection.kind]
    if selection.owner:
        accepted = _accepted(selection.owner, {row.owner for row in rows})
        rows = [row for row in rows if row.owner in accepted]
    if selection.version:
        accepted = _accepted(selection.version, {row.version for row in rows})
        rows = [row for row in rows if row.version in accepted]
    if selection.hpc:
        accepted = _accepted(selection.hpc, {row.hpc for row in rows})
        rows = [row for row in rows if row.hpc in accepted]
    return [row.experiment for row in rows]


def _accepted(pattern: str, values: set[str | None]) -> set[str]:
    """The values that match: tried once per distinct value, of which there are few."""
    matches = wildcard(pattern)
    return {value for value in values if value is not None and matches(value)}


def _ordered(catalog: Catalog, order: Order | None, descending: bool) -> list[_Row]:
    """All rows in order, sorted once per catalog."""
    if order is None:
        return _derived(catalog, ("rows",), lambda: [_row(e) for e in catalog.experiments])
    key = _KEYS[order]
    return _derived(
        catalog,
        ("rows", order, descending),
        # sorted() keeps the order of equal keys (here: id) also when it is reversed
        lambda: sorted(_ordered(catalog, None, False), key=key, reverse=descending),
    )


def _derived(catalog: Catalog, key: tuple[object, ...], make: Callable[[], list[_Row]]) -> list[_Row]:
    rows: list[_Row] | None = catalog.derived.get(key)
    if rows is None:
        rows = catalog.derived[key] = make()
    return rows


def _row(experiment: Experiment) -> _Row:
    name, user = fold(experiment.name), _fold(experiment.user)
    kind: Kind = "test" if name[:1] == "t" else "operational" if name[:1] == "o" else "experiment"
    text = _BORDER.join((name, fold(experiment.description), user or ""))
    return _Row(experiment, text, kind, user, _fold(experiment.version), _fold(experiment.hpc))


def _fold(value: str | None) -> str | None:
    return None if value is None else fold(value)


def _created(row: _Row) -> tuple[bool, float]:
    moment = instant(row.experiment.created)
    return moment is not None, moment or 0.0


_KEYS: dict[Order, Callable[[_Row], Any]] = {
    "expid": lambda row: row.experiment.name,
    "created": _created,
    "description": lambda row: row.experiment.description,
}
