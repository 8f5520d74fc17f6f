"""Edges between jobs and wrappers around them, of `AutosubmitSource`: which file answers.

Guarantees: those of `ExperimentSource`; each format is read in a module of its own (`structure`, `wrapperdb`,
`pickles`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mestral.readers import fingerprint, stamp_sqlite
from mestral_experiments.model import Experiment
from mestral_experiments.sources import places, structure, wrapperdb
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.lists import JobLists

T = TypeVar("T")

_STRUCTURE_UNREADABLE = "Error while reading the experiment structure"
_WRAPPERS_UNREADABLE = "Error while reading the wrappers"


class Relations(JobLists):
    """What jobs have to do with each other."""

    def parents(self, experiment: Experiment, job: str) -> Sequence[str]:
        """The jobs that it waits for; 503 when the structure is unusable."""
        with self._answering(_STRUCTURE_UNREADABLE):
            found = self._first(experiment, places.structures, structure.read_parents, job)
            return structure.parents_of(job, self._drawn(experiment)) if found is None else found

    def children(self, experiment: Experiment, job: str) -> Sequence[str]:
        """The jobs that wait for it; 503 as `parents`."""
        with self._answering(_STRUCTURE_UNREADABLE):
            found = self._first(experiment, places.structures, structure.read_children, job)
            return structure.children_of(job, self._drawn(experiment)) if found is None else found

    def wrappers(self, experiment: Experiment) -> Mapping[str, str]:
        """The wrapper of every wrapped job; 503 when they are unusable."""
        with self._answering(_WRAPPERS_UNREADABLE):
            return self._first(experiment, places.packages, wrapperdb.read_wrappers) or {}

    def last_wrapper(self, experiment: Experiment, job: str) -> str | None:
        """The wrapper of one job, None without one; 503 as `wrappers`."""
        with self._answering(_WRAPPERS_UNREADABLE):
            return self._first(experiment, places.packages, wrapperdb.read_last_wrapper, job)

    def _drawn(self, experiment: Experiment) -> Sequence[tuple[str, str]]:
        """The edges of a job list that is a graph; other lists have none."""
        found = self._job_list(experiment)
        return () if found is None or found.database else self._parsed(found).edges

    def _first(
        self,
        experiment: Experiment,
        candidates: Callable[..., Sequence[str]],
        read: Callable[..., T],
        *arguments: object,
    ) -> T | None:
        """What is read from the first database that has the tables, None when none has."""
        rc = self._settings()
        for path in candidates(rc, experiment):
            if places.exists(places.checked(rc, experiment.name, path)):
                try:
                    return self._read(path, fingerprint(stamp_sqlite(path)), read, *arguments)
                except Missing:
                    continue
        return None
