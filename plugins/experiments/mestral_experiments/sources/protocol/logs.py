"""The logs of an experiment, and what jobs recorded themselves."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mestral.readers import Fingerprint
from mestral_experiments.model import (
    Experiment,
    Log,
    LogFiles,
    RecoveryLog,
    Submission,
)


class Logs(Protocol):
    """The logs of an experiment, and what jobs recorded themselves."""

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
            jobs: Names of jobs; those that recorded nothing, or nothing that can be read, are left out.
            last: Only the last submission of each.

        Raises:
            Problem: 503 when nothing of any job can be read, or it may be possible to read one in a moment.
        """
        ...

    def log_folder(self, experiment: Experiment) -> Path:
        """The folder of the logs of its jobs, whether it is there or not; as `folder`."""
        ...
