from collections.abc import Sequence

from mestral_experiments.views.layout.packing import Positions


def laplacian(count: int, edges: Sequence[tuple[int, int]], packages: Sequence[int | None]) -> Positions:
    return [(n * 90.0, 0.0) for n in range(count)]
