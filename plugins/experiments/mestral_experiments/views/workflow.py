"""The jobs of an experiment with all that is known about each (contract/API_V3.md 1.6).

The one view that tree, graph and their monitors share.

Guarantees: a title, a time, a colour, a wrapper is computed here and nowhere else, so that answers about the
same moment agree; edges lead to jobs of the list only, from one job to another; relatives are in the order of
their names. Linear in jobs and edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from mestral_experiments.model import (
    Attempt,
    Job,
    JobStatus,
    LogFiles,
    Resources,
    Run,
    Settings,
    Submission,
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
from mestral_experiments.views.units import chunk_date_text, chunk_dates, sypd, years

_WITH_SUBMIT = frozenset(
    (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.QUEUING, JobStatus.RUNNING, JobStatus.SUBMITTED)
)
_WITH_START = frozenset((JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.RUNNING))
_FINISHED = frozenset((JobStatus.COMPLETED, JobStatus.FAILED))
_NO_LOGS = LogFiles(None, None)
_NO_RESOURCES = Resources()


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
    attempts: Mapping[str, Attempt]
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
        edges: Places in `jobs` of each job and of each that waits for it.
        chunk_size, chunk_unit: Of the configuration; 0 and "" where it does not say.
        version: Version of Autosubmit that the configuration names.
        modified: When the job list changed last (aware, UTC).
        live: Whether some of it depends on now.
    """

    def __init__(self, loaded: Loaded, now: int) -> None:
        self._loaded = loaded
        self.expid = loaded.expid
        self.modified = loaded.modified
        settings = loaded.settings
        self.chunk_size = (settings.chunk_size if settings else None) or 0
        self.chunk_unit = (settings.chunk_unit if settings else None) or ""
        self.version = settings.version if settings else None
        self._position = {job.name: n for n, job in enumerate(loaded.jobs)}
        self.packages = _packages(loaded.wrappers, self._position)
        self._shapes = {package: "hexagon" if n % 2 else "square" for n, package in enumerate(self.packages)}
        self._codes = {package: wrapper_code(package) for package in self.packages}
        self._parents, self._children = _relatives(loaded.edges, self._position)
        self.edges: Sequence[tuple[int, int]] = [
            (self._position[parent], self._position[child])
            for parent, children in self._children.items()
            for child in children
        ]
        self._raw = [self._times(job, now) for job in loaded.jobs]
        self._waits = self._corrected(self.packages)
        self._post = self._post_seconds()
        self.jobs: Sequence[JobView] = [self._view(n) for n in range(len(loaded.jobs))]
        self._live = [n for n, times in enumerate(self._raw) if times.live]
        self._loaded = self._needed_later(loaded)

    @property
    def live(self) -> bool:
        """Whether some of it depends on now."""
        return bool(self._live)

    def move_to(self, now: int) -> None:
        """Bring what depends on now to another moment (epoch seconds); all else stays."""
        if not self._live:
            return
        jobs = self._loaded.jobs
        changed = set(self._live)
        packages: dict[str, Sequence[str]] = {}
        for n in self._live:
            self._raw[n] = self._times(jobs[n], now)
            package = self._loaded.wrappers.get(jobs[n].name)
            if package in self.packages:
                packages[package] = self.packages[package]
        for members in packages.values():
            for name in members:
                self._waits.pop(name, None)
                changed.add(self._position[name])
        self._waits.update(self._corrected(packages))
        shown = list(self.jobs)
        for n in changed:
            shown[n] = self._view(n)
        self.jobs = shown

    def _needed_later(self, loaded: Loaded) -> Loaded:
        """What `move_to` needs of it: that of the jobs that it changes."""
        live = [loaded.jobs[n].name for n in self._live]
        packages = {loaded.wrappers[name] for name in live if name in loaded.wrappers}
        names = {*live, *(name for package in packages for name in self.packages[package])}
        return msgspec.structs.replace(
            loaded,
            edges=(),
            attempts={name: loaded.attempts[name] for name in names if name in loaded.attempts},
            submissions={name: loaded.submissions[name] for name in names if name in loaded.submissions},
            logs={name: loaded.logs[name] for name in names if name in loaded.logs},
        )

    def _times(self, job: Job, now: int) -> JobTimes:
        attempt, line = self._loaded.attempts.get(job.name), self._loaded.submissions.get(job.name)
        if attempt is None and line is None:
            return NOTHING[job.status]
        return times_of(job.status, attempt, line, now)

    def _corrected(self, packages: Mapping[str, Sequence[str]]) -> dict[str, int]:
        raw, position = self._raw, self._position
        return wrapper_waits(
            packages,
            lambda name: self._children.get(name, ()),
            lambda name: name in self._children or name in self._parents,
            lambda name: raw[position[name]],
        )

    def _post_seconds(self) -> float:
        """Mean seconds of post-processing, rounded; 0 without any (METRICS.md 3.2)."""
        seconds = [
            self._waits.get(job.name, times.queue) + times.run
            for job, times in zip(self._loaded.jobs, self._raw, strict=True)
            if job.section == "POST" and job.status is JobStatus.COMPLETED
        ]
        return round(sum(seconds) / len(seconds), 4) if seconds else 0.0

    def _view(self, n: int) -> JobView:
        loaded, job, times = self._loaded, self._loaded.jobs[n], self._raw[n]
        name, status = job.name, job.status
        wait = self._waits.get(name)
        if wait is not None and wait != times.queue:
            times = msgspec.structs.replace(times, queue=wait)
        attempt = loaded.attempts.get(name)
        run = loaded.runs.get(attempt.run_id) if attempt is not None and attempt.run_id else None
        size, unit = self.chunk_size or None, self.chunk_unit or None
        if run is not None and run.chunk_size and run.chunk_unit:
            size, unit = run.chunk_size, run.chunk_unit
        date = date_plus = None
        if job.date is not None:
            date, date_plus = map(chunk_date_text, chunk_dates(job.date, job.chunk, size, unit))
        speed = slow = None
        if status is JobStatus.COMPLETED and job.chunk is not None and job.chunk > 0:
            length = years(unit, size)
            speed = sypd(length, job.splits, times.run)
            slow = sypd(length, job.splits, times.queue + times.run + self._post)
        package = loaded.wrappers.get(name)
        parents, children = self._parents.get(name, ()), self._children.get(name, ())
        logs = loaded.logs.get(name, _NO_LOGS) if status in _FINISHED else _NO_LOGS
        said = running_text(times)
        title = [html.text(name), html.STATUS_BADGES[status]]
        if said:
            title += (" ~ ", said)
        if not children:
            title.append(html.TARGET)
        if not parents:
            title.append(html.SOURCE)
        if job.date is not None and job.member is None:
            title.append(html.SYNC)
        if package is not None:
            title.append(html.wrapped(package))
        return JobView(
            job,
            times,
            said,
            epoch_text(times.submit) if status in _WITH_SUBMIT else None,
            epoch_text(times.start) if status in _WITH_START else None,
            epoch_text(times.finish) if status in _FINISHED else None,
            size,
            unit,
            date,
            date_plus,
            speed,
            slow,
            package,
            self._codes[package] if package is not None else None,
            self._shapes[package] if package is not None else "dot",
            parents,
            children,
            loaded.settings.resources_of(job.section) if loaded.settings else _NO_RESOURCES,
            logs.out,
            logs.err,
            attempt.workflow_commit if attempt is not None and recorded(status, attempt) else None,
            "".join(title),
        )


def wrapper_code(package: str) -> str | None:
    """The number in the name of a wrapper, the third of its parts from the right; None without one."""
    parts = package.split("_")
    return parts[-3] if len(parts) >= 5 else None


def _packages(wrappers: Mapping[str, str], position: Mapping[str, int]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for job, package in wrappers.items():
        if job in position:
            found.setdefault(package, []).append(job)
    return found


def _relatives(
    edges: Iterable[tuple[str, str]], position: Mapping[str, int]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Parents and children by name."""
    parents: dict[str, list[str]] = {}
    children: dict[str, list[str]] = {}
    for parent, child in dict.fromkeys(edges):
        if parent in position and child in position and parent != child:
            children.setdefault(parent, []).append(child)
            parents.setdefault(child, []).append(parent)
    for names in (*parents.values(), *children.values()):
        names.sort()
    return parents, children
