"""Edges that close no cycle, levels, and the parts of a graph that no edge connects.

Guarantees: nothing recurses; linear in jobs and edges; jobs go first that come first in the list.
"""

from collections.abc import Iterable, Sequence

Edge = tuple[int, int]
"""Places of a parent and of its child."""


def forward_edges(count: int, edges: Iterable[Edge]) -> tuple[list[Edge], list[Edge]]:
    """The edges that close no cycle, and the others, seen depth-first from the roots.

    Args:
        count: How many jobs there are.
        edges: Between different jobs.
    """
    children: list[list[int]] = [[] for _ in range(count)]
    waits = [False] * count
    for parent, child in edges:
        children[parent].append(child)
        waits[child] = True
    kept: list[Edge] = []
    closing: list[Edge] = []
    new, open_, done = 0, 1, 2
    state = [new] * count
    for start in (*(n for n in range(count) if not waits[n]), *range(count)):
        if state[start] != new:
            continue
        state[start] = open_
        path = [(start, iter(children[start]))]
        while path:
            job, rest = path[-1]
            for child in rest:
                if state[child] == open_:
                    closing.append((job, child))
                    continue
                kept.append((job, child))
                if state[child] == new:
                    state[child] = open_
                    path.append((child, iter(children[child])))
                    break
            else:
                state[job] = done
                path.pop()
    return kept, closing


def levels(count: int, edges: Sequence[Edge]) -> list[int]:
    """One more than the longest way from a root to each job; roots are 1.

    Edges that close a cycle do not count.
    """
    return longest_paths(count, forward_edges(count, edges)[0])


def longest_paths(count: int, edges: Iterable[Edge]) -> list[int]:
    """As `levels`, of edges without a cycle."""
    children: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for parent, child in edges:
        children[parent].append(child)
        missing[child] += 1
    found = [1] * count
    ready = [n for n in range(count) if not missing[n]]
    for job in ready:  # grows meanwhile
        below = found[job] + 1
        for child in children[job]:
            found[child] = max(found[child], below)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    return found


def components(count: int, edges: Iterable[Edge]) -> list[list[int]]:
    """Jobs that edges connect, in list order, by their first jobs."""
    near: list[list[int]] = [[] for _ in range(count)]
    for parent, child in edges:
        near[parent].append(child)
        near[child].append(parent)
    seen = [False] * count
    found = []
    for start in range(count):
        if seen[start]:
            continue
        seen[start] = True
        part = [start]
        for job in part:  # grows meanwhile
            for other in near[job]:
                if not seen[other]:
                    seen[other] = True
                    part.append(other)
        found.append(sorted(part))
    return found
