"""Which experiments a search finds, and in which order (contract/API_V4.md 3.1, contract/API_V3.md 2.4).

Guarantees: the same on every database; linear in the catalog. A row without details matches no filter on
details, negated ones included. Order: id, or the asked field with ties by id ascending in both directions
(`ordering`); unreadable text of `created` counts as none.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.views.experiments import shown_status
from mestral_experiments.views.lists.matching import fold, wildcard
from mestral_experiments.views.lists.ordering import Key, key_of
from mestral_experiments.views.times import instant

Kind = Literal["test", "operational", "experiment"]
Order = Literal["id", "name", "user", "description", "hpc", "version", "created", "status"]
"""The fields of an experiment that the catalog itself has."""

_SELECTIONS = 32  # a GUI asks for the pages of one selection, and for the same again and again


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for. None and "" do not filter.

    Attributes:
        text: Part of name, description or user; `*` is literal.
        active: Only experiments whose status is RUNNING.
        owner, version, hpc: Patterns for the whole value (`matching.wildcard`).
        kind: By the first letter of the name: t, o or neither.
        created_since, created_before: Epoch seconds, the first included and the second not.
        order: Sort key, None = id.
        descending: Whether `order` runs backwards.
    """

    text: str | None = None
    active: bool = False
    owner: str | None = None
    kind: Kind | None = None
    version: str | None = None
    hpc: str | None = None
    created_since: float | None = None
    created_before: float | None = None
    order: Order | None = None
    descending: bool = False


def select(catalog: Catalog, selection: Selection) -> Sequence[int]:
    """Positions in the catalog of the experiments that match, in order; kept for a few selections."""
    found = catalog.selected.get(selection)
    if found is None:
        if len(catalog.selected) >= _SELECTIONS:
            catalog.selected.clear()
        found = catalog.selected[selection] = _select(catalog, selection)
    return found


def _select(catalog: Catalog, selection: Selection) -> Sequence[int]:
    columns = catalog.columns
    found = _ordered(catalog, selection.order, selection.descending)
    if selection.text:
        holding = _holding(catalog, fold(selection.text))
        found = [n for n in found if n in holding]
    if selection.active:
        status = columns.status
        found = [n for n in found if status[n] == "RUNNING"]
    if selection.kind:
        name = columns.name
        found = [n for n in found if _kind(name[n]) == selection.kind]
    for pattern, column in (
        (selection.owner, columns.user),
        (selection.version, columns.version),
        (selection.hpc, columns.hpc),
    ):
        if pattern:
            accepted = _accepted(pattern, {column[n] for n in found})
            found = [n for n in found if column[n] in accepted]
    if selection.created_since is not None or selection.created_before is not None:
        created = catalog.derived.get("instants", (columns.created,), _instants)
        since, before = selection.created_since, selection.created_before
        found = [n for n in found if within(created[n], since, before)]
    return found


def within(moment: float | None, since: float | None, before: float | None) -> bool:
    """Whether a time (epoch seconds) is not before `since` and before `before`; no time is in no range."""
    return moment is not None and (since is None or moment >= since) and (before is None or moment < before)


def key_at(catalog: Catalog, order: Order, position: int) -> Key:
    """The sort key of one experiment."""
    value = _column(catalog, order)[position]
    return key_of(order, shown_status(value) if order == "status" else value)


def _instants(values: Sequence[str | None]) -> list[float | None]:
    return list(map(instant, values))


def _accepted(pattern: str, values: set[str | None]) -> set[str | None]:
    """The values that match: tried once per distinct value, of which there are few."""
    matches = wildcard(pattern)
    return {value for value in values if value is not None and matches(fold(value))}


def _holding(catalog: Catalog, text: str) -> set[int]:
    """The experiments with this folded text in name, description or user; a missing user holds none."""
    columns = catalog.columns
    names, descriptions, users = (
        catalog.derived.get(f"folded {name}", (column,), _fold_all)
        for name, column in (
            ("name", columns.name),
            ("description", columns.description),
            ("user", columns.user),
        )
    )
    rows = enumerate(zip(names, descriptions, users, strict=True))
    return {n for n, (name, description, user) in rows if text in name or text in description or text in user}


def _fold_all(values: Sequence[str | None]) -> list[str]:
    # as `fold` does, without calling it ten thousand times
    return [value.lower() if value.isascii() else fold(value) for value in (value or "" for value in values)]


def _kind(name: str) -> Kind:
    first = fold(name[:1])
    return "test" if first == "t" else "operational" if first == "o" else "experiment"


def _ordered(catalog: Catalog, order: Order | None, descending: bool) -> Sequence[int]:
    """All positions in order."""
    if order is None:
        return range(len(catalog))

    def made(values: Sequence[Any]) -> list[int]:
        if order not in ("name", "description"):  # these are always texts
            if order == "status":
                values = list(map(shown_status, values))
            values = [key_of(order, value) for value in values]
        # sorted() keeps the order of equal keys (here: id) also when it is reversed
        return sorted(range(len(values)), key=values.__getitem__, reverse=descending)

    return catalog.derived.get(f"order by {order}, {descending}", (_column(catalog, order),), made)


def _column(catalog: Catalog, order: Order) -> Sequence[Any]:
    column: Sequence[Any] = getattr(catalog.columns, order)
    return column
