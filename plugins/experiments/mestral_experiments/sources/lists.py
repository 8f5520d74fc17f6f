"""Job lists of `AutosubmitSource`: which file holds the list, and what is kept of it.

Guarantees: those of `ExperimentSource`; each format is read in a module of its own (`pickles`, `jobsdb`).
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mestral.readers import Fingerprint, fingerprint, read_stable, stamp_opened, stamp_sqlite
from mestral_experiments.model import Experiment, Job, JobStatus
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources import jobsdb, pickles, places
from mestral_experiments.sources.access import SMALL, Access
from mestral_experiments.sources.faults import Damaged, Missing, Unfinished, refused
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.places import JobListFile
from mestral_experiments.sources.protocol import JobPage, JobQuery

_NAMES = 16  # job lists in databases whose names are kept; those of 50,000 jobs take 10 MB
_NO_JOBS = JobList.of([])
_JOBS_UNREADABLE = "Error while reading the job list"
_JOB_UNREADABLE = "Error while retrieving job details"


class JobLists(Access):
    """Jobs and their states."""

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        super().__init__(settings, state_dir)
        self._names: dict[str, jobsdb.Names] = {}  # of job lists in databases, by path

    def jobs(self, experiment: Experiment, query: JobQuery) -> JobPage:
        """The selected jobs; 503 when the list is unusable."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._job_list(experiment)
            if found is None:
                return _NO_JOBS.select(query)
            if found.database and query != JobQuery():
                page = self._page(found.path, query)
                if page is not None:
                    return page
            return self._parsed(found).select(query)

    def states(self, experiment: Experiment) -> Sequence[tuple[str, JobStatus]] | None:
        """Name and state of every job, None without a list; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._job_list(experiment)
            if found is None:
                return None
            if not found.database:
                parsed = self._parsed(found)
                return list(zip(parsed.names, parsed.states, strict=True))
            try:
                return self._read(found.path, _taken(found), jobsdb.read_states)
            except Missing:
                return None

    def job(self, experiment: Experiment, name: str) -> Job | None:
        """The job of exactly that name, None without one; 503 when the list is unusable."""
        with self._answering(_JOB_UNREADABLE):
            found = self._job_list(experiment)
            if found is None:
                return None
            if not found.database:
                return self._parsed(found).job(name)
            try:
                return self._read(found.path, _taken(found), jobsdb.read_job, name)
            except Missing:
                return None

    def states_of(self, experiment: Experiment, names: Sequence[str]) -> Mapping[str, JobStatus] | None:
        """States of these jobs, None without a list; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._job_list(experiment)
            if found is None:
                return None
            if not found.database:
                parsed = self._parsed(found)
                states = {name: parsed.state(name) for name in names}
                return {name: state for name, state in states.items() if state is not None}
            try:
                return self._read(found.path, _taken(found), jobsdb.read_states_of, names)
            except Missing:
                return None

    def modified(self, experiment: Experiment) -> datetime | None:
        """When the job list changed last, None when it does not say; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._job_list(experiment)
            if found is None:
                return None
            try:
                if found.database:
                    return self._kept(found.path, jobsdb.read_modified)
                return datetime.fromtimestamp(os.stat(found.path).st_mtime, UTC)  # noqa: PTH116 - hot path
            except (Missing, FileNotFoundError):
                return None
            except OSError as error:
                raise refused(found.path, error) from error

    def _job_list(self, experiment: Experiment) -> JobListFile | None:
        rc = self._settings()
        for file in places.job_lists(rc, experiment):
            if places.exists(places.checked(rc, experiment.name, file.path)):
                return file
        return None

    def _parsed(self, found: JobListFile) -> JobList:
        """The whole list: kept as long as its file does not change."""
        taken = _taken(found)

        def build() -> tuple[JobList, int]:
            try:
                if found.database:
                    parsed = JobList.of(self._read(found.path, taken, jobsdb.read_jobs))
                else:
                    parsed = self._failures.read(found.path, taken, partial(_read_pickle, found))
            except Missing:
                return _NO_JOBS, SMALL
            return parsed, parsed.weight

        return self._memo.get(found.path, taken, build)

    def _page(self, path: str, query: JobQuery) -> JobPage | None:
        before = self._names.get(path)
        try:
            found = self._read(path, fingerprint(stamp_sqlite(path)), jobsdb.read_page, query, before)
        except Missing:
            return _NO_JOBS.select(query)
        if found is None:
            return None
        self._names.pop(path, None)
        page, self._names[path] = found  # as the newest
        if len(self._names) > _NAMES:
            del self._names[next(iter(self._names))]
        return page


def _taken(found: JobListFile) -> Fingerprint:
    return fingerprint(stamp_sqlite(found.path) if found.database else (stamp_opened(found.path),))


def _read_pickle(found: JobListFile) -> JobList:
    """The jobs; a pickle that is being written is read again (Autosubmit renames them, others may not).

    Raises:
        Missing, Damaged: As `pickles.read_jobs`.
        Busy: It looks damaged and was written just now.
    """
    try:
        return read_stable(partial(_taken, found), partial(pickles.read_jobs, found.path))[0]
    except Damaged as fault:
        if _taken(found).settled:
            raise
        raise Unfinished(f"{fault}; it was written just now") from fault
