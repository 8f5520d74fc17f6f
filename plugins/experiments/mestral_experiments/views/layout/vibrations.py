"""The smallest eigenvalues of the normalised Laplacian of a connected graph, and their eigenvectors.

Guarantees: equal arguments give equal vectors. They are close to exact where the graph can be taken apart job
by job without many neighbours coming together, as most workflows can, and where no other eigenvalue is near;
else any that vibrate about as slowly. Work about linear in jobs and edges.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations, pairwise
from math import sqrt
from operator import mul
from random import Random

Weighted = Sequence[dict[int, float]]
"""The weights of the edges to the neighbours of each job, in both directions."""

Vector = list[float]

_MANY = 32
_SPARE = 3
_ROUNDS, _WORK = (5, 100), 5_000_000
_EXACT = 1e-9


def slowest(graph: Weighted, count: int) -> list[tuple[float, Vector]]:
    """So many eigenvalues above 0, the smallest first, with vectors of length 1.

    Inverse iteration of a few more vectors, which are made orthogonal in each round.

    Args:
        graph: Connected, of more than `count` jobs.
        count: How many.
    """
    steps = _taken_apart(graph)
    roots = [sqrt(sum(near.values())) for near in graph]
    still = _unit(roots)
    chance = Random(len(graph))  # noqa: S311 - the same on every machine, that is all
    size = min(count + _SPARE, len(graph) - 1)
    block = _orthogonal([[chance.random() - 0.5 for _ in graph] for _ in range(size)], still)
    values = [0.0] * count
    fewest, most = _ROUNDS
    shares = sum(len(found) for _, _, found in steps)
    for _ in range(max(fewest, min(most, _WORK // (2 * size * (shares + size * len(graph)))))):
        block = _orthogonal([_solved(steps, vector, roots) for vector in block], still)
        block, now = _turned(block, graph, roots)
        if all(abs(new - old) <= _EXACT * new for new, old in zip(now[:count], values, strict=True)):
            break
        values = now[:count]
    return [(sum(map(mul, _pulled(vector, graph, roots), vector)), vector) for vector in block[:count]]


_Step = tuple[int, float, list[tuple[int, float]]]
"""A job, the sum of its weights, and the share that each neighbour that is left has of it."""


def _taken_apart(graph: Weighted) -> list[_Step]:
    """Take one job after the other away, those of few neighbours first, and connect its neighbours instead.

    This is the elimination of Gauss. Where too many neighbours come together only some of them are connected,
    in a chain, which is no longer exact.
    """
    left = [dict(near) for near in graph]
    waiting = [(len(near), job) for job, near in enumerate(left)]
    heapify(waiting)
    gone = [False] * len(left)
    steps: list[_Step] = []
    while len(steps) < len(left) - 1:
        degree, job = heappop(waiting)
        near = left[job]
        if gone[job] or degree != len(near):
            continue
        gone[job] = True
        total = sum(near.values())
        steps.append((job, total, [(other, weight / total) for other, weight in near.items()]))
        for other in near:
            del left[other][job]
        if len(near) <= _MANY:
            added = [(a, b, u * v / total) for (a, u), (b, v) in combinations(near.items(), 2)]
        else:
            added, rest = [], total
            chain = sorted(near.items(), key=lambda item: (item[1], item[0]))
            for (a, u), (b, _) in pairwise(chain):
                rest -= u
                added.append((a, b, u * rest / total))
        for a, b, weight in added:
            left[a][b] = left[b][a] = left[a].get(b, 0.0) + weight
        for other in near:
            heappush(waiting, (len(left[other]), other))
    return steps


def _solved(steps: Sequence[_Step], vector: Vector, roots: Vector) -> Vector:
    """What the normalised Laplacian makes this vector of."""
    given = list(map(mul, vector, roots))
    for job, _, shares in steps:
        value = given[job]
        for other, share in shares:
            given[other] += value * share
    found = [0.0] * len(given)
    for job, total, shares in reversed(steps):
        value = given[job] / total
        for other, share in shares:
            value += found[other] * share
        found[job] = value
    return list(map(mul, found, roots))


def _pulled(vector: Vector, graph: Weighted, roots: Vector) -> Vector:
    """What the normalised Laplacian makes of a vector."""
    over = [value / root for value, root in zip(vector, roots, strict=True)]
    return [
        value - sum([weight * over[other] for other, weight in near.items()]) / root
        for value, near, root in zip(vector, graph, roots, strict=True)
    ]


def _turned(block: list[Vector], graph: Weighted, roots: Vector) -> tuple[list[Vector], list[float]]:
    """The vectors of the same space that are closest to eigenvectors, by their values (Rayleigh and Ritz)."""
    size = len(block)
    table = [[0.0] * size for _ in range(size)]
    for a, vector in enumerate(block):
        pulled = _pulled(vector, graph, roots)
        for b in range(a + 1):
            table[a][b] = table[b][a] = sum(map(mul, pulled, block[b]))
    values, turns = _jacobi(table)
    order = sorted(range(size), key=values.__getitem__)
    turned = [_sum_of([(turns[row][column], block[row]) for row in range(size)]) for column in order]
    return turned, [values[n] for n in order]


def _jacobi(table: list[list[float]]) -> tuple[list[float], list[list[float]]]:
    """All eigenvalues of a small symmetric table, and the eigenvectors as columns."""
    size = len(table)
    turns = [[float(a == b) for b in range(size)] for a in range(size)]
    for _ in range(30):
        off = sum(table[a][b] ** 2 for a in range(size) for b in range(a))
        if off <= 1e-30 * sum(table[a][a] ** 2 for a in range(size)):
            break
        for a in range(size):
            for b in range(a):
                if table[a][b]:
                    _rotate(table, turns, a, b)
    return [table[n][n] for n in range(size)], turns


def _rotate(table: list[list[float]], turns: list[list[float]], a: int, b: int) -> None:
    angle = (table[b][b] - table[a][a]) / (2 * table[a][b])
    tangent = (1 if angle >= 0 else -1) / (abs(angle) + sqrt(angle * angle + 1))
    cosine = 1 / sqrt(tangent * tangent + 1)
    sine = tangent * cosine
    for row in (*table, *turns):
        row[a], row[b] = cosine * row[a] - sine * row[b], sine * row[a] + cosine * row[b]
    table[a], table[b] = (
        [cosine * x - sine * y for x, y in zip(table[a], table[b], strict=True)],
        [sine * x + cosine * y for x, y in zip(table[a], table[b], strict=True)],
    )


def _orthogonal(block: Sequence[Vector], still: Vector) -> list[Vector]:
    """The same space by vectors of length 1 at right angles to each other and to another."""
    found = [still]
    for vector in block:
        for _ in range(2):  # once more, for what rounding left
            for other in found:
                share = sum(map(mul, vector, other))
                vector = [value - share * away for value, away in zip(vector, other, strict=True)]
        found.append(_unit(vector))
    return found[1:]


def _sum_of(parts: Sequence[tuple[float, Vector]]) -> Vector:
    (first, vector), *rest = parts
    found = [first * value for value in vector]
    for share, vector in rest:
        found = [value + share * more for value, more in zip(found, vector, strict=True)]
    return found


def _unit(vector: Vector) -> Vector:
    length = sqrt(sum(map(mul, vector, vector))) or 1.0
    return [value / length for value in vector]
