"""Where the jobs of a graph are placed (contract/API_V3.md 3).

Guarantees: pure functions of jobs and edges, `laplacian` of wrappers too: equal arguments give equal places;
every job has a place; work about linear in jobs and edges. x grows to the right, y shrinks downwards, in the
units of the contract (90 to the inch).
"""

from mestral_experiments.views.layout.acyclic import Edge, levels
from mestral_experiments.views.layout.groups import settle_groups
from mestral_experiments.views.layout.layered import layered
from mestral_experiments.views.layout.packing import Positions
from mestral_experiments.views.layout.spectral import laplacian

__all__ = ("Edge", "Positions", "laplacian", "layered", "levels", "settle_groups")
