"""`ExperimentSource`: the only door between experiments and the rest of the plugin.

Guarantees of every implementation: nothing is ever written; every method is sync, may block, and is called in
a thread of the front (`catalog`, `find`, `fingerprint*`, `server_settings`, `health`) or in a reader process
(the others, with the `Experiment` the front found); an instance may be called from several threads. Missing
data is empty or None; damaged or unreadable data raises `mestral.unavailable` with a sentence free of paths
and SQL (contract/API_V4.md 10.1), and never harms another experiment. It has a `Retry-After` when the fault
may pass although no file changes (a lock); without one it lasts as long as the fingerprint stays the same.

Chosen by `[plugins.experiments] source = "<name>"` (service slot `experiments.source`); the factory of that
service makes one in the front and one in every reader process, which share nothing but the `Experiment`.
Words of Autosubmit (states of jobs, parts, files) stand for what another workflow manager has in their place;
what it has nothing for is missing. `mestral_experiments.testing` holds these promises as tests.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mestral.readers import Fingerprint
from mestral_experiments.model import (
    Attempt,
    Brief,
    Condition,
    Configuration,
    Experiment,
    FolderFacts,
    Job,
    JobStatus,
    Log,
    LogFiles,
    RecoveryLog,
    Run,
    Settings,
    Submission,
    Times,
    UserMetric,
)
from mestral_experiments.sources.catalog import Catalog

SLOT = "experiments.source"
"""The service slot: `platform_of(request).services[SLOT]`, `reader.service(SLOT)`."""


class Part(StrEnum):
    """A part of an experiment's data that can be fingerprinted by itself."""

    JOBS = "jobs"
    HISTORY = "history"
    CONFIGURATION = "configuration"
    STRUCTURE = "structure"
    WRAPPERS = "wrappers"
    METRICS = "metrics"
    LAYOUT = "layout"


WORKFLOW = (Part.JOBS, Part.HISTORY, Part.STRUCTURE, Part.WRAPPERS, Part.CONFIGURATION)
"""The parts that a workflow is made of."""


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


class ExperimentSource(Protocol):
    """Reads experiments of one workflow manager."""

    def catalog(self) -> Catalog:
        """All experiments, by id, each with a name of its own (`^[a-z0-9]{4,}$`, in addresses and answers).

        Kept between calls as long as it is unchanged.

        Raises:
            Problem: 503 when the experiment database is missing, damaged or locked past the wait.
        """
        ...

    def find(self, expid: str) -> Experiment:
        """The experiment of that name.

        Raises:
            Problem: 404 `Experiment with expid 'x' not found.` for an unknown name and for every text that is
                not a name; 503 as `catalog`.
        """
        ...

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        """Fingerprint of the experiment's own rows and of the files of `parts`, which are not read.

        Where there are no files, its `content` is another text after every change. Damage is a state like any
        other: only what cannot be looked at raises.

        Raises:
            Problem: 503 when it is not known whether something changed.
        """
        ...

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        """As `fingerprint` for many at once, linear and cheap: by `stat` alone, never by opening a file.

        On a network file system attributes may be seconds old, and so may be the list.

        Raises:
            Problem: As `fingerprint`.
        """
        ...

    def in_turn(self, experiments: Sequence[Experiment], *parts: Part) -> Iterator[Experiment]:
        """The same experiments, for somebody who asks about these parts of each before taking the next.

        A source may read some of them together, as they were when it gave out the first of these.
        """
        ...

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

    def states_of(self, experiment: Experiment, names: Sequence[str]) -> Mapping[str, JobStatus] | None:
        """States of the jobs of these names, without those that are not in the list; None for a missing list.

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

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The effective configuration and the fingerprint of every file that took part.

        The files are looked at again at the next request. What is in no file belongs into `fingerprint`.

        Raises:
            Problem: 503 when a file of it is damaged or unreadable.
        """
        ...

    def settings(self, experiment: Experiment) -> tuple[Settings | None, Fingerprint]:
        """What the configuration on disk says about the experiment and its jobs, None without one.

        Whether an experiment has a folder for files of jobs is a matter of `Part.CONFIGURATION`. The
        fingerprint is as for `configuration`.

        Raises:
            Problem: as `configuration`.
        """
        ...

    def logs(self, experiment: Experiment, job: str) -> tuple[LogFiles, Fingerprint]:
        """The newest logs of a job, and the fingerprint of where they were looked for.

        Raises:
            Problem: 503 when they cannot be looked for.
        """
        ...

    def logs_by_job(self, experiment: Experiment) -> tuple[Mapping[str, LogFiles], Fingerprint]:
        """The newest logs of every job that has any, by the name of the job; as `logs`."""
        ...

    def job_log(self, experiment: Experiment, name: str, lines: int) -> tuple[Log | None, Fingerprint]:
        """A log of a job, by the name of its file or by the name it had before it was compressed.

        What is wrong with a log is said in `Log.problem` and raises nothing.

        Args:
            experiment: The row.
            name: Any text. None comes back for what is not the name of a log of this experiment.
            lines: How many of the last lines to read, at most; with 0 the log is not opened.

        Raises:
            Problem: 503 when the logs cannot be looked for, or with `Retry-After` when this one cannot be
                read now.
        """
        ...

    def run_log(
        self, experiment: Experiment, lines: int, *, jobs_first: bool = False
    ) -> tuple[Log | None, Fingerprint]:
        """The log of a run that changed last, None without one; arguments and errors as for `job_log`.

        Autosubmit keeps such logs in a folder of their own or among the files of jobs: the other folder
        counts where the first has none.

        Args:
            jobs_first: Look among the files of jobs first, where old versions wrote them.
        """
        ...

    def recovery_logs(self, experiment: Experiment, lines: int) -> tuple[Sequence[RecoveryLog], Fingerprint]:
        """The newest log of fetching logs from each platform, by platform.

        Arguments and errors as for `job_log`.
        """
        ...

    def submissions(
        self, experiment: Experiment, jobs: Collection[str], *, last: bool = False
    ) -> tuple[Mapping[str, Sequence[Submission]], Fingerprint]:
        """What jobs recorded themselves about their submissions, oldest first, and the files' fingerprint.

        Args:
            experiment: The row.
            jobs: Names of jobs; those that recorded nothing are left out of the answer.
            last: Only the last submission of each.

        Raises:
            Problem: 503 when a file is unreadable.
        """
        ...

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        """What lists show of the configuration, None without one; kept as long as its files do not change.

        The fingerprint is as for `configuration`.

        Raises:
            Problem: as `configuration`.
        """
        ...

    def conditions(self, experiment: Experiment) -> Sequence[Condition]:
        """In what condition every part of an experiment is, in the order of `PartName`.

        Damage is part of the answer and raises nothing. What `ok` proves, the implementation says. Nothing is
        read again as long as its files are the same.
        """
        ...

    def server_settings(self) -> dict[str, str | int | bool]:
        """What this server's own settings of the workflow manager say, as configurations show them.

        Autosubmit's have the names of contract/API_V4.md 5.3; without credentials. Called in the front.

        Raises:
            Problem: 503 when they cannot be read.
        """
        ...

    def health(self) -> str | None:
        """What is wrong with where experiments are read from, and what to do; None when all is well.

        For the deployer: it may name paths. Called in a thread, again and again, also where nothing serves.
        """
        ...

    def close(self) -> None:
        """Give back what is held open, when the server stops; may be called again."""
        ...

    def obstacle(self, experiment: Experiment) -> tuple[str | None, Fingerprint]:
        """What of an experiment is missing so that its workflow manager could not use it, in a sentence.

        Autosubmit: its folder, the one of its configuration, the one of the files of its jobs, in this order
        (contract/API_V3.md 1.1). None when nothing is. The fingerprint tells when that changes.
        """
        ...

    def facts(self, experiment: Experiment) -> tuple[FolderFacts | None, Fingerprint]:
        """What the file system says about the experiment's folder, None without one."""
        ...

    def folder(self, experiment: Experiment) -> Path:
        """The experiment's folder (the contract wants absolute paths in some answers)."""
        ...

    def log_folder(self, experiment: Experiment) -> Path:
        """The folder of the logs of its jobs, whether it is there or not; as `folder`."""
        ...
