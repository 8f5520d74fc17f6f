"""Job lists of `AutosubmitSource`: which file holds the list, and what is kept of it.

Guarantees: those of `ExperimentSource`; each format is read in a module of its own (`pickles`, `jobsdb`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mestral_experiments.model import Experiment, Job, JobStatus
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources import jobsdb
from mestral_experiments.sources.access import SMALL, Access
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.protocol import JobPage, JobQuery
from mestral_experiments.sources.storage import Pickle, Store

_NAMES = 16  # job lists in databases whose names are kept; those of 50,000 jobs take 10 MB
_NO_JOBS = JobList.of([])
_JOBS_UNREADABLE = "Error while reading the job list"
_JOB_UNREADABLE = "Error while retrieving job details"


class JobLists(Access):
    """Jobs and their states."""

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        super().__init__(settings, state_dir)
        self._names: dict[Store, jobsdb.Names] = {}  # of job lists in databases

    def jobs(self, experiment: Experiment, query: JobQuery) -> JobPage:
        """The selected jobs; 503 when the list is unusable."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return _NO_JOBS.select(query)
            if isinstance(found, Store) and query != JobQuery():
                page = self._page(found, query)
                if page is not None:
                    return page
            return self._parsed(found).select(query)

    def job_list(self, experiment: Experiment) -> Sequence[Job] | None:
        """All jobs in the order of the list, None without a list; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return None
            parsed = self._parsed(found)
            return None if parsed is _NO_JOBS else parsed.build(parsed.names, parsed.rows)

    def states(self, experiment: Experiment) -> Sequence[tuple[str, JobStatus]] | None:
        """Name and state of every job, None without a list; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return None
            if isinstance(found, Pickle):
                parsed = self._parsed(found)
                return list(zip(parsed.names, parsed.states, strict=True))
            try:
                return self._read(found, found.taken(), jobsdb.read_states)
            except Missing:
                return None

    def job(self, experiment: Experiment, name: str) -> Job | None:
        """The job of exactly that name, None without one; 503 when the list is unusable."""
        with self._answering(_JOB_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return None
            if isinstance(found, Pickle):
                return self._parsed(found).job(name)
            try:
                return self._read(found, found.taken(), jobsdb.read_job, name)
            except Missing:
                return None

    def states_of(self, experiment: Experiment, names: Sequence[str]) -> Mapping[str, JobStatus] | None:
        """States of these jobs, None without a list; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return None
            if isinstance(found, Pickle):
                parsed = self._parsed(found)
                states = {name: parsed.state(name) for name in names}
                return {name: state for name, state in states.items() if state is not None}
            try:
                return self._read(found, found.taken(), jobsdb.read_states_of, names)
            except Missing:
                return None

    def modified(self, experiment: Experiment) -> datetime | None:
        """When the job list changed last, None when it does not say; 503 as `jobs`."""
        with self._answering(_JOBS_UNREADABLE):
            found = self._storage().job_list(experiment)
            if found is None:
                return None
            if isinstance(found, Pickle):
                return found.modified()
            try:
                return self._kept(found, jobsdb.read_modified)
            except Missing:
                return None

    def _parsed(self, found: Store | Pickle) -> JobList:
        """The whole list: kept as long as what holds it does not change."""
        taken = found.taken()

        def build() -> tuple[JobList, int]:
            try:
                if isinstance(found, Store):
                    parsed = JobList.of(self._read(found, taken, jobsdb.read_jobs))
                else:
                    parsed = self._failures.read(found, taken, found.read)
            except Missing:
                return _NO_JOBS, SMALL
            return parsed, parsed.weight

        return self._memo.get(found, taken, build)

    def _page(self, store: Store, query: JobQuery) -> JobPage | None:
        before = self._names.get(store)
        try:
            found = self._read(store, store.taken(), jobsdb.read_page, query, before)
        except Missing:
            return _NO_JOBS.select(query)
        if found is None:
            return None
        self._names.pop(store, None)
        page, self._names[store] = found  # as the newest
        if len(self._names) > _NAMES:
            del self._names[next(iter(self._names))]
        return page
