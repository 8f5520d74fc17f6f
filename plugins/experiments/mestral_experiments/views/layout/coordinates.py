"""x of jobs and bends in ordered layers: chains straight, edges short (Brandes and Köpf, 2001).

Guarantees: neighbours in a layer keep their order and their distance; linear in jobs, bends and edges.
"""

from collections.abc import Sequence

from mestral_experiments.views.layout.layers import Layers
from mestral_experiments.views.layout.ordering import Order


def coordinates(order: Order, graph: Layers, widths: Sequence[float]) -> list[float]:
    """x of each job and bend, from 0.

    Args:
        order: From left to right.
        graph: What is ordered.
        widths: What each job and bend takes, the distance to the next included.
    """
    if not graph.layer:
        return []
    place = [0] * len(graph.layer)
    for row in order:
        for n, job in enumerate(row):
            place[job] = n
    crossed = _crossed(order, graph, place)
    found = []
    for upwards in (False, True):
        rows = order[::-1] if upwards else order
        near = graph.below if upwards else graph.above
        for mirrored in (False, True):
            seen = [row[::-1] for row in rows] if mirrored else rows
            at = _mirrored(order, place) if mirrored else place
            block = _blocks(seen, near, at, crossed)
            x = _compacted(seen, block, widths)
            found.append([-value for value in x] if mirrored else x)
    spans = [(min(x), max(x)) for x in found]
    narrowest = min(range(4), key=lambda n: spans[n][1] - spans[n][0])
    for n, x in enumerate(found):
        side = n % 2
        shift = spans[narrowest][side] - spans[n][side]
        found[n] = [value + shift for value in x]
    middle = [sum(sorted(four)[1:3]) / 2 for four in zip(*found, strict=True)]
    least = min(middle)
    return [value - least for value in middle]


def _mirrored(order: Order, place: Sequence[int]) -> list[int]:
    found = list(place)
    for row in order:
        last = len(row) - 1
        for job in row:
            found[job] = last - place[job]
    return found


def _crossed(order: Order, graph: Layers, place: Sequence[int]) -> set[tuple[int, int]]:
    """Edges that cross one between two bends, which goes first: long edges are straight."""
    jobs, above = graph.jobs, graph.above
    found: set[tuple[int, int]] = set()
    for row in order[1:]:
        left, begin = 0, 0
        for n, lower in enumerate(row):
            inner = -1
            if lower >= jobs and above[lower][0] >= jobs:
                inner = place[above[lower][0]]
            if inner < 0 and n < len(row) - 1:
                continue
            right = inner if inner >= 0 else len(graph.layer)
            for job in row[begin : n + 1]:
                if job < jobs or above[job][0] < jobs:
                    found.update((upper, job) for upper in above[job] if not left <= place[upper] <= right)
            begin, left = n + 1, max(right, left)
    return found


def _blocks(
    rows: Order, near: Sequence[Sequence[int]], place: Sequence[int], crossed: set[tuple[int, int]]
) -> list[int]:
    """The first job or bend of the block of each: those that get the same x."""
    root = list(range(len(place)))
    follower = [-1] * len(place)
    for row in rows[1:]:
        last = -1
        for job in row:
            others = sorted(near[job], key=place.__getitem__)
            if not others:
                continue
            half = (len(others) - 1) // 2
            for other in others[half : len(others) // 2 + 1]:
                free = follower[other] < 0 and root[job] == job and last < place[other]
                if free and (other, job) not in crossed and (job, other) not in crossed:
                    follower[other] = job
                    root[job] = root[other]
                    last = place[other]
    return root


def _compacted(rows: Order, root: Sequence[int], widths: Sequence[float]) -> list[float]:
    """x of each, blocks as far to the left as they can be, then back to the right as far as what follows lets them."""
    follows: list[list[tuple[int, float]]] = [[] for _ in root]
    missing = [0] * len(root)
    for row in rows:
        for left, right in zip(row, row[1:], strict=False):
            follows[root[left]].append((root[right], (widths[left] + widths[right]) / 2))
            missing[root[right]] += 1
    x = [0.0] * len(root)
    ready = [job for job in range(len(root)) if root[job] == job and not missing[job]]
    for job in ready:  # grows meanwhile
        for other, apart in follows[job]:
            x[other] = max(x[other], x[job] + apart)
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    for job in reversed(ready):
        if follows[job]:
            x[job] = max(x[job], min(x[other] - apart for other, apart in follows[job]))
    return [x[root[job]] for job in range(len(root))]
