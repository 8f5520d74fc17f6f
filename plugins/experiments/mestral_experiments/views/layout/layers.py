"""A part of a graph in layers, every edge from one layer to the next.

Guarantees: edges over several layers are led through places of their own, of which there are no more than
jobs and edges, nor than some thousands: more of them draw large graphs no better. The longest edges are left
out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mestral_experiments.views.layout.acyclic import Edge

_BENDS = 5000


@dataclass(frozen=True, slots=True)
class Layers:
    """Jobs, numbered from 0, and after them the bends of edges over several layers.

    Attributes:
        jobs: How many are jobs.
        layer: Of each job and bend.
        above, below: What the edges of each lead to.
        depth: How many layers there are.
    """

    jobs: int
    layer: list[int]
    above: list[list[int]]
    below: list[list[int]]
    depth: int

    def connect(self, upper: int, lower: int) -> None:
        self.below[upper].append(lower)
        self.above[lower].append(upper)


def in_layers(layer: Sequence[int], edges: Sequence[Edge]) -> Layers:
    """Lead every edge from layer to layer.

    Args:
        layer: Of each job.
        edges: From jobs of upper layers to jobs of lower ones.
    """
    jobs = len(layer)
    made = Layers(jobs, list(layer), [[] for _ in layer], [[] for _ in layer], max(layer, default=-1) + 1)
    room = min(_BENDS, jobs + len(edges))
    longest = _longest_kept(sorted(layer[child] - layer[parent] for parent, child in edges), room)
    for parent, child in edges:
        if layer[child] - layer[parent] > longest:
            continue
        upper = parent
        for between in range(layer[parent] + 1, layer[child]):
            bend = len(made.layer)
            made.layer.append(between)
            made.above.append([])
            made.below.append([])
            made.connect(upper, bend)
            upper = bend
        made.connect(upper, child)
    return made


def _longest_kept(lengths: Sequence[int], room: int) -> int:
    """The greatest length with which all edges up to it have no more bends than there is room for."""
    bends = 0
    for n, length in enumerate(lengths):
        bends += length - 1
        if bends > room:
            return min(length - 1, lengths[n - 1]) if n else length - 1
    return lengths[-1] if lengths else 0
