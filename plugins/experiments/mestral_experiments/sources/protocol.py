"""`ExperimentSource`: the only door between experiments and the rest of the plugin.

Guarantees of every implementation: nothing is ever written; every method is sync, may block, and is called in
a thread of the front (`catalog`, `find`, `fingerprint*`, `health`) or in a reader process (the others, with
the `Experiment` the front found); an instance may be called from several threads. Missing data is empty or
None; damaged or unreadable data raises `mestral.unavailable` with a sentence free of paths and SQL
(contract/API_V4.md 10.1), and never harms another experiment. It has a `Retry-After` when the fault may pass
although no file changes (a lock); without one it lasts as long as the fingerprint stays the same.
Chosen by `[plugins.experiments] source = "<name>"` (service slot `experiments.source`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from mestral.readers import Fingerprint
from mestral_experiments.model import Brief, Configuration, Experiment, Job, JobStatus, Run
from mestral_experiments.sources.catalog import Catalog

SLOT = "experiments.source"
"""The service slot: `platform_of(request).services[SLOT]`, `reader.service(SLOT)`."""


class Part(StrEnum):
    """A part of an experiment's data that can be fingerprinted by itself."""

    JOBS = "jobs"
    HISTORY = "history"
    CONFIGURATION = "configuration"


class JobQuery(msgspec.Struct, frozen=True, array_like=True):
    """A selection of jobs (contract/API_V4.md 4.1).

    Attributes:
        name: Pattern: case-insensitive substring, `*` any run of characters, leading `!` negates (`!!`
            is a double negation); None or "" selects all.
        status: Only jobs in this state.
        offset, limit: Page by (lower-case name, name) order; limit None = all.
    """

    name: str | None = None
    status: JobStatus | None = None
    offset: int = 0
    limit: int | None = None


class JobPage(msgspec.Struct, frozen=True):
    """Selected jobs in (lower-case name, name) order, and how many matched before paging."""

    jobs: Sequence[Job]
    total: int


class ExperimentSource(Protocol):
    """Reads experiments of one workflow manager."""

    def catalog(self) -> Catalog:
        """All experiments. Kept between calls as long as the shared databases are unchanged.

        Raises:
            Problem: 503 when the experiment database is missing, damaged or locked past the wait.
        """
        ...

    def find(self, expid: str) -> Experiment:
        """The experiment of that name.

        Raises:
            Problem: 404 `Experiment with expid 'x' not found.` for an unknown name and for every text that is
                not a name (`^[a-z0-9]{4,}$`); 503 as `catalog`.
        """
        ...

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        """Fingerprint of the experiment's own rows and of the files of `parts`, which are not read."""
        ...

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        """As `fingerprint` for many at once, linear and cheap: by `stat` alone, never by opening a file.

        On a network file system attributes may be seconds old, and so may be the list.
        """
        ...

    def jobs(self, experiment: Experiment, query: JobQuery) -> JobPage:
        """The job list. A missing list has no jobs.

        Raises:
            Problem: 503 when the list is damaged, locked or unreadable.
        """
        ...

    def states(self, experiment: Experiment) -> Sequence[tuple[str, JobStatus]] | None:
        """Name and state of every job in list order, without building the jobs; None for a missing list.

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

    def latest_run(self, experiment: Experiment) -> Run | None:
        """The newest run of the history; None when there is none.

        Raises:
            Problem: 503 when the history is damaged, locked or unreadable.
        """
        ...

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The effective configuration and the fingerprint of every file that took part.

        Raises:
            Problem: 503 when a file of it is damaged or unreadable.
        """
        ...

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        """What lists show of the configuration, None without one; kept as long as its files do not change.

        The fingerprint is as for `configuration`.

        Raises:
            Problem: as `configuration`.
        """
        ...

    def health(self) -> str | None:
        """What is wrong with where experiments are read from, and what to do; None when all is well.

        For the deployer: it may name paths. Called in a thread, again and again, also where nothing serves.
        """
        ...

    def folder(self, experiment: Experiment) -> Path:
        """The experiment's folder (the contract wants absolute paths in some answers)."""
        ...
