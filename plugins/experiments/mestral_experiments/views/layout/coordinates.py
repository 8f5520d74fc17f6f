"""x of jobs and bends in ordered layers: edges short, parents over the middle of their children.

Guarantees: neighbours in a layer keep their order and their distance; work about linear in jobs, bends and edges.
"""

from bisect import insort
from collections.abc import Sequence

from mestral_experiments.views.layout.layers import Layers
from mestral_experiments.views.layout.ordering import Order

_SWEEPS = 4

_Side = Sequence[Sequence[int]]
"""The neighbours of each job and bend above it, or below."""


def coordinates(order: Order, graph: Layers, widths: Sequence[float], pull: int = 1) -> list[float]:
    """x of each job and bend.

    Layer after layer is placed as close as possible to the layer above, then upwards to the layer below, then
    between the two: each time the sum of the lengths is the least that the order and the distances in the layer
    allow, a regression to a rising curve by medians.

    Args:
        order: From left to right.
        graph: What is ordered.
        widths: What each job and bend takes, the distance to the next included.
        pull: How much more than another edge counts what connects two bends: long edges get straighter.
    """
    x = [0.0] * len(graph.layer)
    downwards, upwards = order[1:], order[-2::-1]
    both = graph.above, graph.below
    for down, up in (((graph.above,), (graph.below,)), (both, both)):
        for _ in range(_SWEEPS):
            before = x.copy()
            for row in downwards:
                _place(row, down, x, widths, graph.jobs, pull)
            for row in upwards:
                _place(row, up, x, widths, graph.jobs, pull)
            if x == before:
                break
    return x


def _place(
    row: Sequence[int], sides: Sequence[_Side], x: list[float], widths: Sequence[float], jobs: int, pull: int
) -> None:
    """Give a layer the places with the shortest edges to these sides."""
    shift, half = 0.0, widths[row[0]] / 2
    shifts: list[float] = []
    # What stands wall to wall: its neighbours' places, how many it is, its own place; all as if widths were 0.
    runs: list[tuple[list[float], int, float]] = []
    for job in row:
        own = widths[job] / 2
        shift += half + own if shifts else 0.0
        half = own
        shifts.append(shift)
        wishes = []
        for near in sides:
            for other in near[job]:
                if pull > 1 and job >= jobs and other >= jobs:
                    wishes += [x[other] - shift] * pull
                else:
                    wishes.append(x[other] - shift)
        if not wishes:
            wishes = [x[job] - shift]
        wishes.sort()
        length, middle = 1, _middle(wishes)
        while runs and runs[-1][2] > middle:
            others, more, _ = runs.pop()
            if len(others) > len(wishes):
                wishes, others = others, wishes
            for wish in others:
                insort(wishes, wish)
            length, middle = length + more, _middle(wishes)
        runs.append((wishes, length, middle))
    n = 0
    for _, length, middle in runs:
        for at in range(n, n + length):
            x[row[at]] = middle + shifts[at]
        n += length


def _middle(wishes: Sequence[float]) -> float:
    return (wishes[(len(wishes) - 1) // 2] + wishes[len(wishes) // 2]) / 2
