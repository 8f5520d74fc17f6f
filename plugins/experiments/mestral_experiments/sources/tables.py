"""Whole tables of the shared databases, column by column.

Guarantees: values have the types of the fields of `Experiment`; odd ones are None, and a row without what it
cannot do without is left out. A column that holds what it held before is the same object.
"""

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from mestral_experiments.sources.storage import Database
from mestral_experiments.sources.values import integer, text

logger = logging.getLogger(__name__)


class Table(msgspec.Struct, frozen=True):
    """A table that takes part in the catalog.

    Attributes:
        name: Its name.
        columns: Those that are read; the first is the id of the experiment, the others are texts.
        needs: Columns without which it is useless.
        filled: How many columns, from the first, have a value in every row.
        order: How its rows are sorted, "" when that does not matter.
    """

    name: str
    columns: tuple[str, ...]
    needs: tuple[str, ...]
    filled: int = 1
    order: str = ""


EXPERIMENT = Table(
    "experiment",
    ("id", "name", "description", "autosubmit_version"),
    ("id", "name"),
    filled=2,
    order="ORDER BY id",
)
DETAILS = Table("details", ("exp_id", "user", "created", "model", "branch", "hpc"), ("exp_id",))
STATUS = Table("experiment_status", ("exp_id", "status"), ("exp_id", "status"))

_IDS = msgspec.json.Decoder(list[int])
_FILLED = msgspec.json.Decoder(list[str])
_TEXTS = msgspec.json.Decoder(list[str | None])


class Rows(msgspec.Struct, frozen=True):
    """Rows of a table as they were read once.

    Attributes:
        columns: Their values.
        json: The same as the database wrote them, to see that nothing changed; empty where it could not.
    """

    columns: tuple[Sequence[Any], ...]
    json: tuple[str, ...] = ()


def no_rows(table: Table) -> Rows:
    """An empty table."""
    return Rows(((),) * len(table.columns))


def read_rows(database: Database, table: Table, before: Rows) -> Rows:
    """All rows as they are now.

    Args:
        database: What is asked.
        table: What to read.
        before: The rows as they were.

    Raises:
        Missing: No such table.
        Damaged: A column that it needs is absent.
    """
    json = database.json_columns(table.name, table.columns)
    if json is not None and json == before.json:
        return before
    if json is not None:
        try:
            columns = _decoded(table, json, before)
        except msgspec.DecodeError as error:
            logger.info("table %s holds unexpected values: %s", table.name, error)
        else:
            ids = columns[0]
            if not table.order or ids is before.columns[0] or all(a < b for a, b in pairwise(ids)):
                return Rows(columns, json)
    found = database.select(table.name, table.columns, table.order, needs=table.needs)
    columns = tuple(
        old if old == new else new
        for old, new in zip(before.columns, mended(table, found).columns, strict=True)
    )
    return Rows(columns)


def _decoded(table: Table, json: tuple[str, ...], before: Rows) -> tuple[Sequence[Any], ...]:
    columns: list[Sequence[Any]] = []
    for number, content in enumerate(json):
        if before.json and before.json[number] == content:
            columns.append(before.columns[number])
        else:
            decoder = _IDS if number == 0 else _FILLED if number < table.filled else _TEXTS
            columns.append(decoder.decode(content))
    return tuple(columns)


def mended(table: Table, found: Sequence[Sequence[Any]]) -> Rows:
    """Rows of a table whose values may be of any type."""
    rows = []
    for number, *values in found:
        row = (integer(number), *map(text, values))
        if None in row[: table.filled]:
            logger.warning(
                "a row of table %s is left out: it begins with %r", table.name, row[: table.filled]
            )
        else:
            rows.append(row)
    return Rows(tuple(zip(*rows, strict=True))) if rows else no_rows(table)
