"""x of jobs and bends in ordered layers: edges are short, chains straight, parents in the middle.

Guarantees: neighbours in a layer keep their order and their distance; work about linear in jobs, bends and
edges.
"""

from bisect import insort
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mestral_experiments.views.layout.layers import Layers
from mestral_experiments.views.layout.ordering import Order

_SWEEPS = 2
_CLEARANCES = 3
_HOLD = 8

_Side = Sequence[Sequence[int]]
"""The neighbours of each job and bend above it, or below."""


class Style(NamedTuple):
    """How to draw.

    Attributes:
        bend: What a bend takes, the distance to the next included.
        pull: How much more than another edge counts what connects two bends: long edges get straighter.
        centred: Whether to take the middle where several places are equally good; else chains are straighter.
    """

    bend: float
    pull: int = 1
    centred: bool = False


def drawings(
    order: Order, graph: Layers, widths: Sequence[float], style: Style
) -> Iterator[tuple[list[float], list[float]]]:
    """x of each job and bend, and the same with the bends where straight edges pass.

    Layer after layer is placed as close as possible to the layer above, then upwards to the layer below, then
    between the two: each time the sum of the lengths is the least that the order and the distances in the
    layer allow, a regression to a rising curve by medians. In the drawings after the first, jobs have moved
    out of the way of straight edges, to the side where their order has them.

    Args:
        order: From left to right.
        graph: What is ordered.
        widths: What each job takes, the distance to the next included.
        style: How to draw.
    """
    drawing = _Drawing(graph, widths, style)
    downwards, upwards = order[1:], order[-2::-1]
    both = graph.above, graph.below
    for down, up, stay in (((graph.above,), (graph.below,), False), (both, both, not style.centred)):
        for _ in range(_SWEEPS):
            for row in downwards:
                drawing.place(row, down, stay)
            for row in upwards:
                drawing.place(row, up, stay)
    for n in range(_CLEARANCES + 1):
        straight = drawing.straightened()
        yield drawing.x, straight
        drawing.x = straight.copy()
        for row in order[::-1] if n % 2 else order:
            drawing.place(row, both, stay=True, hold=True)


class _Drawing:
    """x of each job and bend."""

    def __init__(self, graph: Layers, widths: Sequence[float], style: Style) -> None:
        self.graph, self.pull = graph, style.pull
        self.x = [0.0] * len(graph.layer)
        self.halves = [width / 2 for width in widths] + [style.bend / 2] * (len(graph.layer) - graph.jobs)

    def straightened(self) -> list[float]:
        """x of each, the bends moved to the straight lines between jobs."""
        x, graph = self.x.copy(), self.graph
        for job in range(graph.jobs):
            for below in graph.below[job]:
                bends = []
                while below >= graph.jobs:
                    bends.append(below)
                    below = graph.below[below][0]
                step = (x[below] - x[job]) / (len(bends) + 1)
                for n, bend in enumerate(bends, 1):
                    x[bend] = x[job] + n * step
        return x

    def place(self, row: Sequence[int], sides: Sequence[_Side], stay: bool, hold: bool = False) -> None:
        """Give a layer the places with the shortest edges to these sides.

        Args:
            row: The layer.
            sides: Of which neighbours.
            stay: Move no further than to the nearest of equally good places; else to their middle.
            hold: Let bends stay as far as possible.
        """
        x, halves, jobs, pull = self.x, self.halves, self.graph.jobs, self.pull
        shift, half = 0.0, halves[row[0]]
        shifts: list[float] = []
        # What stands wall to wall: where its neighbours are, how many it is, where it is; as if of no width.
        runs: list[tuple[list[float], int, float]] = []
        for job in row:
            own = halves[job]
            if shifts:
                shift += half + own
            half = own
            shifts.append(shift)
            now = x[job] - shift
            if job < jobs:
                wishes = [x[other] - shift for near in sides for other in near[job]]
            elif hold:
                wishes = [now] * _HOLD
            else:
                wishes = [
                    wish
                    for near in sides
                    for other in near[job]
                    for wish in [x[other] - shift] * (pull if other >= jobs else 1)
                ]
            wishes = wishes or [now]
            wishes.sort()
            length, place = 1, _middle(wishes, now if stay else None)
            while runs and runs[-1][2] > place:
                others, more, before = runs.pop()
                now = before if more > length else now
                if len(others) > len(wishes):
                    wishes, others = others, wishes
                for wish in others:
                    insort(wishes, wish)
                length, place = length + more, _middle(wishes, now if stay else None)
            runs.append((wishes, length, place))
        n = 0
        for _, length, place in runs:
            for at in range(n, n + length):
                x[row[at]] = place + shifts[at]
            n += length


def _middle(wishes: Sequence[float], now: float | None) -> float:
    """The median; of an even number what is nearest to now, or between the two in the middle."""
    half = len(wishes) // 2
    if len(wishes) % 2:
        return wishes[half]
    if now is None:
        return (wishes[half - 1] + wishes[half]) / 2
    return min(max(now, wishes[half - 1]), wishes[half])
