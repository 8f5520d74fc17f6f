"""Edges between jobs, wrappers around them and their places in the graph, of `AutosubmitSource`.

Guarantees: those of `ExperimentSource`; this module decides which store answers, each format is read in a
module of its own (`structure`, `wrapperdb`, `layout`, `pickles`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from mestral_experiments.model import Experiment
from mestral_experiments.sources import layout, structure, wrapperdb
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.lists import JobLists
from mestral_experiments.sources.storage import Pickle, Store

T = TypeVar("T")

_STRUCTURE_UNREADABLE = "Error while reading the experiment structure"
_LAYOUT_UNREADABLE = "Error while reading the layout of the graph"
_WRAPPERS_UNREADABLE = "Error while reading the wrappers"


class Relations(JobLists):
    """What jobs have to do with each other."""

    def parents(self, experiment: Experiment, job: str) -> Sequence[str]:
        """The jobs that it waits for; 503 when the structure is unusable."""
        with self._answering(_STRUCTURE_UNREADABLE):
            found = self._first(self._storage().structures(experiment), structure.read_parents, job)
            return structure.parents_of(job, self._drawn(experiment)) if found is None else found

    def children(self, experiment: Experiment, job: str) -> Sequence[str]:
        """The jobs that wait for it; 503 as `parents`."""
        with self._answering(_STRUCTURE_UNREADABLE):
            found = self._first(self._storage().structures(experiment), structure.read_children, job)
            return structure.children_of(job, self._drawn(experiment)) if found is None else found

    def edges(self, experiment: Experiment) -> Sequence[tuple[str, str]]:
        """All pairs of jobs, the second of which waits for the first; 503 as `parents`."""
        with self._answering(_STRUCTURE_UNREADABLE):
            found = self._first(self._storage().structures(experiment), structure.read_edges)
            return structure.edges_of(self._drawn(experiment)) if found is None else found

    def layout(self, experiment: Experiment) -> Mapping[str, tuple[float, float]]:
        """Stored positions of jobs in the graph; 503 when the layout is unusable."""
        with self._answering(_LAYOUT_UNREADABLE):
            return self._first((self._storage().layout(experiment),), layout.read_layout) or {}

    def wrappers(self, experiment: Experiment) -> Mapping[str, str]:
        """The wrapper of every wrapped job; 503 when they are unusable."""
        with self._answering(_WRAPPERS_UNREADABLE):
            return self._first(self._storage().wrappers(experiment), wrapperdb.read_wrappers) or {}

    def last_wrapper(self, experiment: Experiment, job: str) -> str | None:
        """The wrapper of one job, None without one; 503 as `wrappers`."""
        with self._answering(_WRAPPERS_UNREADABLE):
            return self._first(self._storage().wrappers(experiment), wrapperdb.read_last_wrapper, job)

    def _drawn(self, experiment: Experiment) -> Sequence[tuple[str, str]]:
        """The edges of a job list that is a graph; other lists have none."""
        found = self._storage().job_list(experiment)
        return self._parsed(found).edges if isinstance(found, Pickle) else ()

    def _first(self, stores: Iterable[Store], read: Callable[..., T], *arguments: object) -> T | None:
        """What is read from the first store that has the tables, None when none has."""
        for store in stores:
            try:
                return self._read(store, store.taken(), read, *arguments)
            except Missing:
                continue
        return None
