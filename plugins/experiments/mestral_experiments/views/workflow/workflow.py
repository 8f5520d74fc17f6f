"""The jobs of an experiment at one moment, with all that is known about each (contract/API_V3.md 1.6).

The one view that tree, graph and their monitors share.

Guarantees: brought up to date from how it was before, it is what it would be if it were made anew. Linear in
jobs and edges.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import attrgetter, ne
from typing import TypeVar

import msgspec

from mestral_experiments.model import Job, JobStatus, LogFiles, Run, Settings, Submission, Times
from mestral_experiments.views.datetext import date_texts
from mestral_experiments.views.jobtimes import NOTHING, JobTimes, times_of, wrapper_waits
from mestral_experiments.views.workflow.jobview import JobView, Known, Surroundings, job_views, symbols
from mestral_experiments.views.workflow.structure import Structure

T = TypeVar("T")

_NAME = attrgetter("name")


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


class Workflow:
    """All jobs of an experiment at one moment.

    Attributes:
        expid: Its name.
        jobs: Every job, in list order.
        structure: Which of them belong together.
        chunk_size, chunk_unit: Of the configuration; 0 and "" where it does not say.
        version: Version of Autosubmit that the configuration names.
        modified: When the job list changed last (aware, UTC).
        dates: The text of every start date.
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
        self._settings, self._runs = loaded.settings, loaded.runs
        settings = loaded.settings
        self.chunk_size = (settings.chunk_size if settings else None) or 0
        self.chunk_unit = (settings.chunk_unit if settings else None) or ""
        self.version = settings.version if settings else None
        # What follows goes by the place of a job in the list: looking for names costs more than all else.
        if before is not None and before._is_like(loaded):
            changed = self._take(loaded, before)
        else:
            changed = self._join(loaded)
        self._change(changed, now)

    def _is_like(self, loaded: Loaded) -> bool:
        """Whether the same jobs are in the same order, with the same edges, wrappers, settings and chunks.

        In a database edges may change their order without being others.
        """
        return (
            list(map(_NAME, loaded.jobs)) == self.structure.names
            and (list(loaded.edges) == self._edges or set(loaded.edges) == set(self._edges))
            and list(loaded.wrappers.items()) == list(self._wrappers.items())
            and loaded.settings == self._settings
            and _chunks(loaded.runs) == _chunks(self._runs)
        )

    def _join(self, loaded: Loaded) -> Collection[int]:
        """Bring together what belongs to the same job; gives the places of all."""
        jobs = loaded.jobs
        names = list(map(_NAME, jobs))
        # A name is kept once, however often it was loaded: a third of the memory would be names.
        text = {name: name for name in names}
        if len(text) < len(names):  # a damaged list: of several jobs of one name the first counts
            first = {name: n for n, name in reversed(list(enumerate(names)))}
            jobs = [jobs[n] for n in sorted(first.values())]
            names = list(map(_NAME, jobs))
        self._jobs = jobs
        self._edges = [(text.get(parent, parent), text.get(child, child)) for parent, child in loaded.edges]
        self._wrappers = {
            text.get(name, name): text.setdefault(wrapper, wrapper)
            for name, wrapper in loaded.wrappers.items()
        }
        self.structure = Structure(names, self._edges, self._wrappers)
        self._symbols = symbols(self.structure.packages)
        self._attempts = list(map(loaded.attempts.get, names))
        self._submissions = list(map(loaded.submissions.get, names))
        self._logs = list(map(loaded.logs.get, names))
        self.dates = date_texts((job.name, job.date) for job in jobs)
        self._raw: list[JobTimes] = [NOTHING[job.status] for job in jobs]
        self._waits: dict[int, int] = {}
        self._post = 0.0
        self.jobs: Sequence[JobView] = ()
        return range(len(jobs))

    def _take(self, loaded: Loaded, before: "Workflow") -> Collection[int]:
        """Take all from how it was, where only states, dates and times of jobs may differ.

        What is equal stays the same object, or two copies of a large list would be kept.

        Returns:
            Places of the jobs of which something else is known now, or which change by themselves.
        """
        self.structure, self._symbols = before.structure, before._symbols
        self._edges, self._wrappers = before._edges, before._wrappers
        self._raw, self._waits, self._post = list(before._raw), dict(before._waits), before._post
        self.jobs = before.jobs
        names, changed = self.structure.names, set(before._live)
        self._jobs = _merged(before._jobs, loaded.jobs, changed)
        self._attempts = _merged(before._attempts, list(map(loaded.attempts.get, names)), changed)
        self._submissions = _merged(before._submissions, list(map(loaded.submissions.get, names)), changed)
        self._logs = _merged(before._logs, list(map(loaded.logs.get, names)), changed)
        self.dates = before.dates
        if any(self._jobs[n].date != before._jobs[n].date for n in changed):
            self.dates = date_texts((job.name, job.date) for job in self._jobs)
            return range(len(names))
        return changed

    @property
    def packages(self) -> Mapping[str, Sequence[str]]:
        """Names of the jobs of each wrapper that has some in the list, by their first jobs."""
        return self.structure.packages

    @property
    def live(self) -> bool:
        """Whether some of it depends on now."""
        return bool(self._live)

    def move_to(self, now: int) -> None:
        """Bring what depends on now to another moment (epoch seconds); all else stays."""
        if self._live:
            self._change(set(self._live), now)

    def _change(self, places: Collection[int], now: int) -> None:
        """Make these jobs anew, and those whose answers follow from theirs."""
        jobs, structure, packages = self._jobs, self.structure, self.packages
        for n in places:
            self._raw[n] = self._times(n, jobs[n].status, now)
        if len(places) < len(jobs):
            touched = {package for n in places if (package := structure.wrappers[n]) is not None}
            packages = {name: packages[name] for name in touched}
            members = {structure.place[name] for names in packages.values() for name in names}
            for n in members:
                self._waits.pop(n, None)
            places = members.union(places)
        else:
            self._waits = {}
        self._waits.update(self._corrected(packages))
        post = self._post_seconds()
        if post != self._post:  # the speed of every chunk holds it
            self._post, places = post, range(len(jobs))
        made = job_views(
            Surroundings(
                self.expid, structure, self._symbols, self._settings, self._runs, self.dates, self._post
            ),
            Known(jobs, self._raw, self._waits, self._attempts, self._logs),
            places,
        )
        if places == range(len(jobs)):
            self.jobs = made
        else:
            shown = list(self.jobs)
            for n, view in zip(places, made, strict=True):
                shown[n] = view
            self.jobs = shown
        self._live = [n for n, times in enumerate(self._raw) if times.live]

    def _times(self, n: int, status: JobStatus, now: int) -> JobTimes:
        attempt, line = self._attempts[n], self._submissions[n]
        if attempt is None and line is None:
            return NOTHING[status]
        return times_of(status, attempt, line, now)

    def _corrected(self, packages: Mapping[str, Sequence[str]]) -> dict[int, int]:
        """Waits of jobs in these wrappers, by place."""
        raw, structure = self._raw, self.structure
        place, parents, children = structure.place, structure.parents, structure.children
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
            if job.section == "POST" and job.status is JobStatus.COMPLETED
        ]
        return round(sum(seconds) / len(seconds), 4) if seconds else 0.0


def _chunks(runs: Mapping[int, Run]) -> dict[int, tuple[int | None, str | None]]:
    return {number: (run.chunk_size, run.chunk_unit) for number, run in runs.items()}


def _merged(was: Sequence[T], known: Sequence[T], changed: set[int]) -> list[T]:
    """What is known now, in the objects that were there where they are equal; else it notes the place."""
    merged = list(was)
    for n in compress(range(len(merged)), map(ne, was, known)):
        merged[n] = known[n]
        changed.add(n)
    return merged
