"""Places by the vibrations of a graph (contract/API_V3.md 3.2).

Guarantees: any graph has places: parts are placed one by one, side by side; equal arguments give equal
places. Work about linear in jobs and edges.
"""

from collections.abc import Sequence
from math import sqrt, trunc

from mestral_experiments.views.layout.acyclic import Edge, components
from mestral_experiments.views.layout.packing import Box, Positions, pack
from mestral_experiments.views.layout.vibrations import Weighted, slowest

_IN_WRAPPER = 3.0
_SCALE = 10.0
_FEWEST = 5
_APART = 90.0


def laplacian(count: int, edges: Sequence[Edge], packages: Sequence[int | None]) -> Positions:
    """Places from the second and third eigenvector of the normalised Laplacian, whole numbers.

    x and y are their elements times `jobs / eigenvalue * 10`; the first job that is not in the middle, of
    those that wait for no other, is on the left, and on top. Parts of less than five jobs stand in a row.

    Args:
        count: How many jobs there are.
        edges: Places of parents and children, different from each other.
        packages: The number of the wrapper of each job. Edges inside a wrapper weigh three times as much.
    """
    near: list[dict[int, float]] = [{} for _ in range(count)]
    for one, other in edges:
        inside = packages[one] is not None and packages[one] == packages[other]
        near[one][other] = near[other][one] = _IN_WRAPPER if inside else 1.0
    waiting = {child for _, child in edges}
    parts = [sorted(part, key=waiting.__contains__) for part in components(count, edges)]
    placed = [_placed(part, near) for part in parts]
    found: Positions = [(0.0, 0.0)] * count
    if len(parts) == 1:
        corners: Positions = [(0.0, 0.0)]
    else:
        corners = pack([_box(places) for places in placed])
    for part, places, (left, top) in zip(parts, placed, corners, strict=True):
        if len(parts) > 1:
            left -= min(x for x, _ in places)
            top -= max(y for _, y in places)
        for job, (x, y) in zip(part, places, strict=True):
            found[job] = (x + left, y + top)
    return found


def _placed(part: Sequence[int], near: Sequence[dict[int, float]]) -> Positions:
    if len(part) < _FEWEST:
        return [(_APART * n, 0.0) for n in range(len(part))]
    number = {job: n for n, job in enumerate(part)}
    graph: Weighted = [{number[other]: weight for other, weight in near[job].items()} for job in part]
    (x_value, x), (y_value, y) = slowest(graph, 2)
    return [
        (float(trunc(right)), float(trunc(up)))
        for right, up in zip(
            _scaled(x, -_SCALE * len(part) / x_value), _scaled(y, _SCALE * len(part) / y_value), strict=True
        )
    ]


def _scaled(vector: Sequence[float], scale: float) -> list[float]:
    """A vector of either sign so that its first element that counts has that of the scale."""
    least = sqrt(1 / len(vector)) / 1000
    first = next((value for value in vector if abs(value) > least), 1.0)
    return [value * (scale if first > 0 else -scale) for value in vector]


def _box(places: Positions) -> Box:
    across, along = [x for x, _ in places], [y for _, y in places]
    return Box(max(across) - min(across) + _APART, max(along) - min(along) + _APART)
