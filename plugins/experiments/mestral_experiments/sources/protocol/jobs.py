"""The jobs of an experiment and how they belong together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from mestral_experiments.model import (
    Experiment,
    Job,
    JobStatus,
)


class JobQuery(msgspec.Struct, frozen=True, array_like=True):
    """A selection of jobs (contract/API_V4.md 4.1).

    Attributes:
        name: Pattern: case-insensitive substring, `*` any run of characters, leading `!` negates (`!!`
            is a double negation); None or "" selects all.
        status: Only jobs in this state.
        offset, limit: Page by (lower-case name, name) order; limit None = all.
        after: Only jobs that come after this name in that order, which `JobPage.total` counts all the same.
    """

    name: str | None = None
    status: JobStatus | None = None
    offset: int = 0
    limit: int | None = None
    after: str | None = None


class JobPage(msgspec.Struct, frozen=True):
    """Selected jobs in (lower-case name, name) order, and how many matched before paging."""

    jobs: Sequence[Job]
    total: int


class Jobs(Protocol):
    """The jobs of an experiment and how they belong together."""

    def jobs(self, experiment: Experiment, query: JobQuery) -> JobPage:
        """The job list. A missing list has no jobs.

        Raises:
            Problem: 503 when the list is damaged, locked or unreadable.
        """
        ...

    def job_list(self, experiment: Experiment) -> Sequence[Job] | None:
        """All jobs, in the order in which they are stored; None for a missing list.

        Raises:
            Problem: as `jobs`.
        """
        ...

    def job(self, experiment: Experiment, name: str) -> Job | None:
        """The job of exactly that name, None without one; the other jobs are not built.

        Raises:
            Problem: as `jobs`.
        """
        ...

    def states(self, experiment: Experiment) -> Sequence[tuple[str, JobStatus]] | None:
        """Name and state of every job in list order, without building the jobs; None for a missing list.

        Raises:
            Problem: as `jobs`.
        """
        ...

    def states_of(self, experiment: Experiment, names: Sequence[str]) -> Mapping[str, JobStatus] | None:
        """States of the jobs of these names, without those that are not in the list; None for a missing list.

        Raises:
            Problem: as `jobs`.
        """
        ...

    def modified(self, experiment: Experiment) -> datetime | None:
        """When the job list changed last (aware, UTC); None when there is none, or it does not say.

        Raises:
            Problem: as `jobs`.
        """
        ...

    def parents(self, experiment: Experiment, job: str) -> Sequence[str]:
        """Names of the jobs that a job waits for, in the order they were stored; none for an unknown job.

        Raises:
            Problem: 503 when the structure is damaged, locked or unreadable.
        """
        ...

    def children(self, experiment: Experiment, job: str) -> Sequence[str]:
        """Names of the jobs that wait for a job, in byte order; none for an unknown job.

        Raises:
            Problem: as `parents`.
        """
        ...

    def edges(self, experiment: Experiment) -> Sequence[tuple[str, str]]:
        """All pairs of jobs, the second of which waits for the first; they need not be in the list.

        A job is never paired with itself. Nothing without a structure.

        Raises:
            Problem: as `parents`.
        """
        ...

    def layout(self, experiment: Experiment) -> Mapping[str, tuple[float, float]]:
        """Stored positions of jobs in the graph, by name; whole numbers are integers. None stored: empty.

        Raises:
            Problem: 503 when the layout is damaged, locked or unreadable.
        """
        ...

    def wrappers(self, experiment: Experiment) -> Mapping[str, str]:
        """The wrapper of every wrapped job, in the order they were stored: real ones, else previews.

        Raises:
            Problem: 503 when the wrappers are damaged, locked or unreadable.
        """
        ...

    def last_wrapper(self, experiment: Experiment, job: str) -> str | None:
        """The wrapper a job was in last, else that of its preview; None when it was in none.

        Raises:
            Problem: as `wrappers`.
        """
        ...
