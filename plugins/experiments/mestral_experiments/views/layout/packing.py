"""Unconnected parts of a graph side by side, in a readable rectangle.

Guarantees: parts do not overlap; equal arguments give equal places; n log n in the parts.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

Positions = list[tuple[float, float]]
"""x and y of each job, in list order."""

_RATIO = 16 / 9
_TRIES = 24


class Box(NamedTuple):
    """What one part takes, the distance to the next included."""

    width: float
    height: float


def pack(boxes: Sequence[Box]) -> Positions:
    """The left upper corner of each box, y downwards from 0, in a rectangle of about 16:9.

    The boxes stand in rows, the highest first, equals in their order.
    """
    if not boxes:
        return []
    order = sorted(range(len(boxes)), key=lambda n: -boxes[n].height)
    widest = max(box.width for box in boxes)
    area = sum(box.width * box.height for box in boxes)
    guess = (area * _RATIO) ** 0.5
    # Rows are never filled to their ends: the best of some widths around that of an exact filling.
    widths = {max(widest, guess * (0.8 + step / _TRIES)) for step in range(_TRIES)}
    rows = [_rows(boxes, order, width) for width in sorted(widths)]
    best = min(rows, key=lambda made: _misfit(boxes, made))
    found: Positions = [(0.0, 0.0)] * len(boxes)
    y = 0.0
    for row in best:
        starts = accumulate((boxes[n].width for n in row), initial=0.0)
        for n, x in zip(row, starts, strict=False):
            found[n] = (x, y)
        y -= boxes[row[0]].height
    return found


def _rows(boxes: Sequence[Box], order: Sequence[int], width: float) -> list[list[int]]:
    rows: list[list[int]] = []
    left = -1.0
    for n in order:
        if boxes[n].width > left + 1e-6:
            rows.append([])
            left = width
        rows[-1].append(n)
        left -= boxes[n].width
    return rows


def _misfit(boxes: Sequence[Box], rows: Sequence[Sequence[int]]) -> float:
    """The side of the 16:9 rectangle that holds these rows."""
    width = max(sum(boxes[n].width for n in row) for row in rows)
    height = sum(boxes[row[0]].height for row in rows)
    return max(width, height * _RATIO)
