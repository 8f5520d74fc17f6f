"""Stored layouts of graphs: table `experiment_graph_draw` (formats/AUTOSUBMIT_DATA.md 5).

Guarantees: a job without a name or a position is left out; of several positions of a job the last one counts.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from mestral_experiments.sources.storage import Database
from mestral_experiments.sources.values import number, text

_TABLE = "experiment_graph_draw"
_COLUMNS = ("job_name", "x", "y")
_ROWS = msgspec.json.Decoder(list[tuple[str, int | float, int | float]])


def read_layout(database: Database) -> dict[str, tuple[float, float]]:
    """The position of every job; whole numbers are integers.

    Raises:
        Missing: No table.
        Damaged: A table without names or positions.
    """
    tail = database.in_row_order(_TABLE)
    json = database.json_rows(_TABLE, _COLUMNS, tail, needs=_COLUMNS)
    if json is not None:
        with suppress(msgspec.DecodeError):
            return {name: (_whole(x), _whole(y)) for name, x, y in _ROWS.decode(json)}
    return dict(_mended(database.select(_TABLE, _COLUMNS, tail, needs=_COLUMNS)))


def examine(database: Database) -> str:
    """What was found, in words, once the whole table could be gone over.

    Raises:
        Missing, Damaged: As `read_layout`.
    """
    database.walk(_TABLE, _COLUMNS)
    return f"table {_TABLE}"


def _mended(rows: Sequence[Sequence[object]]) -> Iterable[tuple[str, tuple[float, float]]]:
    for raw_name, *raw_position in rows:
        name, (x, y) = text(raw_name), map(number, raw_position)
        if name is not None and x is not None and y is not None:
            yield name, (_whole(x), _whole(y))


def _whole(number: float) -> float:
    return int(number) if isinstance(number, float) and number.is_integer() else number
