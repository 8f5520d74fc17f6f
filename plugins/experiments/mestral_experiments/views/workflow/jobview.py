"""One job as it is shown (contract/API_V3.md 1.6), made once for all views.

Guarantees: a title, a time, a colour, a wrapper is computed here and nowhere else, so that answers about the
same moment agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from mestral_experiments.model import Job, JobStatus, LogFiles, Resources, Run, Settings, Times
from mestral_experiments.views import html
from mestral_experiments.views.folders import NO_MEMBER
from mestral_experiments.views.jobtimes import JobTimes, recorded, running_text
from mestral_experiments.views.times import epoch_text
from mestral_experiments.views.units import chunk_texts, sypd, years
from mestral_experiments.views.workflow.structure import Structure

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


class TreeJob(msgspec.Struct, frozen=True, gc=False):
    """One job of the tree. `minutes` and `minutes_queue` are seconds; `title` is HTML."""

    id: str
    internal_id: str
    label: str
    status: str
    status_code: int
    platform_name: str
    chunk: int | None
    chunk_size: int | None
    chunk_unit: str | None
    member: str | None
    title: str
    date: str | None
    date_plus: str | None
    split: int | None
    splits: int | None
    SYPD: float | None
    ASYPD: float | None
    minutes_queue: int
    minutes: int
    submit: str | None
    start: str | None
    finish: str | None
    section: str
    queue: str
    processors: int
    wallclock: str
    wrapper: str | None
    wrapper_code: str | None
    children: int
    children_list: Sequence[str]
    parents: int
    parent_list: Sequence[str]
    out: str | None
    err: str | None
    tree_parents: Sequence[str]
    custom_directives: None
    rm_id: int | None
    status_color: str
    workflow_commit: str | None


class JobView(msgspec.Struct, frozen=True, gc=False):
    """One job, with all that is known about it.

    Attributes:
        job: As the list has it.
        times: With the wait that remains without its wrapper's.
        running_text: METRICS.md 2.6.
        shape: The symbol of its wrapper, `dot` without one.
        shown: As the tree shows it. The other views take from here what they show as well: in every answer of
            50,000 jobs, making it once more would cost as much as writing it.
    """

    job: Job
    times: JobTimes
    running_text: str
    shape: str
    shown: TreeJob


class Surroundings(msgspec.Struct, frozen=True):
    """What is known about the experiment that jobs are part of.

    Attributes:
        expid: Its name.
        structure: Which jobs belong together.
        symbols: Of each wrapper the number in its name, its shape, and its badge.
        settings: None without a configuration.
        runs: By number.
        dates: The text of every start date.
        post: Mean seconds of post-processing (METRICS.md 3.2).
    """

    expid: str
    structure: Structure
    symbols: Mapping[str, tuple[str | None, str, str]]
    settings: Settings | None
    runs: Mapping[int, Run]
    dates: Mapping[datetime, str]
    post: float


class Known(msgspec.Struct, frozen=True):
    """What is known about each job; all by its place in the list.

    Attributes:
        jobs: As the list has them.
        times: Before waits are corrected.
        waits: Seconds, where they are others without what the wrapper did.
        attempts: The last row of the history of each, None without one.
        logs: The newest logs of each, None without any.
    """

    jobs: Sequence[Job]
    times: Sequence[JobTimes]
    waits: Mapping[int, int]
    attempts: Sequence[Times | None]
    logs: Sequence[LogFiles | None]


def symbols(packages: Iterable[str]) -> dict[str, tuple[str | None, str, str]]:
    """What shows that a job is in one of these wrappers, see `Surroundings`."""
    return {
        package: (wrapper_code(package), "hexagon" if n % 2 else "square", html.wrapped(package))
        for n, package in enumerate(packages)
    }


def wrapper_code(package: str) -> str | None:
    """The number in the name of a wrapper, the third of its parts from the right; None without one."""
    parts = package.split("_")
    return parts[-3] if len(parts) >= 5 else None


def job_views(around: Surroundings, known: Known, places: Iterable[int]) -> list[JobView]:
    """The jobs at these places. One loop for all: what it does for one job counts fifty thousand times."""
    jobs, raw, attempts, logs_of, post = known.jobs, known.times, known.attempts, known.logs, around.post
    structure, wait_of = around.structure, known.waits.get
    packages, parents_of, children_of = structure.wrappers, structure.parents, structure.children
    own_chunk, chunk_of_run = _own_chunk(around.settings), _chunk_of_run(around.runs)
    resources_of: dict[str, Resources] = {}
    folders: dict[tuple[datetime | None, str | None], tuple[str, ...]] = {}
    made = []
    for n in places:
        job, times, attempt, package = jobs[n], raw[n], attempts[n], packages[n]
        name, status, date, member = job.name, job.status, job.date, job.member
        section, chunk, splits = job.section, job.chunk, job.splits
        wait = wait_of(n, times.queue)
        if wait != times.queue:
            times = msgspec.structs.replace(times, queue=wait)
        size, unit, length = own_chunk
        if attempt is not None and attempt.run_id is not None:
            size, unit, length = chunk_of_run.get(attempt.run_id, own_chunk)
        speed = slow = None
        if status is _COMPLETED and chunk is not None and chunk > 0:
            speed = sypd(length, splits, times.run)
            slow = sypd(length, splits, wait + times.run + post)
        resources = resources_of.get(section)
        if resources is None:
            resources = resources_of[section] = _resources(around.settings, section)
        parents, children = parents_of[n], children_of[n]
        logs = (logs_of[n] if status in _FINISHED else None) or _NO_LOGS
        begin, end = chunk_texts(date, chunk, size, unit) if date is not None else _NO_DATES
        inside = folders.get((date, member))
        if inside is None:
            inside = folders[date, member] = _folder(around, date, member)
        code, shape, badge = around.symbols[package] if package is not None else _NO_SYMBOL
        said = running_text(times)
        made.append(
            JobView(
                job,
                times,
                said,
                shape,
                TreeJob(
                    name,
                    name,
                    name,
                    status._name_,
                    status._value_,
                    resources.platform,
                    chunk,
                    size,
                    unit,
                    member,
                    f"{html.text(name)}{html.STATUS_BADGES[status]}{' ~ ' if said else ''}{said}"
                    f"{'' if children else html.TARGET}{'' if parents else html.SOURCE}"
                    f"{html.SYNC if date is not None and member is None else ''}{badge}",
                    begin,
                    end,
                    job.split,
                    splits,
                    speed,
                    slow,
                    wait,
                    times.run,
                    epoch_text(times.submit) if status in _WITH_SUBMIT else None,
                    epoch_text(times.start) if status in _WITH_START else None,
                    epoch_text(times.finish) if status in _FINISHED else None,
                    section,
                    resources.queue if package is None else resources.wrapper_queue,
                    resources.processors,
                    resources.wallclock,
                    package,
                    code,
                    len(children),
                    children,
                    len(parents),
                    parents,
                    logs.out,
                    logs.err,
                    inside,
                    None,
                    job.id,
                    html.COLOURS[status],
                    attempt.workflow_commit if attempt is not None and recorded(status, attempt) else None,
                ),
            )
        )
    return made


def _folder(around: Surroundings, date: datetime | None, member: str | None) -> tuple[str, ...]:
    """The folder whose counters change with a job; those of wrappers the GUI adds itself."""
    if date is None:
        return ()
    return (f"{around.expid}_{around.dates[date]}_{NO_MEMBER if member is None else member}",)


def _own_chunk(settings: Settings | None) -> _Chunk:
    """Size, unit and simulated years of a chunk of the configuration."""
    if settings is None:
        return None, None, 0.0
    size, unit = settings.chunk_size or None, settings.chunk_unit or None
    return size, unit, years(unit, size)


def _chunk_of_run(runs: Mapping[int, Run]) -> dict[int, _Chunk]:
    """The same of every run that says it."""
    return {
        run.run_id: (run.chunk_size, run.chunk_unit, years(run.chunk_unit, run.chunk_size))
        for run in runs.values()
        if run.chunk_size and run.chunk_unit
    }


def _resources(settings: Settings | None, section: str) -> Resources:
    return settings.resources_of(section) if settings else _NO_RESOURCES
