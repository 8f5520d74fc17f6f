"""One connected part of a graph, drawn in layers with straight edges.

Guarantees: jobs of a layer keep the distances that they ask for; equal arguments give equal drawings; work about
linear in jobs and edges.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from mestral_experiments.views.layout.acyclic import Edge
from mestral_experiments.views.layout.coordinates import coordinates
from mestral_experiments.views.layout.layering import layers_of
from mestral_experiments.views.layout.layers import Layers, in_layers
from mestral_experiments.views.layout.ordering import Order, crossings, ordered

LAYER = 90.0
"""From one layer to the next."""

_BENDS = ((90.0, 1), (45.0, 1), (180.0, 8), (90.0, 8))
"""What is tried: how much space a bend gets, and how much more its edges count."""

_WORK = 60_000
_COVERED = 25.0


def drawn(widths: Sequence[float], edges: Sequence[Edge]) -> tuple[list[float], list[int]]:
    """x and layer of each job.

    Bends are only there to find an order and to keep space: edges are drawn straight from job to job. So some
    drawings are made, and of those the best is taken.

    Args:
        widths: What each job takes, the distance to the next included.
        edges: Without a cycle.
    """
    graph = in_layers(layers_of(len(widths), edges), edges)
    bends = len(graph.layer) - graph.jobs
    orders = ordered(graph)
    tries = [(order, *bend) for order in orders for bend in (_BENDS if bends else _BENDS[:1])]
    best: tuple[float, list[float]] | None = None
    for order, width, pull in tries[: max(1, _WORK // len(graph.layer))]:
        x = coordinates(order, graph, [*widths, *([width] * bends)], pull)
        faults = _faults(x, order, graph) if len(tries) > 1 else 0
        length = sum(hypot(x[a] - x[b], LAYER * (graph.layer[a] - graph.layer[b])) for a, b in edges)
        if best is None or (1 + faults) * length < best[0]:
            best = (1 + faults) * length, x
        if not faults:
            break
    return (best[1] if best else [])[: graph.jobs], graph.layer[: graph.jobs]


def _faults(x: Sequence[float], order: Order, graph: Layers) -> int:
    """How many pairs of edges cross when drawn straight, and how often one passes over a job."""
    line = list(x)
    for job in range(graph.jobs):
        for below in graph.below[job]:
            _straighten(line, job, below, graph)
    straight = [sorted(row, key=line.__getitem__) for row in order]
    covered = sum(
        (left < graph.jobs) != (right < graph.jobs) and line[right] - line[left] < _COVERED
        for row in straight
        for left, right in pairwise(row)
    )
    return covered + crossings(straight, graph)


def _straighten(line: list[float], job: int, below: int, graph: Layers) -> None:
    """Put the bends of an edge from a job on the straight line to its end."""
    bends = []
    while below >= graph.jobs:
        bends.append(below)
        below = graph.below[below][0]
    step = (line[below] - line[job]) / (len(bends) + 1)
    for n, bend in enumerate(bends, 1):
        line[bend] = line[job] + n * step
