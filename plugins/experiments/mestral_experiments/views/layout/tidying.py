"""Parts of a drawing from left to right in list order: dates and members as one reads them.

Guarantees: no more crossings than before; work about linear in jobs, bends and edges.
"""

from itertools import pairwise

from mestral_experiments.views.layout.layers import Layers
from mestral_experiments.views.layout.ordering import Order, crossings

_DEPTH = 6


def tidied(order: Order, graph: Layers) -> Order:
    """The same order, its parts exchanged and mirrored where no more edges cross then.

    Parts are what hangs together without the jobs that are alone in their layer, and parts of these likewise:
    the dates of a workflow, the members of a date.
    """
    fewest = crossings(order, graph)
    part = [0] * len(graph.layer)
    order = _mirrored(order, part, graph)
    for _ in range(_DEPTH):
        finer = _split(order, part, graph)
        if finer == part:
            break
        part = finer
        arranged = [sorted(row, key=part.__getitem__) for row in order]
        for tried in (_mirrored(arranged, part, graph), arranged):
            if crossings(tried, graph) <= fewest:
                order = tried
                break
        else:
            break
    return order


def _split(order: Order, part: list[int], graph: Layers) -> list[int]:
    """The number of the part of each job and bend when every part is taken apart once more, in list order."""
    lonely = [False] * len(part)
    for row in order:
        seen: dict[int, int] = {}
        for job in row:
            seen[part[job]] = seen.get(part[job], 0) + 1
        for job in row:
            lonely[job] = seen[part[job]] == 1
    found = [-1] * len(part)
    parts: list[tuple[int, int]] = []
    for start in range(len(part)):
        if found[start] >= 0:
            continue
        found[start] = len(parts)
        together = [start]
        if not lonely[start]:
            for job in together:  # grows meanwhile
                for other in (*graph.above[job], *graph.below[job]):
                    if found[other] < 0 and part[other] == part[start] and not lonely[other]:
                        found[other] = len(parts)
                        together.append(other)
        parts.append((part[start], len(parts)))
    number = {old: new for new, (_, old) in enumerate(sorted(parts))}
    return [number[one] for one in found]


def _mirrored(order: Order, part: list[int], graph: Layers) -> Order:
    """Parts the other way round of which more neighbours are against list order than in it."""
    against: dict[int, int] = {}
    for row in order:
        for left, right in pairwise(job for job in row if job < graph.jobs):
            if part[left] == part[right]:
                against[part[left]] = against.get(part[left], 0) + (1 if left > right else -1)
    turned = []
    for row in order:
        made: list[int] = []
        begin = 0
        for n in range(1, len(row) + 1):
            if n == len(row) or part[row[n]] != part[row[begin]]:
                step = row[begin:n]
                made += step[::-1] if against.get(part[row[begin]], 0) > 0 else step
                begin = n
        turned.append(made)
    return turned
