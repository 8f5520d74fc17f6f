"""One connected part of a graph, drawn in layers with straight edges.

Guarantees: jobs of a layer keep the distances that they ask for; equal arguments give equal drawings; work
about linear in jobs and edges.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot

from mestral_experiments.views.layout.acyclic import Edge
from mestral_experiments.views.layout.coordinates import Style, drawings
from mestral_experiments.views.layout.layering import layers_of
from mestral_experiments.views.layout.layers import Layers, in_layers
from mestral_experiments.views.layout.ordering import Order, crossings, ordered
from mestral_experiments.views.layout.tidying import tidied

LAYER = 90.0
"""From one layer to the next."""

_STYLES = (
    Style(bend=90.0),
    Style(bend=90.0, centred=True),
    Style(bend=45.0),
    Style(bend=180.0, pull=8),
    Style(bend=90.0, pull=8, centred=True),
)
"""What is tried, the nicest first."""

_WORK = 40_000
_FEWEST = 2
_COVERED = 25.0


def drawn(widths: Sequence[float], edges: Sequence[Edge]) -> tuple[list[float], list[int]]:
    """x, a whole number, and layer of each job.

    Bends are only there to find an order and to keep space: edges are drawn straight from job to job. So some
    drawings are made, and of those the best is taken.

    Args:
        widths: What each job takes, the distance to the next included.
        edges: Without a cycle.
    """
    graph = in_layers(layers_of(len(widths), edges), edges)
    layer = graph.layer[: graph.jobs]
    left = max(_FEWEST, _WORK // len(graph.layer))
    best: tuple[float, list[float]] | None = None
    for order, x, straight in _tried(graph, widths):
        faults = _faults(straight, order, graph)
        length = sum(hypot(x[a] - x[b], LAYER * (layer[a] - layer[b])) for a, b in edges)
        if best is None or (1 + faults) * length < best[0]:
            best = (1 + faults) * length, [float(round(at)) for at in x[: graph.jobs]]
        left -= 1
        if not faults or not left:
            break
    return best[1] if best else [], layer


def _tried(graph: Layers, widths: Sequence[float]) -> Iterator[tuple[Order, list[float], list[float]]]:
    """Orders and drawings of them; where no edge has bends, the best order as it is."""
    for order in ordered(graph):
        tidy = tidied(order, graph)
        for style in _STYLES:
            for x, straight in drawings(tidy, graph, widths, style):
                yield tidy, x, straight
                if len(graph.layer) == graph.jobs:
                    return


def _faults(straight: Sequence[float], order: Order, graph: Layers) -> int:
    """How many pairs of edges cross when drawn straight, and how often one passes over a job."""
    rows = [sorted(row, key=straight.__getitem__) for row in order]
    covered = sum(
        (left < graph.jobs) != (right < graph.jobs) and straight[right] - straight[left] < _COVERED
        for row in rows
        for left, right in pairwise(row)
    )
    return covered + crossings(rows, graph)
