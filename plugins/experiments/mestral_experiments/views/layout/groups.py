"""Where the groups of a graph are placed (contract/API_V3.md 3.3).

Guarantees: the result does not depend on the order of the groups; each is compared with those near it alone.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
    columns: defaultdict[int, list[int]] = defaultdict(list)
    for n, name in enumerate(order):
        columns[middle[name][0] // _APART].append(n)
    settled: dict[str, tuple[float, float]] = {}
    for n, name in enumerate(order):
        x, y = middle[name]
        column = x // _APART
        for later in merge(*(_after(columns.get(near, ()), n) for near in (column - 1, column, column + 1))):
            other_x, other_y = middle[order[later]]
            if y - other_y > _APART:
                break  # all that follow are lower still
            away = abs(y - other_y)
            if away <= _APART and abs(x - other_x) <= _APART:
                y += (_APART - away) if y > other_y else (away - _APART)
        settled[name] = x, y
    return {name: settled[name] for name in members}


def _after(numbers: Sequence[int], number: int) -> Iterator[int]:
    """Those of ascending numbers that come after one."""
    return (numbers[at] for at in range(bisect_right(numbers, number), len(numbers)))


def _mean(values: Sequence[float]) -> int:
    return trunc(sum(values) / len(values))
