"""The jobs of an experiment with all that is known about each (contract/API_V3.md 1.6).

The one view that tree, graph and their monitors share.

Guarantees: a title, a time, a colour, a wrapper is computed here and nowhere else, so that answers about the
same moment agree; edges lead to jobs of the list only, from one job to another; relatives are in the order of
their names. Linear in jobs and edges.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, eq
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
_NAME = attrgetter("name")
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

    def is_like(self, other: "Loaded") -> bool:
        """Whether the same jobs are in the same order, with the same edges, wrappers, settings and chunks."""
        return (
            len(self.jobs) == len(other.jobs)
            and all(map(eq, map(_NAME, self.jobs), map(_NAME, other.jobs)))
            and self.edges == other.edges
            and list(self.wrappers.items()) == list(other.wrappers.items())
            and self.settings == other.settings
            and self._chunks() == other._chunks()
        )

    def _chunks(self) -> dict[int, tuple[int | None, str | None]]:
        return {number: (run.chunk_size, run.chunk_unit) for number, run in self.runs.items()}


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

    def __init__(self, loaded: Loaded, now: int, before: "Workflow | None" = None) -> None:
        """The workflow as it is at a moment.

        Args:
            loaded: What the sources say.
            now: Epoch seconds.
            before: How it was: what did not change since is taken from there, and not made again.
        """
        self.expid = loaded.expid
        self.modified = loaded.modified
        settings = loaded.settings
        self.chunk_size = (settings.chunk_size if settings else None) or 0
        self.chunk_unit = (settings.chunk_unit if settings else None) or ""
        self.version = settings.version if settings else None
        # What follows goes by the place of a job in the list: looking for names costs more than all else.
        if before is not None and loaded.is_like(before._loaded):
            changed = self._take(loaded, before)
        else:
            changed = self._join(loaded)
        self._change(changed, now)

    def _join(self, loaded: Loaded) -> Collection[int]:
        """Bring together what belongs to the same job; gives the places of all."""
        jobs = loaded.jobs
        place = {job.name: n for n, job in enumerate(jobs)}
        if len(place) < len(jobs):  # a damaged list: of several jobs of one name the first counts
            named: dict[str, Job] = {}
            for job in jobs:
                named.setdefault(job.name, job)
            jobs = list(named.values())
            place = {name: n for n, name in enumerate(named)}
        self._loaded = msgspec.structs.replace(loaded, jobs=jobs, attempts={}, submissions={}, logs={})
        self._place = place
        self._attempts = _placed(loaded.attempts, place)
        self._submissions = _placed(loaded.submissions, place)
        self._logs = _placed(loaded.logs, place)
        self._package = _placed(loaded.wrappers, place)
        self.packages: dict[str, list[str]] = {}
        for n, package in self._package.items():
            self.packages.setdefault(package, []).append(jobs[n].name)
        self._symbols = {
            package: (wrapper_code(package), "hexagon" if n % 2 else "square", html.wrapped(package))
            for n, package in enumerate(self.packages)
        }
        self._parents, self._children = _relatives(loaded.edges, place)
        self._raw: list[JobTimes] = [NOTHING[job.status] for job in jobs]
        self._waits: dict[int, int] = {}
        self._post = 0.0
        self.jobs: Sequence[JobView] = ()
        return range(len(jobs))

    def _take(self, loaded: Loaded, before: "Workflow") -> Collection[int]:
        """Take all from how it was, where only states and times of jobs may differ.

        What is equal stays the same object, or two copies of a large list would be kept.

        Returns:
            Places of the jobs of which something else is known now, or which change by themselves.
        """
        self._place, self._package = before._place, before._package
        self.packages, self._symbols = before.packages, before._symbols
        self._parents, self._children = before._parents, before._children
        self._raw, self._waits, self._post = list(before._raw), dict(before._waits), before._post
        self.jobs = before.jobs
        jobs, changed = list(before._loaded.jobs), set(before._live)
        for n, job in enumerate(loaded.jobs):
            if job != jobs[n]:
                jobs[n] = job
                changed.add(n)
        self._loaded = msgspec.structs.replace(
            before._loaded, jobs=jobs, runs=loaded.runs, modified=loaded.modified
        )
        self._attempts, others = _merged(before._attempts, _placed(loaded.attempts, self._place))
        self._submissions, lines = _merged(before._submissions, _placed(loaded.submissions, self._place))
        self._logs, logs = _merged(before._logs, _placed(loaded.logs, self._place))
        return changed.union(others, lines, logs)

    @property
    def live(self) -> bool:
        """Whether some of it depends on now."""
        return bool(self._live)

    @property
    def edges(self) -> Sequence[tuple[int, int]]:
        """Places in `jobs` of each job and of each that waits for it."""
        place = self._place
        return [(n, place[child]) for n, children in enumerate(self._children) for child in children]

    def move_to(self, now: int) -> None:
        """Bring what depends on now to another moment (epoch seconds); all else stays."""
        if self._live:
            self._change(set(self._live), now)

    def _change(self, places: Collection[int], now: int) -> None:
        """Make these jobs anew, and those whose answers follow from theirs."""
        jobs, package, packages = self._loaded.jobs, self._package, self.packages
        for n in places:
            self._raw[n] = self._times(n, jobs[n].status, now)
        if len(places) < len(jobs):
            touched = {package[n] for n in places if n in package}
            packages = {name: packages[name] for name in touched}
            members = {self._place[name] for names in packages.values() for name in names}
            for n in members:
                self._waits.pop(n, None)
            places = members.union(places)
        else:
            self._waits = {}
        self._waits.update(self._corrected(packages))
        post = self._post_seconds()
        if post != self._post:  # the speed of every chunk holds it
            self._post, places = post, range(len(jobs))
        made = self._views(places)
        if len(places) == len(jobs):
            self.jobs = made
        else:
            shown = list(self.jobs)
            for n, view in zip(places, made, strict=True):
                shown[n] = view
            self.jobs = shown
        self._live = [n for n, times in enumerate(self._raw) if times.live]

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
            for n, job in enumerate(self._loaded.jobs)
            if job.section == "POST" and job.status is _COMPLETED
        ]
        return round(sum(seconds) / len(seconds), 4) if seconds else 0.0

    def _views(self, places: Iterable[int]) -> list[JobView]:
        """Jobs as they are shown. One loop for all: what it does for one job counts fifty thousand times."""
        jobs, raw, parents_of, children_of = self._loaded.jobs, self._raw, self._parents, self._children
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
            for run in self._loaded.runs.values()
            if run.chunk_size and run.chunk_unit
        }

    def _resources(self, section: str) -> Resources:
        settings = self._loaded.settings
        return settings.resources_of(section) if settings else _NO_RESOURCES


def wrapper_code(package: str) -> str | None:
    """The number in the name of a wrapper, the third of its parts from the right; None without one."""
    parts = package.split("_")
    return parts[-3] if len(parts) >= 5 else None


def _placed(known: Mapping[str, T], place: Mapping[str, int]) -> dict[int, T]:
    """What is known of jobs of the list, by their places."""
    return {n: value for name, value in known.items() if (n := place.get(name)) is not None}


def _merged(was: Mapping[int, T], known: dict[int, T]) -> tuple[dict[int, T], set[int]]:
    """What is known now, in the objects that were there as far as they are equal, and where it is another."""
    changed = set(was.keys() - known.keys())
    for n, value in known.items():
        old = was.get(n)
        if old == value and old is not None:
            known[n] = old
        else:
            changed.add(n)
    return known, changed


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
