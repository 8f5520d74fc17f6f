"""Where the groups of a graph are placed (contract/API_V3.md 3.3).

Guarantees: the result does not depend on the order of the groups; each is compared with those near it alone.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from heapq import merge
from math import trunc

_APART = 250


def settle_groups(members: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """A place for every group: the means of its members, without their fractions, then moved apart.

    Groups go from high to low y, equals by name; each that is close to a later one in x and in y moves away
    from it in y.

    Args:
        members: Positions of the jobs of each group; none may be empty.
    """
    middle = {
        name: (_mean([x for x, _ in jobs]), _mean([y for _, y in jobs])) for name, jobs in members.items()
    }
    order = sorted(middle, key=lambda name: (-middle[name][1], name))
    height: dict[str, float] = {name: y for name, (_, y) in middle.items()}
    strips: dict[int, deque[int]] = {}
    for n, name in enumerate(order):
        strips.setdefault(middle[name][0] // _APART, deque()).append(n)
    for name in order:
        x = middle[name][0]
        strip = x // _APART
        strips[strip].popleft()  # this one: only later ones are left
        for n in merge(*(strips.get(near, ()) for near in (strip - 1, strip, strip + 1))):
            other = order[n]
            away = abs(height[name] - height[other])
            if away > _APART and height[name] > height[other]:
                break  # all others are even lower
            if away <= _APART and abs(x - middle[other][0]) <= _APART:
                height[name] += (_APART - away) if height[name] > height[other] else (away - _APART)
    return {name: (middle[name][0], height[name]) for name in members}


def _mean(values: Sequence[float]) -> int:
    return trunc(sum(values) / len(values))
