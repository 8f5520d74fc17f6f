"""The layer of each job: parents above children, edges short.

Guarantees: every edge leads at least one layer down; layers start at 0 and none is empty; linear in jobs and edges.
"""

from collections.abc import Sequence

from mestral_experiments.views.layout.acyclic import Edge, longest_paths

_PASSES = 8


def layers_of(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each job of one connected part.

    Longest ways from the roots, then whatever makes edges shorter: jobs move towards the side where they have
    more edges, and what hangs together moves down to what it alone waits for.

    Args:
        count: How many jobs there are.
        edges: Without a cycle.
    """
    layer = [level - 1 for level in longest_paths(count, edges)]
    parents: list[list[int]] = [[] for _ in range(count)]
    children: list[list[int]] = [[] for _ in range(count)]
    for parent, child in edges:
        children[parent].append(child)
        parents[child].append(parent)
    downwards = sorted(range(count), key=layer.__getitem__)
    for _ in range(_PASSES):
        moved = _lower_clusters(layer, edges)
        for job in reversed(downwards):
            if len(children[job]) > len(parents[job]):
                lowest = min(layer[child] for child in children[job]) - 1
                moved |= lowest > layer[job]
                layer[job] = lowest
        for job in downwards:
            if len(parents[job]) > len(children[job]):
                highest = max(layer[parent] for parent in parents[job]) + 1
                moved |= highest < layer[job]
                layer[job] = highest
        if not moved:
            break
    used = {old: new for new, old in enumerate(sorted(set(layer)))}
    return [used[old] for old in layer]


def _lower_clusters(layer: list[int], edges: Sequence[Edge]) -> bool:
    """Move jobs that edges of length 1 connect down together, where that makes more edges shorter than longer."""
    leader = list(range(len(layer)))

    def lead(job: int) -> int:
        while leader[job] != job:
            leader[job] = leader[leader[job]]
            job = leader[job]
        return job

    slack = []
    for parent, child in edges:
        if layer[child] - layer[parent] == 1:
            leader[lead(parent)] = lead(child)
        else:
            slack.append((parent, child))
    gain: dict[int, int] = {}
    room: dict[int, int] = {}
    for parent, child in slack:
        above, below = lead(parent), lead(child)
        if above == below:
            continue
        gain[above] = gain.get(above, 0) + 1
        gain[below] = gain.get(below, 0) - 1
        room[above] = min(room.get(above, len(layer)), layer[child] - layer[parent] - 1)
    # A cluster may rely on the place of another: only those move whose others stay.
    moving = {cluster for cluster in room if gain[cluster] > 0}
    for parent, child in slack:
        above, below = lead(parent), lead(child)
        if above != below and above in moving and below in moving:
            moving.discard(below)
    for job in range(len(layer)):
        cluster = lead(job)
        if cluster in moving:
            layer[job] += room[cluster]
    return bool(moving)
