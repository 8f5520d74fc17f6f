"""Places in layers, parents above children (contract/API_V3.md 3.1).

Guarantees: jobs do not overlap; every edge leads downwards, save those that close a cycle; jobs of one layer
have one y, layers are 90 apart; parts that no edge connects stand side by side in a rectangle of about 16:9.
"""

from collections.abc import Sequence
from math import ceil, floor

from mestral_experiments.views.layout.acyclic import Edge, components, forward_edges
from mestral_experiments.views.layout.drawing import LAYER, drawn
from mestral_experiments.views.layout.packing import Box, Positions, pack

_JOB, _LETTER, _GAP = 90.0, 8.0, 45.0
_PART = 45.0


def layered(names: Sequence[str], edges: Sequence[Edge]) -> Positions:
    """A place for each job, whole numbers; y from 0 downwards.

    Wrappers move nothing, for they come and go in a run.

    Args:
        names: Of all jobs. Longer ones take more space.
        edges: Places of parents and children, different from each other, none twice. They may hold cycles.
    """
    widths = [max(_JOB, _LETTER * len(name) + _GAP) for name in names]
    kept, closing = forward_edges(len(names), edges)
    kept += [(child, parent) for parent, child in closing]
    parts = components(len(names), kept)
    number = [0] * len(names)
    part_of = [0] * len(names)
    for n, part in enumerate(parts):
        for at, job in enumerate(part):
            number[job], part_of[job] = at, n
    inside: list[list[Edge]] = [[] for _ in parts]
    for parent, child in kept:
        inside[part_of[parent]].append((number[parent], number[child]))
    made = [_part([widths[job] for job in part], own) for part, own in zip(parts, inside, strict=True)]
    corners = pack([box for box, _ in made])
    found: Positions = [(0.0, 0.0)] * len(names)
    for part, (_, places), (left, top) in zip(parts, made, corners, strict=True):
        for job, (x, y) in zip(part, places, strict=True):
            found[job] = (left + x, top + y)
    return found


def _part(widths: Sequence[float], edges: Sequence[Edge]) -> tuple[Box, Positions]:
    """One part, and the box that it takes."""
    if not edges:
        return Box(widths[0], LAYER), [(widths[0] // 2, 0.0)]
    x, layer = drawn(widths, edges)
    left = floor(min(at - width / 2 for at, width in zip(x, widths, strict=True)))
    right = ceil(max(at + width / 2 for at, width in zip(x, widths, strict=True)))
    places = [(at - left, -LAYER * down) for at, down in zip(x, layer, strict=True)]
    return Box(right - left + _PART, LAYER * (max(layer) + 2)), places
