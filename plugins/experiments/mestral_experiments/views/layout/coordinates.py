"""x of jobs and bends in ordered layers: edges short, parents over the middle of their children.

Guarantees: neighbours in a layer keep their order and their distance; a fixed number of passes, each about
linear in jobs, bends and edges.
"""

from bisect import insort
from collections.abc import Sequence

from mestral_experiments.views.layout.layers import Layers
from mestral_experiments.views.layout.ordering import Order

_SWEEPS = 6


def coordinates(order: Order, graph: Layers, widths: Sequence[float]) -> list[float]:
    """x of each job and bend.

    Layer after layer is placed as close as possible to the layer above, then the same upwards, then between the
    two: each time the sum of the lengths is the least that the layer's order and distances allow, as where one
    fits a rising curve to points by their medians.

    Args:
        order: From left to right.
        graph: What is ordered.
        widths: What each job and bend takes, the distance to the next included.
    """
    x = [0.0] * len(graph.layer)
    downwards, upwards = order[1:], order[-2::-1]
    for _ in range(_SWEEPS):
        for row in downwards:
            _place(row, (graph.above,), x, widths)
        for row in upwards:
            _place(row, (graph.below,), x, widths)
    for _ in range(_SWEEPS):
        for row in order:
            _place(row, (graph.above, graph.below), x, widths)
        for row in upwards:
            _place(row, (graph.above, graph.below), x, widths)
    return x


def _place(
    row: Sequence[int], sides: Sequence[Sequence[Sequence[int]]], x: list[float], widths: Sequence[float]
) -> None:
    """Give a layer the places with the shortest edges to these sides."""
    shift = 0.0
    shifts = []
    before: int | None = None
    runs: list[
        tuple[list[float], int, float]
    ] = []  # wishes and length of what stands wall to wall, its place
    for job in row:
        if before is not None:
            shift += (widths[before] + widths[job]) / 2
        before = job
        shifts.append(shift)
        wishes = [x[other] - shift for near in sides for other in near[job]] or [x[job] - shift]
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
