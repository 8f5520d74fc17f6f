"""The logs of an experiment, for `AutosubmitSource`: of its jobs, of its runs, of fetching logs.

Guarantees: those of `ExperimentSource`; `logfiles` knows the names of logs, `logtail` reads their ends. An
end that was read, damage included, is kept as long as its file does not change: a large compressed log is
unpacked once.
"""

import logging
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mestral.readers import Fingerprint, Stamp, fingerprint, stamp
from mestral_experiments.model import Experiment, Log, LogFiles, RecoveryLog
from mestral_experiments.sources import logfiles, logtail, places
from mestral_experiments.sources.access import Access
from mestral_experiments.sources.faults import Damaged, Forbidden, Missing
from mestral_experiments.sources.values import text

LOGS_UNREADABLE = "Error while reading the logs"
UNPACKING_SECONDS = 10.0
"""How long one answer may unpack logs; the rest of the system waits for the reader that does."""

_FORBIDDEN = "The log may not be read by the user that the server runs as."
_UNUSABLE = "The log is there and cannot be used: it is no regular file, or lies elsewhere."


class Logs(Access):
    """Finds logs and reads their ends."""

    def logs(self, experiment: Experiment, job: str) -> tuple[LogFiles, Fingerprint]:
        """The newest logs of a job; 503 when their folder is unusable."""
        folder = str(self.log_folder(experiment))
        with self._answering(LOGS_UNREADABLE):
            names, taken = self._log_names(experiment, folder)
            if not places.is_file_name(job):
                return LogFiles(None, None), taken
            return logfiles.newest_logs(names, job, folder), taken

    def logs_by_job(self, experiment: Experiment) -> tuple[Mapping[str, LogFiles], Fingerprint]:
        """The newest logs of every job that has any; 503 as `logs`."""
        folder = str(self.log_folder(experiment))
        with self._answering(LOGS_UNREADABLE):
            names, taken = self._log_names(experiment, folder)
            return self._memo.get(("logs", folder), taken, partial(_by_job, names, folder)), taken

    def job_log(self, experiment: Experiment, name: str, lines: int) -> tuple[Log | None, Fingerprint]:
        """A log of a job by name; 503 when the folder is unusable."""
        if not (name.startswith(f"{experiment.name}_") and places.is_file_name(name) and name.isprintable()):
            return None, Fingerprint()
        path = f"{self.log_folder(experiment)}/{name}"
        with self._answering(LOGS_UNREADABLE):
            # While a log is being compressed, and its new file is incomplete, the old one is still there.
            return self._first_log(experiment, (path, f"{path}.xz", f"{path}.gz"), lines)

    def run_log(
        self, experiment: Experiment, lines: int, *, jobs_first: bool = False
    ) -> tuple[Log | None, Fingerprint]:
        """The log of a run that changed last, of the first of two folders that has any."""
        jobs, commands, _ = places.log_folders(self._settings(), experiment.name)
        looked = Fingerprint()
        with self._answering(LOGS_UNREADABLE):
            for folder in (jobs, commands) if jobs_first else (commands, jobs):
                names, listed = self._log_names(experiment, folder)
                taken = fingerprint(stamp(f"{folder}/{name}") for name in logfiles.run_logs(names))
                newest = sorted(taken.stamps, key=lambda one: (one.mtime_ns, one.place), reverse=True)
                log, _ = self._first_log(experiment, (one.place for one in newest), lines)
                looked += listed + taken
                if log is not None:
                    return log, looked
        return None, looked

    def recovery_logs(self, experiment: Experiment, lines: int) -> tuple[Sequence[RecoveryLog], Fingerprint]:
        """The newest log of fetching logs from each platform; 503 when the folder is unusable."""
        folder = places.log_folders(self._settings(), experiment.name)[1]
        until = time.monotonic() + UNPACKING_SECONDS
        made = []
        with self._answering(LOGS_UNREADABLE):
            names, looked = self._log_names(experiment, folder)
            for platform, (started, name) in sorted(logfiles.recovery_logs(names).items()):
                log, taken = self._log(experiment, f"{folder}/{name}", lines, until)
                looked += taken
                if log is not None:
                    made.append(RecoveryLog(text(platform) or "", started, log))
        return made, looked

    def log_folder(self, experiment: Experiment) -> Path:
        """The folder of the logs of its jobs."""
        return Path(places.log_folders(self._settings(), experiment.name)[2])

    def _log_names(self, experiment: Experiment, folder: str) -> tuple[str, Fingerprint]:
        """The names of everything in a folder, none when it is missing; see `logfiles.list_names`."""
        places.checked(self._settings(), experiment.name, folder)
        taken = fingerprint((stamp(folder),))
        try:
            return self._memo.get(("names", folder), taken, partial(_listed, folder)), taken
        except Missing:
            return "", taken

    def _first_log(
        self, experiment: Experiment, paths: Iterable[str], lines: int
    ) -> tuple[Log | None, Fingerprint]:
        """The first of these logs that exists."""
        until = time.monotonic() + UNPACKING_SECONDS
        looked = Fingerprint()
        for path in paths:
            log, taken = self._log(experiment, path, lines, until)
            looked += taken
            if log is not None:
                return log, looked
        return None, looked

    def _log(
        self, experiment: Experiment, path: str, lines: int, until: float
    ) -> tuple[Log | None, Fingerprint]:
        """A log, None when it is missing."""
        taken = fingerprint((stamp(path),))
        try:
            places.checked(self._settings(), experiment.name, path)
            if lines > 0:
                found = self._memo.get((path, lines), taken, partial(_read, path, lines, until))
                if found.problem is not None:
                    self._failures.tell(logging.WARNING, found.problem, Damaged(path, taken))
            elif taken.stamps[0].inode:
                found = logtail.Ending([])
            else:
                return None, taken
        except Missing:
            return None, taken
        except Damaged as fault:
            fault.taken = taken
            self._failures.tell(logging.WARNING, LOGS_UNREADABLE, fault)
            found = logtail.Ending([], _FORBIDDEN if isinstance(fault, Forbidden) else _UNUSABLE)
        return Log(text(path) or "", _time(taken.stamps[0]), found.lines, found.problem), taken


def _listed(folder: str) -> tuple[str, int]:
    names = logfiles.list_names(folder)
    return names, len(names)


def _by_job(names: str, folder: str) -> tuple[dict[str, LogFiles], int]:
    found = logfiles.newest_logs_by_job(names, folder)
    return found, (400 + 2 * len(folder)) * len(found) + 2 * len(names)


def _read(path: str, lines: int, until: float) -> tuple[logtail.Ending, int]:
    ending = logtail.read_last_lines(path, lines, until)
    return ending, sum(map(sys.getsizeof, ending.lines), start=sys.getsizeof(ending.lines))


def _time(taken: Stamp) -> datetime | None:
    try:
        return datetime.fromtimestamp(taken.mtime_ns / 1e9, UTC) if taken.inode else None
    except (ValueError, OverflowError, OSError):
        return None
