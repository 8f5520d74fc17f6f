"""Runs of an experiment, attempts of its jobs, and what they measured."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from mestral_experiments.model import (
    Attempt,
    Experiment,
    Run,
    Times,
    UserMetric,
)


class History(Protocol):
    """Runs of an experiment, attempts of its jobs, and what they measured."""

    def latest_run(self, experiment: Experiment) -> Run | None:
        """The newest run of the history; None when there is none.

        Raises:
            Problem: 503 when the history is damaged, locked or unreadable.
        """
        ...

    def runs(self, experiment: Experiment) -> Sequence[Run]:
        """All runs by ascending id.

        Raises:
            Problem: as `latest_run`.
        """
        ...

    def run_configuration(self, experiment: Experiment, run_id: int) -> dict[str, Any] | None:
        """The configuration that a run was made with, without credentials and environment.

        Args:
            experiment: The row.
            run_id: Any integer.

        Returns:
            As `Configuration.data`, of what `json.dumps` can write. Empty when the run has none; None when
            there is no such run.

        Raises:
            Problem: 503 when the history or the configuration of this run is damaged, locked or unreadable.
        """
        ...

    def attempts(
        self,
        experiment: Experiment,
        *,
        name: str | None = None,
        run_id: int | None = None,
        completed: Collection[str] | None = None,
        last: bool = False,
    ) -> Sequence[Attempt]:
        """Attempts of jobs, in the order they were recorded.

        Args:
            experiment: The row.
            name: Only those of the job of exactly this name, which costs that job alone.
            run_id: Only those of this run; any integer.
            completed: Only those that are COMPLETED and whose section, or member (very old rows hold the one
                in place of the other), is one of these.
            last: Only the one of each job that counts, in any order: marked as its last, of row type 1 or
                more, and of several such the one with the largest counter (contract/API_V4.md 4.2, HIST;
                METRICS.md 2.2). Not together with the others but `name`.

        Raises:
            Problem: 503 when the history is damaged, locked or unreadable.
        """
        ...

    def last_times(self, experiment: Experiment) -> Sequence[Times]:
        """Times of the last attempt of every job, as `attempts` chooses it, without reading the rest of it.

        Raises:
            Problem: as `attempts`.
        """
        ...

    def metric_runs(self, experiment: Experiment) -> Sequence[int]:
        """Ids of the runs that have user metrics, newest first.

        Raises:
            Problem: 503 when the metrics are damaged, locked or unreadable.
        """
        ...

    def metrics(self, experiment: Experiment, run_id: int) -> Sequence[UserMetric]:
        """The user metrics of a run in the order they were recorded; none for an unknown run.

        Raises:
            Problem: as `metric_runs`.
        """
        ...
