"""The order of jobs and bends in their layers: few edges cross.

Guarantees: equal arguments give equal orders; work about linear in jobs, bends and edges.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from mestral_experiments.views.layout.layers import Layers

Order = list[list[int]]
"""Jobs and bends of each layer from left to right."""

_WORK, _WORK_PER_JOB = 900_000, 18
"""How many jobs, bends and ends of edges may be looked at: for any graph, and more for each of its jobs."""

_PATIENCE = 8
_EXCHANGES = 10
_STARTS = ((False, False), (False, True), (True, False), (True, True))


def ordered(graph: Layers) -> list[Order]:
    """Orders in which few edges cross, the best first."""
    work = _WORK + _WORK_PER_JOB * graph.jobs
    found: list[_Sweeps] = []
    for n, (around, upwards) in enumerate(_STARTS):
        sweeps = _Sweeps(graph, _walked(graph, around, upwards))
        work -= sweeps.run(work // (len(_STARTS) - n))
        found.append(sweeps)
        if not sweeps.fewest or work <= 0:
            break
    return [sweeps.best for sweeps in sorted(found, key=lambda sweeps: sweeps.fewest)]


def crossings(order: Order, graph: Layers) -> int:
    """How many pairs of edges cross."""
    place = places(order, graph)
    return sum(_crossings_below(row, graph.below, place) for row in order)


def places(order: Order, graph: Layers) -> list[int]:
    """The place of each job and bend in its layer."""
    place = [0] * len(graph.layer)
    for row in order:
        for n, job in enumerate(row):
            place[job] = n
    return place


class _Sweeps:
    """Sweeps over all layers, beginning with some order.

    Attributes:
        best: The order with the fewest crossings so far.
        fewest: How many it has.
        weights: What there is to look at in each layer: jobs, bends, ends of edges.
    """

    def __init__(self, graph: Layers, order: Order) -> None:
        self.graph, self.order = graph, order
        self.place = places(order, graph)
        self.best = [list(row) for row in order]
        self.fewest = self._crossings()
        self.weights = [
            sum([1 + len(graph.above[job]) + len(graph.below[job]) for job in row]) for row in order
        ]

    def _crossings(self) -> int:
        return sum(_crossings_below(row, self.graph.below, self.place) for row in self.order)

    def run(self, work: int) -> int:
        """Sweep until nothing gets better for a while or so much work is done; how much was done.

        What is equally good is exchanged every other time: orders are left that only look good from near.
        """
        graph, order = self.graph, self.order
        idle = n = done = 0
        whole = sum(self.weights)
        while self.fewest and idle < _PATIENCE and done < work:
            near, rows = graph.above, range(1, graph.depth)
            if n % 2:
                near, rows = graph.below, range(graph.depth - 2, -1, -1)
            for row in rows:
                _sort(order[row], near, self.place, turn=n % 4 > 1)
            done += 3 * whole + self._transpose(n % 2 == 1, work - done)
            found = self._crossings()
            idle += 1
            if found < self.fewest:
                self.fewest, self.best, idle = found, [list(row) for row in order], 0
            n += 1
        return done

    def _transpose(self, ties: bool, work: int) -> int:
        """Exchange neighbours in a layer as long as fewer edges cross, or so much work is done.

        Args:
            ties: Whether to exchange them also where as many edges cross.
            work: Every layer is looked at once even if that is more.

        Returns:
            How much was done.
        """
        done = 0
        rows: Iterable[int] = range(self.graph.depth)
        for _ in range(_EXCHANGES):
            again: set[int] = set()
            for row in rows:
                done += self.weights[row]
                if _transpose_row(self.order[row], self.graph, self.place, ties):
                    again.update((row - 1, row, row + 1))
            if not again or done >= work:
                break
            rows = sorted(again & set(range(self.graph.depth)))
        return done


def _walked(graph: Layers, around: bool, upwards: bool) -> Order:
    """Each layer in the order in which a walk along the edges comes by, chains together.

    Args:
        graph: What is walked.
        around: Look first at what else each job waits for.
        upwards: From the last jobs to the first.
    """
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
            if around:
                waiting.extend(reversed(behind[job]))
    return order


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


def _sort(row: list[int], near: Sequence[Sequence[int]], place: list[int], turn: bool) -> None:
    """Sort a layer by the means of its neighbours' places; who has none stays where it is.

    Args:
        row: The layer.
        near: The neighbours of each job and bend on one side.
        place: Of each, is brought up to date.
        turn: Whether equals change their order.
    """
    key: dict[int, float] = {}
    for job in row:
        others = near[job]
        if len(others) == 1:
            key[job] = place[others[0]]
        elif others:
            key[job] = sum([place[other] for other in others]) / len(others)
    moving = [job for job in row if job in key]
    if turn:
        moving.reverse()
    moving.sort(key=key.__getitem__)
    if len(moving) == len(row):
        row[:] = moving
    else:
        rest = iter(moving)
        row[:] = [next(rest) if job in key else job for job in row]
    for n, job in enumerate(row):
        place[job] = n


def _transpose_row(row: list[int], graph: Layers, place: list[int], ties: bool) -> int:
    """How many crossings less."""
    if len(row) < 2:
        return 0
    gain = 0
    above, below = graph.above, graph.below
    left = row[0]
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
    """How many crossings of edges to these places, in order, vanish when the two exchange theirs."""
    if not left or not right:
        return 0
    if len(left) == len(right) == 1:
        return (left[0] > right[0]) - (left[0] < right[0])
    found = 0
    for end in left:
        before = bisect_right(right, end - 1)
        found += before - (len(right) - bisect_right(right, end, before))
    return found
