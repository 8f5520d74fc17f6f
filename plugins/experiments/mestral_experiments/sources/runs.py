"""Runs of `AutosubmitSource`: their history, the configurations they were made with, and user metrics.

Guarantees: those of `ExperimentSource`; each format is read in a module of its own (`history`, `metadata`,
`metrics`).
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from mestral_experiments.model import Attempt, Experiment, Run, Times, UserMetric
from mestral_experiments.sources import history, metrics
from mestral_experiments.sources.access import Access
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.metadata import configuration_of
from mestral_experiments.sources.storage import Store

T = TypeVar("T")

_RUNS_UNREADABLE = "Error while getting experiment runs"
_RUN_CONFIGURATION_UNREADABLE = "Error while reading the run configuration"
_ATTEMPTS_UNREADABLE = "Error while reading the history of jobs"
_METRICS_UNREADABLE = "Error while reading the user metrics"
_INTEGERS = range(-(2**63), 2**63)  # what a database can hold


class Runs(Access):
    """What happened in an experiment."""

    def latest_run(self, experiment: Experiment) -> Run | None:
        """The newest run; 503 when the history is unusable."""
        with self._answering(_RUNS_UNREADABLE):
            try:
                return self._kept(self._storage().history(experiment), history.read_latest_run)
            except Missing:
                return None

    def runs(self, experiment: Experiment) -> Sequence[Run]:
        """All runs by ascending id; 503 as `latest_run`."""
        with self._answering(_RUNS_UNREADABLE):
            return self._rows(self._storage().history(experiment), history.read_runs)

    def run_configuration(self, experiment: Experiment, run_id: int) -> dict[str, Any] | None:
        """What a run was made with, None without such a run; 503 when that or the history is unusable."""
        if run_id not in _INTEGERS:
            return None
        with self._answering(_RUN_CONFIGURATION_UNREADABLE):
            store = self._storage().history(experiment)
            taken = store.taken()
            try:
                stored = self._read(store, taken, history.read_run_metadata, run_id)
            except Missing:
                return None
            if stored is None:
                return None
            where = f"{store}: run {run_id}"
            return self._failures.read(where, taken, lambda: configuration_of(stored[0], where))

    def attempts(
        self,
        experiment: Experiment,
        *,
        name: str | None = None,
        run_id: int | None = None,
        completed: Collection[str] | None = None,
        last: bool = False,
    ) -> Sequence[Attempt]:
        """Attempts of jobs; 503 when the history is unusable."""
        if run_id is not None and run_id not in _INTEGERS:
            return ()
        chosen = history.Chosen(name, run_id, completed, last)
        with self._answering(_ATTEMPTS_UNREADABLE):
            return self._rows(self._storage().history(experiment), history.read_attempts, chosen)

    def last_times(self, experiment: Experiment) -> Sequence[Times]:
        """Times of the last attempt of every job; 503 as `attempts`."""
        with self._answering(_ATTEMPTS_UNREADABLE):
            return self._rows(self._storage().history(experiment), history.read_last_times)

    def metric_runs(self, experiment: Experiment) -> Sequence[int]:
        """Ids of the runs that have user metrics, newest first; 503 when the metrics are unusable."""
        with self._answering(_METRICS_UNREADABLE):
            return self._rows(self._storage().metrics(experiment), metrics.read_runs)

    def metrics(self, experiment: Experiment, run_id: int) -> Sequence[UserMetric]:
        """The user metrics of a run; 503 as `metric_runs`."""
        if run_id not in _INTEGERS:
            return ()
        with self._answering(_METRICS_UNREADABLE):
            return self._rows(self._storage().metrics(experiment), metrics.read_metrics, run_id)

    def _rows(self, store: Store, read: Callable[..., Sequence[T]], *arguments: object) -> Sequence[T]:
        """What a store holds now; nothing where there is none."""
        try:
            return self._read(store, store.taken(), read, *arguments)
        except Missing:
            return ()
