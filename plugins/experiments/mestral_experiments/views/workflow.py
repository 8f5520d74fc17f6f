"""The jobs of an experiment with all that is known about each (contract/API_V3.md 1.6).

The one view that tree, graph and their monitors share.

Guarantees: a title, a time, a colour, a wrapper is computed here and nowhere else, so that answers about the
same moment agree; edges lead to jobs of the list only, from one job to another; relatives are in the order of
their names. Linear in jobs and edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from mestral_experiments.model import (
    Job,
    JobStatus,
    LogFiles,
    Resources,
    Run,
    Settings,
    Submission,
    Times,
)
from mestral_experiments.views import html
from mestral_experiments.views.jobtimes import (
    NOTHING,
    JobTimes,
    recorded,
    running_text,
    times_of,
    wrapper_waits,
)
from mestral_experiments.views.times import epoch_text
from mestral_experiments.views.units import chunk_texts, sypd, years

T = TypeVar("T")

_WITH_SUBMIT = frozenset(
    (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.QUEUING, JobStatus.RUNNING, JobStatus.SUBMITTED)
)
_WITH_START = frozenset((JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.RUNNING))
_FINISHED = frozenset((JobStatus.COMPLETED, JobStatus.FAILED))
_COMPLETED = JobStatus.COMPLETED
_NO_LOGS = LogFiles(None, None)
_NO_DATES = (None, None)
_NO_SYMBOL = (None, "dot", "")
_NO_RESOURCES = Resources()


_Chunk = tuple[int | None, str | None, float]
"""Size and unit of a chunk, and its simulated years."""


class Loaded(msgspec.Struct, frozen=True):
    """What the sources say about an experiment; what is missing is empty.

    Attributes:
        expid: Its name.
        jobs: In list order.
        edges: Pairs of names, see `ExperimentSource.edges`.
        wrappers: The wrapper of every wrapped job.
        attempts: The last row of the history of each job.
        submissions: The last line that a job recorded itself, where `needs_submission`.
        settings: None without a configuration.
        logs: The newest logs of each job.
        runs: By number.
        modified: When the job list changed last (aware, UTC).
    """

    expid: str
    jobs: Sequence[Job]
    edges: Sequence[tuple[str, str]]
    wrappers: Mapping[str, str]
    attempts: Mapping[str, Times]
    submissions: Mapping[str, Submission]
    settings: Settings | None
    logs: Mapping[str, LogFiles]
    runs: Mapping[int, Run]
    modified: datetime | None


class JobView(msgspec.Struct, frozen=True, gc=False):
    """One job as it is shown.

    Attributes:
        job: As the list has it.
        times: With the wait that remains without its wrapper's.
        running_text: METRICS.md 2.6.
        submit, start, finish: As texts, where its state has them.
        chunk_size, chunk_unit: Of the run of its last row, else of the configuration.
        date, date_plus: Begin and end of its chunk, `YYYY MM DD`; None without a date.
        sypd, asypd: METRICS.md 3; None unless it is completed.
        wrapper: The wrapper that it is in.
        wrapper_code: The number in the name of the wrapper.
        shape: The symbol of its wrapper, `dot` without one.
        parents, children: Names.
        resources: What it gets.
        out, err: Absolute paths of its logs, once finished.
        workflow_commit: Of its last row.
        title: HTML.
    """

    job: Job
    times: JobTimes
    running_text: str
    submit: str | None
    start: str | None
    finish: str | None
    chunk_size: int | None
    chunk_unit: str | None
    date: str | None
    date_plus: str | None
    sypd: float | None
    asypd: float | None
    wrapper: str | None
    wrapper_code: str | None
    shape: str
    parents: Sequence[str]
    children: Sequence[str]
    resources: Resources
    out: str | None
    err: str | None
    workflow_commit: str | None
    title: str


class Workflow:
    """All jobs of an experiment at one moment.

    Attributes:
        expid: Its name.
        jobs: Every job, in list order.
        packages: Names of the jobs of each wrapper that has some in the list, by their first jobs.
        chunk_size, chunk_unit: Of the configuration; 0 and "" where it does not say.
        version: Version of Autosubmit that the configuration names.
        modified: When the job list changed last (aware, UTC).
        live: Whether some of it depends on now.
    """

    def __init__(self, loaded: Loaded, now: int) -> None:
        self.expid = loaded.expid
        self.modified = loaded.modified
        self._settings = settings = loaded.settings
        self.chunk_size = (settings.chunk_size if settings else None) or 0
        self.chunk_unit = (settings.chunk_unit if settings else None) or ""
        self.version = settings.version if settings else None
        self._jobs, self._runs = loaded.jobs, loaded.runs
        # What follows goes by the place of a job in the list: looking for names costs more than all else.
        self._place = {job.name: n for n, job in enumerate(loaded.jobs)}
        self._attempts = _placed(loaded.attempts, self._place)
        self._submissions = _placed(loaded.submissions, self._place)
        self._logs = _placed(loaded.logs, self._place)
        self._package = _placed(loaded.wrappers, self._place)
        self.packages: dict[str, list[str]] = {}
        for n, package in self._package.items():
            self.packages.setdefault(package, []).append(loaded.jobs[n].name)
        self._symbols = {
            package: (wrapper_code(package), "hexagon" if n % 2 else "square", html.wrapped(package))
            for n, package in enumerate(self.packages)
        }
        self._parents, self._children = _relatives(loaded.edges, self._place)
        self._raw = [self._times(n, job.status, now) for n, job in enumerate(loaded.jobs)]
        self._waits = self._corrected(self.packages)
        self._post = self._post_seconds()
        self.jobs: Sequence[JobView] = self._views(range(len(loaded.jobs)))
        self._live = [n for n, times in enumerate(self._raw) if times.live]
        self._forget()

    @property
    def live(self) -> bool:
        """Whether some of it depends on now."""
        return bool(self._live)

    @property
    def edges(self) -> Sequence[tuple[int, int]]:
        """Places in `jobs` of each job and of each that waits for it."""
        place = self._place
        return [(n, place[child]) for n, view in enumerate(self.jobs) for child in view.children]

    def move_to(self, now: int) -> None:
        """Bring what depends on now to another moment (epoch seconds); all else stays."""
        if not self._live:
            return
        changed = set(self._live)
        packages: dict[str, Sequence[str]] = {}
        for n in self._live:
            self._raw[n] = self._times(n, self._jobs[n].status, now)
            if n in self._package:
                packages[self._package[n]] = self.packages[self._package[n]]
        for members in packages.values():
            for name in members:
                self._waits.pop(self._place[name], None)
                changed.add(self._place[name])
        self._waits.update(self._corrected(packages))
        shown = list(self.jobs)
        for n, view in zip(changed, self._views(changed), strict=True):
            shown[n] = view
        self.jobs = shown

    def _forget(self) -> None:
        """Let go of what `move_to` does not need: what is known of jobs that it does not change."""
        packages = {self._package[n] for n in self._live if n in self._package}
        needed = {*self._live, *(self._place[name] for one in packages for name in self.packages[one])}
        for known in (self._attempts, self._submissions, self._logs):
            for n in known.keys() - needed:
                del known[n]

    def _times(self, n: int, status: JobStatus, now: int) -> JobTimes:
        attempt, line = self._attempts.get(n), self._submissions.get(n)
        if attempt is None and line is None:
            return NOTHING[status]
        return times_of(status, attempt, line, now)

    def _corrected(self, packages: Mapping[str, Sequence[str]]) -> dict[int, int]:
        """Waits of jobs in these wrappers, by place."""
        raw, place, parents, children = self._raw, self._place, self._parents, self._children
        found = wrapper_waits(
            packages,
            lambda name: children[place[name]],
            lambda name: bool(children[place[name]] or parents[place[name]]),
            lambda name: raw[place[name]],
        )
        return {place[name]: wait for name, wait in found.items()}

    def _post_seconds(self) -> float:
        """Mean seconds of post-processing, rounded; 0 without any (METRICS.md 3.2)."""
        seconds = [
            self._waits.get(n, self._raw[n].queue) + self._raw[n].run
            for n, job in enumerate(self._jobs)
            if job.section == "POST" and job.status is _COMPLETED
        ]
        return round(sum(seconds) / len(seconds), 4) if seconds else 0.0

    def _views(self, places: Iterable[int]) -> list[JobView]:
        """Jobs as they are shown. One loop for all: what it does for one job counts fifty thousand times."""
        jobs, raw, parents_of, children_of = self._jobs, self._raw, self._parents, self._children
        wait_of, package_of, logs_of = self._waits.get, self._package.get, self._logs.get
        attempt_of, post = self._attempts.get, self._post
        chunk_of_run, own_chunk = self._chunk_of_run(), self._own_chunk()
        resources: dict[str, Resources] = {}
        made = []
        for n in places:
            job, times = jobs[n], raw[n]
            status, date, section, chunk = job.status, job.date, job.section, job.chunk
            wait = wait_of(n)
            if wait is not None and wait != times.queue:
                times = msgspec.structs.replace(times, queue=wait)
            attempt = attempt_of(n)
            size, unit, length = own_chunk
            if attempt is not None and attempt.run_id is not None:
                size, unit, length = chunk_of_run.get(attempt.run_id, own_chunk)
            date_text, date_plus = chunk_texts(date, chunk, size, unit) if date is not None else _NO_DATES
            speed = slow = None
            if status is _COMPLETED and chunk is not None and chunk > 0:
                speed = sypd(length, job.splits, times.run)
                slow = sypd(length, job.splits, times.queue + times.run + post)
            if section not in resources:
                resources[section] = self._resources(section)
            package = package_of(n)
            code, shape, badge = self._symbols[package] if package is not None else _NO_SYMBOL
            parents, children = parents_of[n], children_of[n]
            logs = (logs_of(n) if status in _FINISHED else None) or _NO_LOGS
            said = running_text(times)
            made.append(
                JobView(
                    job,
                    times,
                    said,
                    epoch_text(times.submit) if status in _WITH_SUBMIT else None,
                    epoch_text(times.start) if status in _WITH_START else None,
                    epoch_text(times.finish) if status in _FINISHED else None,
                    size,
                    unit,
                    date_text,
                    date_plus,
                    speed,
                    slow,
                    package,
                    code,
                    shape,
                    parents,
                    children,
                    resources[section],
                    logs.out,
                    logs.err,
                    attempt.workflow_commit if attempt is not None and recorded(status, attempt) else None,
                    f"{html.text(job.name)}{html.STATUS_BADGES[status]}{' ~ ' if said else ''}{said}"
                    f"{'' if children else html.TARGET}{'' if parents else html.SOURCE}"
                    f"{html.SYNC if date is not None and job.member is None else ''}{badge}",
                )
            )
        return made

    def _own_chunk(self) -> _Chunk:
        """Size, unit and simulated years of a chunk of the configuration."""
        size, unit = self.chunk_size or None, self.chunk_unit or None
        return size, unit, years(unit, size)

    def _chunk_of_run(self) -> dict[int, _Chunk]:
        """The same of every run that says it."""
        return {
            run.run_id: (run.chunk_size, run.chunk_unit, years(run.chunk_unit, run.chunk_size))
            for run in self._runs.values()
            if run.chunk_size and run.chunk_unit
        }

    def _resources(self, section: str) -> Resources:
        return self._settings.resources_of(section) if self._settings else _NO_RESOURCES


def wrapper_code(package: str) -> str | None:
    """The number in the name of a wrapper, the third of its parts from the right; None without one."""
    parts = package.split("_")
    return parts[-3] if len(parts) >= 5 else None


def _placed(known: Mapping[str, T], place: Mapping[str, int]) -> dict[int, T]:
    """What is known of jobs of the list, by their places."""
    return {n: value for name, value in known.items() if (n := place.get(name)) is not None}


def _relatives(
    edges: Iterable[tuple[str, str]], place: Mapping[str, int]
) -> tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]:
    """Names of the parents and of the children of every job, by its place."""
    parents: list[list[str]] = [[] for _ in place]
    children: list[list[str]] = [[] for _ in place]
    for parent, child in edges:
        above, below = place.get(parent), place.get(child)
        if above is not None and below is not None and above != below:
            children[above].append(child)
            parents[below].append(parent)
    for names in (parents, children):
        for n, found in enumerate(names):
            if len(found) > 1:
                names[n] = sorted(set(found))
    return parents, children
