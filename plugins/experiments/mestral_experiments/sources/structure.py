"""Edges between jobs: table `experiment_structure` of every version (formats/AUTOSUBMIT_DATA.md 5 and 6.2).

Guarantees: edges of a job to itself, which only say that it has no others, are left out. Of one job that is
asked for only its edges are read.
"""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from mestral_experiments.sources.storage import Database, Order
from mestral_experiments.sources.values import text

_TABLE = "experiment_structure"
_NEEDS = ("e_from", "e_to")
_BY_PARENT = Order(changed="completion_status", name="e_from")
_EDGES = msgspec.json.Decoder(list[tuple[str, str]])


def read_parents(database: Database, job: str) -> list[str]:
    """Names of the jobs that a job waits for, in the order of the rows, where that is unknown by name.

    Raises:
        Missing: No table.
        Damaged: A table without its two columns.
    """
    tail = f"WHERE e_to = ? {database.in_row_order(_TABLE, _BY_PARENT)}"
    found = database.select(_TABLE, ("e_from",), tail, (job,), needs=_NEEDS)
    return _others(job, (name for (name,) in found))


def read_children(database: Database, job: str) -> list[str]:
    """Names of the jobs that wait for a job, in byte order.

    Raises:
        Missing, Damaged: As `read_parents`.
    """
    found = database.select(_TABLE, ("e_to",), "WHERE e_from = ?", (job,), needs=_NEEDS)
    return sorted(_others(job, (name for (name,) in found)))


def read_edges(database: Database) -> list[tuple[str, str]]:
    """All edges, in any order.

    Raises:
        Missing, Damaged: As `read_parents`.
    """
    tail = "WHERE e_from <> e_to"
    json = database.json_rows(_TABLE, _NEEDS, tail, needs=_NEEDS)
    if json is not None:
        with suppress(msgspec.DecodeError):
            return _EDGES.decode(json)
    found = database.select(_TABLE, _NEEDS, tail, needs=_NEEDS)
    try:
        return msgspec.convert(found, list[tuple[str, str]])
    except msgspec.ValidationError:
        return edges_of(found)


def examine(database: Database) -> str:
    """What was found, in words, once the whole table could be gone over.

    Raises:
        Missing, Damaged: As `read_parents`.
    """
    present = database.walk(_TABLE, _NEEDS)
    return f"table {_TABLE}{' with conditions' if 'min_trigger_status' in present else ''}"


def parents_of(job: str, edges: Iterable[tuple[str, str]]) -> list[str]:
    """As `read_parents`, from pairs of names."""
    return _others(job, (start for start, end in edges if end == job))


def children_of(job: str, edges: Iterable[tuple[str, str]]) -> list[str]:
    """As `read_children`, from pairs of names."""
    return sorted(_others(job, (end for start, end in edges if start == job)))


def edges_of(edges: Iterable[tuple[object, object]]) -> list[tuple[str, str]]:
    """As `read_edges`, from pairs of names."""
    pairs = ((text(start), text(end)) for start, end in edges)
    return [(start, end) for start, end in pairs if start is not None and end is not None and start != end]


def _others(job: str, names: Iterable[object]) -> list[str]:
    return [name for name in map(text, names) if name is not None and name != job]
