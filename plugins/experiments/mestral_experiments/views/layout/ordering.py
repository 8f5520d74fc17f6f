"""The order of jobs and bends in their layers: few edges cross.

Guarantees: never more crossings than the order it starts from; equal arguments give equal orders; a fixed
number of passes, each about linear.
"""

from bisect import bisect_right
from collections.abc import Sequence

from mestral_experiments.views.layout.layers import Layers

Order = list[list[int]]
"""Jobs and bends of each layer from left to right."""

_WORK = 400_000
_FEWEST, _MOST = 8, 60
_PATIENCE = 6
_EXCHANGES = 10


def ordered(graph: Layers) -> Order:
    """The order with the fewest crossings that sweeping over the layers found."""
    passes = min(_MOST, max(_FEWEST, _WORK // (len(graph.layer) + 1)))
    best: tuple[int, Order] | None = None
    for start in (_depth_first(graph, upwards=False), _depth_first(graph, upwards=True)):
        for mean in (True, False):
            found = _swept([list(row) for row in start], graph, passes, mean)
            if best is None or found[0] < best[0]:
                best = found
            if best[0] == 0:
                return best[1]
    assert best is not None
    return best[1]


def crossings(order: Order, graph: Layers) -> int:
    """How many pairs of edges cross."""
    place = _places(order, graph)
    return sum(_crossings_below(row, graph.below, place) for row in order)


def _swept(order: Order, graph: Layers, passes: int, mean: bool) -> tuple[int, Order]:
    place = _places(order, graph)
    best = [list(row) for row in order]
    fewest = sum(_crossings_below(row, graph.below, place) for row in order)
    idle = 0
    for n in range(passes):
        if not fewest or idle > _PATIENCE:
            break
        idle += 1
        if n % 2:
            near, rows = graph.below, range(graph.depth - 2, -1, -1)
        else:
            near, rows = graph.above, range(1, graph.depth)
        for row in rows:
            _sort(order[row], near, place, mean, n % 4 > 1)
        _transpose(order, graph, place, n % 4 > 1)
        now = sum(_crossings_below(row, graph.below, place) for row in order)
        if now < fewest:
            fewest, best, idle = now, [list(row) for row in order], 0
    return fewest, best


def _depth_first(graph: Layers, upwards: bool) -> Order:
    """Each layer in the order in which a walk along the edges comes by, chains together."""
    order: Order = [[] for _ in range(graph.depth)]
    ahead, behind = (graph.above, graph.below) if upwards else (graph.below, graph.above)
    seen = [False] * len(graph.layer)
    for start in (n for n in range(len(graph.layer)) if not behind[n]):
        waiting = [start]
        while waiting:
            job = waiting.pop()
            if seen[job]:
                continue
            seen[job] = True
            order[graph.layer[job]].append(job)
            waiting.extend(reversed(ahead[job]))
    return order


def _places(order: Order, graph: Layers) -> list[int]:
    place = [0] * len(graph.layer)
    for row in order:
        for n, job in enumerate(row):
            place[job] = n
    return place


def _crossings_below(row: Sequence[int], below: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    """Crossings between a layer and the next: earlier edges that end further to the right."""
    ends: list[int] = []
    found = 0
    for job in row:
        for end in sorted([place[other] for other in below[job]]):
            at = bisect_right(ends, end)
            found += len(ends) - at
            ends.insert(at, end)
    return found


def _sort(
    row: list[int], near: Sequence[Sequence[int]], place: list[int], mean: bool, swap_equals: bool
) -> None:
    """Sort a layer by the means or the medians of its neighbours' places; who has none stays where it is."""
    key: dict[int, float] = {}
    for job in row:
        others = near[job]
        if len(others) == 1:
            key[job] = place[others[0]]
        elif mean and others:
            key[job] = sum([place[other] for other in others]) / len(others)
        elif others:
            key[job] = _median(sorted([place[other] for other in others]))
    if len(key) == len(row):
        moving = row
    else:
        moving = [job for job in row if job in key]
    if swap_equals:
        moving = moving[::-1]
    moving = sorted(moving, key=key.__getitem__)
    if len(key) == len(row):
        row[:] = moving
    else:
        rest = iter(moving)
        row[:] = [next(rest) if job in key else job for job in row]
    for n, job in enumerate(row):
        place[job] = n


def _median(places: Sequence[int]) -> float:
    """The median, of two in the middle leaning towards the denser side."""
    half = len(places) // 2
    if len(places) % 2:
        return places[half]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left, right = places[half - 1] - places[0], places[-1] - places[half]
    if left + right == 0:
        return (places[half - 1] + places[half]) / 2
    return (places[half - 1] * right + places[half] * left) / (left + right)


def _transpose(order: Order, graph: Layers, place: list[int], ties: bool) -> None:
    """Exchange neighbours in a layer as long as fewer edges cross; ``ties``: also where as many do."""
    for _ in range(_EXCHANGES):
        saved = 0
        for row in order:
            saved += _transpose_row(row, graph, place, ties)
        if saved <= 0:
            break


def _transpose_row(row: list[int], graph: Layers, place: list[int], ties: bool) -> int:
    """How many crossings less."""
    if len(row) < 2:
        return 0
    gain = 0
    left = row[0]
    above, below = graph.above, graph.below
    left_above = sorted([place[other] for other in above[left]])
    left_below = sorted([place[other] for other in below[left]])
    for n in range(1, len(row)):
        right = row[n]
        right_above = sorted([place[other] for other in above[right]])
        right_below = sorted([place[other] for other in below[right]])
        saved = _saved(left_above, right_above) + _saved(left_below, right_below)
        if saved > 0 or (ties and saved == 0):
            row[n - 1], row[n] = right, left
            place[right], place[left] = n - 1, n
            gain += saved
        else:
            left, left_above, left_below = right, right_above, right_below
    return gain


def _saved(left: Sequence[int], right: Sequence[int]) -> int:
    """How many crossings of edges to these places vanish when the two exchange theirs."""
    if not left or not right or left[-1] <= right[0]:
        return 0 if not left or not right else -_pairs_apart(left, right)
    if len(left) == len(right) == 1:
        return 1
    found = 0
    for place in left:
        at = bisect_right(right, place)
        found += at - (len(right) - at) - (at - bisect_right(right, place - 1))
    return found


def _pairs_apart(left: Sequence[int], right: Sequence[int]) -> int:
    if left[-1] < right[0]:
        return len(left) * len(right)
    return len(left) * len(right) - left.count(right[0]) * right.count(right[0])
