"""`AutosubmitSource`: the experiments of Autosubmit, read from its own files and SQLite databases.

Guarantees: those of `ExperimentSource`. This module only decides which file answers which question and
which sentence a fault becomes; each format is read in a module of its own.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from mestral import not_found, unavailable
from mestral.readers import (
    Fingerprint,
    Memo,
    fingerprint,
    read_stable,
    stamp_opened,
    stamp_sqlite,
)
from mestral_experiments.model import Brief, Configuration, Experiment, JobStatus, Run
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources import history, jobsdb, pickles, places
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.configuration import brief, load_configuration
from mestral_experiments.sources.failures import Failures
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing, Unfinished, refused
from mestral_experiments.sources.health import problem_of
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.maindb import MainDatabase
from mestral_experiments.sources.places import JobListFile
from mestral_experiments.sources.protocol import JobPage, JobQuery, Part
from mestral_experiments.sources.rcfile import RcFile, RcReader
from mestral_experiments.sources.sqlite import read_database
from mestral_experiments.sources.stamps import ManyStamps, stamp_one

T = TypeVar("T")
logger = logging.getLogger(__name__)

_PARSED_BYTES = 128 * 1024 * 1024
_NAMES = 16  # job lists in databases whose names are kept; those of 50,000 jobs take 10 MB
_SMALL = 1000  # bytes that a kept run or time is counted as
_NO_JOBS = JobList.of([])
_JOBS_UNREADABLE = "Error while reading the job list"
_RUNS_UNREADABLE = "Error while getting experiment runs"
_CONFIGURATION_UNREADABLE = "Error while reading the experiment configuration"


class AutosubmitSource:
    """Implements `ExperimentSource` (see there).

    Args:
        settings: `[plugins.experiments]`.
        state_dir: Folder for private copies of databases that cannot be read in place.
    """

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        self._rc = RcReader(settings.rc_file)
        self._failures = Failures()
        self._main = MainDatabase(state_dir, settings.busy_seconds, self._failures)
        self._memo = Memo(_PARSED_BYTES)
        self._many = ManyStamps()
        self._state_dir = state_dir
        self._busy_seconds = settings.busy_seconds
        self._briefs: dict[str, tuple[Brief | None, Fingerprint]] = {}
        self._names: dict[str, jobsdb.Names] = {}  # of job lists in databases, by path

    def catalog(self) -> Catalog:
        """All experiments."""
        return self._main.catalog(self._settings())

    def find(self, expid: str) -> Experiment:
        """The experiment of that name; 404 for what is no name or unknown."""
        experiment = self._main.find(self._settings(), expid) if places.is_name(expid) else None
        if experiment is None:
            raise not_found(f"Experiment with expid '{expid}' not found.")
        return experiment

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        """Fingerprint of the experiment's own rows and the files of `parts`."""
        return stamp_one(self._settings(), experiment, parts)

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        """As `fingerprint` for many, by `stat` alone."""
        return self._many.stamp(self._settings(), experiments, parts)

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

    def latest_run(self, experiment: Experiment) -> Run | None:
        """The newest run; 503 when the history is unusable."""
        rc, name = self._settings(), experiment.name
        with self._answering(_RUNS_UNREADABLE):
            path = places.checked(rc, name, f"{rc.job_data}/{places.history_file(name)}")
            try:
                return self._kept(path, history.read_latest_run)
            except Missing:
                return None

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The effective configuration; 503 when a file of it is unusable."""
        rc, name = self._settings(), experiment.name
        with self._answering(_CONFIGURATION_UNREADABLE):
            folder = places.checked(rc, name, places.experiment_folder(rc, name) + "/conf").removesuffix(
                "/conf"
            )
        return load_configuration(
            Path(folder), name, description=experiment.description, settings=rc.placeholders()
        )

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        """What lists show of the configuration, None without one; 503 as `configuration`."""
        kept = self._briefs.get(experiment.name)
        if kept is not None and (now := kept[1].again()).same_as(kept[1]):
            return kept[0], now
        configuration, taken = self.configuration(experiment)
        shown = brief(configuration) if configuration.data else None
        if taken.settled:
            self._briefs[experiment.name] = shown, taken
        return shown, taken

    def health(self) -> str | None:
        """What is wrong with the rc file or with what it points to; None when all is well."""
        return problem_of(self._rc, self._main)

    def folder(self, experiment: Experiment) -> Path:
        """The experiment's folder."""
        return self._settings().local_root / experiment.name

    @contextmanager
    def _answering(self, sentence: str) -> Iterator[None]:
        """Turns faults into a 503 with this sentence, and logs what was found."""
        try:
            yield
        except Fault as fault:
            self._failures.tell(logging.WARNING, sentence, fault)
            raise unavailable(sentence, retry_after=1 if isinstance(fault, Busy) else None) from fault

    def _settings(self) -> RcFile:
        rc = self._rc.read()
        if rc.postgres:
            raise unavailable(
                "The rc file of Autosubmit says `backend = postgres`, which this version cannot read."
            )
        return rc

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
                return _NO_JOBS, _SMALL
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

    def _kept(self, path: str, read: Callable[..., T]) -> T:
        """Something small from a database: kept as long as its file does not change."""
        taken = fingerprint(stamp_sqlite(path))
        return self._memo.get((path, read), taken, lambda: (self._read(path, taken, read), _SMALL))

    def _read(self, path: str, taken: Fingerprint, read: Callable[..., T], *arguments: object) -> T:
        """What `read` makes of a connection and the arguments."""
        return self._failures.read(
            (path, read),
            taken,
            lambda: read_database(
                path,
                lambda connection: read(connection, *arguments),
                state_dir=self._state_dir,
                busy_seconds=self._busy_seconds,
            ),
        )


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
