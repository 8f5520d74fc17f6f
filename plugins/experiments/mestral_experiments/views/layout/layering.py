"""The layer of each job: parents above children, edges short.

Guarantees: every edge leads at least one layer down; layers start at 0 and none is empty; equal arguments
give equal layers. Work about linear in jobs and edges: the sum of the lengths is the least possible where
that is found within it, as it is for most workflows.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

from mestral_experiments.views.layout.acyclic import Edge, longest_paths

_WORK, _WORK_PER_JOB = 80_000, 5


def layers_of(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each job of one connected part.

    Args:
        count: How many jobs there are.
        edges: Without a cycle.
    """
    layer = [level - 1 for level in longest_paths(count, edges)]
    if len(edges) >= count:
        simplex = _Simplex(layer, edges)
        simplex.span()
        simplex.shorten(_WORK + _WORK_PER_JOB * count)
    elif edges:
        _Simplex(layer, edges).span()  # a tree: with every edge as short as can be there is nothing to gain
    used = {old: new for new, old in enumerate(sorted(set(layer)))}
    return [used[old] for old in layer]


class _Simplex:
    """The network simplex method (Gansner, Koutsofios, North and Vo, 1993) on layers, which it changes.

    A tree of edges of length 1 spans all jobs. Each edge of it parts the jobs in two halves. Where more edges
    lead from the lower half to the upper one than along with it, the shortest of those takes its place, and
    the halves move.

    Attributes:
        layer: Of each job.
        parents, children: Of each job.
        tree: Other ends of the edges of the tree at each job.
        top: The next job on the way to the root of the tree, -1 at the root.
        excess: Of the jobs from which the way to the root leads through a job, itself included: edges that
            leave them downwards less those that arrive from above.
    """

    def __init__(self, layer: list[int], edges: Sequence[Edge]) -> None:
        count = len(layer)
        self.layer = layer
        self.parents: list[list[int]] = [[] for _ in range(count)]
        self.children: list[list[int]] = [[] for _ in range(count)]
        for parent, child in edges:
            self.children[parent].append(child)
            self.parents[child].append(parent)
        self.tree: list[set[int]] = [set() for _ in range(count)]
        self.top = [-1] * count
        self.excess = [0] * count

    def span(self) -> None:
        """Move jobs together until edges of length 1 connect all, and make the tree of such edges."""
        layer = self.layer
        cluster = [-1] * len(layer)
        members: dict[int, list[int]] = {}
        for start in range(len(layer)):
            if cluster[start] < 0:
                members[start] = self._grow(start, cluster)
        waiting = [(len(jobs), name) for name, jobs in members.items()]
        heapify(waiting)
        while len(members) > 1:  # the smallest first, so that no job changes its cluster often
            size, name = heappop(waiting)
            if size != len(members.get(name, ())):
                continue
            jobs = members.pop(name)
            parent, child, moves = self._nearest(jobs, cluster)
            for job in jobs:
                layer[job] += moves
            other = cluster[child] if cluster[parent] == name else cluster[parent]
            for job in jobs:
                cluster[job] = other
            members[other].extend(jobs)
            heappush(waiting, (len(members[other]), other))
            self._join(parent, child)
        self._root()

    def _grow(self, start: int, cluster: list[int]) -> list[int]:
        """The jobs that edges of length 1 connect with one."""
        layer = self.layer
        cluster[start] = start
        found = [start]
        for job in found:  # grows meanwhile
            for other in (*self.children[job], *self.parents[job]):
                if cluster[other] < 0 and abs(layer[other] - layer[job]) == 1:
                    cluster[other] = start
                    self._join(job, other)
                    found.append(other)
        return found

    def _nearest(self, jobs: Sequence[int], cluster: Sequence[int]) -> tuple[int, int, int]:
        """The edge that gets length 1 first when these jobs move to where they have more edges."""
        layer, own = self.layer, cluster[jobs[0]]
        below = [(layer[c] - layer[j], j, c) for j in jobs for c in self.children[j] if cluster[c] != own]
        above = [(layer[j] - layer[p], p, j) for j in jobs for p in self.parents[j] if cluster[p] != own]
        down = len(below) >= len(above)
        length, parent, child = min(below if down else above)
        return parent, child, length - 1 if down else 1 - length

    def _join(self, one: int, other: int) -> None:
        self.tree[one].add(other)
        self.tree[other].add(one)

    def _root(self) -> None:
        """Direct the tree to its first job."""
        order = [0]
        for job in order:  # grows meanwhile
            for other in self.tree[job]:
                if other != self.top[job]:
                    self.top[other] = job
                    order.append(other)
        self.excess = [
            len(below) - len(above) for below, above in zip(self.children, self.parents, strict=True)
        ]
        for job in reversed(order[1:]):
            self.excess[self.top[job]] += self.excess[job]

    def shorten(self, work: int) -> None:
        """Exchange edges of the tree until the sum of all lengths is the least, or so much work is done."""
        layer, top, excess = self.layer, self.top, self.excess
        idle, job = 0, 0
        while idle < len(layer) and work > 0:
            work -= 1
            idle += 1
            job = job + 1 if job + 1 < len(layer) else 0
            if top[job] < 0:
                continue
            downwards = layer[job] < layer[top[job]]  # the half of this job is above the rest
            if (excess[job] if downwards else -excess[job]) < 0:
                work -= self._exchange(job, downwards)
                idle = 0

    def _exchange(self, job: int, downwards: bool) -> int:
        """Exchange the edge from a job towards the root; how many jobs and edges were looked at."""
        layer, top = self.layer, self.top
        other = top[job]
        half, under = self._smaller_half(job, other)
        # The edge to come leads from the lower half to the upper one.
        inside = set(half)
        arrives = under == downwards  # at the smaller half
        best: tuple[int, int, int] | None = None
        work = len(half)
        for one in half:
            ends = self.parents[one] if arrives else self.children[one]
            work += len(ends)
            for far in ends:
                if far not in inside:
                    slack = abs(layer[far] - layer[one]) - 1
                    if best is None or slack < best[0]:
                        best = slack, one, far
                        if not slack:
                            break
            if best is not None and not best[0]:
                break
        if best is None:  # cannot be: an excess is made of such edges
            return work
        slack, near, far = best
        for one in half:
            layer[one] += -slack if arrives else slack
        self.tree[job].discard(other)
        self.tree[other].discard(job)
        self._join(near, far)
        self._turn(job, *((near, far) if under else (far, near)))
        return work

    def _smaller_half(self, job: int, other: int) -> tuple[list[int], bool]:
        """The jobs on one side of an edge of the tree, and whether it is the side of the first."""
        walks = self._walk(job, other), self._walk(other, job)
        halves: tuple[list[int], list[int]] = ([], [])
        while True:
            for side in (0, 1):
                reached = next(walks[side], -1)
                if reached < 0:
                    return halves[side], side == 0
                halves[side].append(reached)

    def _walk(self, start: int, without: int) -> Iterator[int]:
        waiting = [(start, without)]
        while waiting:
            job, origin = waiting.pop()
            yield job
            waiting.extend((other, job) for other in self.tree[job] if other != origin)

    def _turn(self, old: int, new: int, outside: int) -> None:
        """Direct the half below a job to the root through another of its jobs."""
        top, excess = self.top, self.excess
        whole = excess[old]
        up = top[old]
        while up >= 0:
            excess[up] -= whole
            up = top[up]
        up = outside
        while up >= 0:
            excess[up] += whole
            up = top[up]
        job, before, carried = new, outside, 0
        while True:
            after = top[job]
            own = excess[job]
            top[job], excess[job] = before, whole - carried
            if job == old:
                break
            job, before, carried = after, job, own
