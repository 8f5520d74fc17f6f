"""One run as a tree of its attempts (contract/API_V3.md 2.20, 5).

Guarantees: every attempt is a leaf below its member, or in `Keys`, and once more below its wrapper; every
name in `tree_parents` is a `refKey` of a folder and a key of `reference`. Linear in attempts, save sorting.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Attempt, JobStatus, Run
from mestral_experiments.views import html
from mestral_experiments.views.datetext import date_texts
from mestral_experiments.views.folders import (
    NO_MEMBER,
    TAGS,
    Counts,
    Folder,
    Leaf,
    Members,
    Placed,
    Reference,
    by_date_and_member,
    counted_title,
    date_folders,
    keys_folder,
    wrapper_key,
    wrappers_folder,
)
from mestral_experiments.views.jobtimes import running_text
from mestral_experiments.views.runs.attempts import Ends, section_and_member
from mestral_experiments.views.runs.runspeed import post_seconds, with_speed
from mestral_experiments.views.runs.together import code_of, waits
from mestral_experiments.views.times import history_text
from mestral_experiments.views.units import chunk_texts, sypd, years

NO_RUN = "Autosubmit couldn't fin the experiment header information necessary to complete this request."
"""The contract's words for a run that is not there, its slip included."""

_TIMESTAMP: Literal[10000000] = 10000000  # the contract's constant
_TAGS = TAGS | {
    "running_tag": " " + html.badge("green; color:white", "%R RUNNING"),
    "check_mark": html.CHECK_MARK,
}


class RunJob(msgspec.Struct, frozen=True, gc=False):
    """One attempt. `minutes` and `minutes_queue` are seconds; `title` is HTML."""

    id: Annotated[str, Meta(description="Name of the job, with a `+` for every attempt before it.")]
    internal_id: str
    label: str
    status: str
    status_code: int
    platform_name: str
    chunk: Annotated[int, Meta(description="0 for none.")]
    member: Annotated[str, Meta(description="Empty for none.")]
    sync: Annotated[bool, Meta(description="Whether it has a date and no member.")]
    title: str
    date: Annotated[str, Meta(description="`YYYY MM DD`; empty for none.")]
    date_plus: str
    SYPD: float | None
    ASYPD: float | None
    minutes_queue: int
    minutes: int
    submit: Annotated[str | None, Meta(description="`YYYY-MM-DD-HH:MM:SS`, local time.")]
    start: str | None
    finish: str | None
    section: str
    queue: str
    processors: int
    wallclock: str
    wrapper: int | None
    wrapper_code: int | None
    children: None
    children_list: None
    parents: None
    out: Annotated[str, Meta(description="Absolute path of the log.")]
    err: str
    tree_parents: Sequence[str]
    parent_list: None
    custom_directives: None
    rm_id: int
    status_color: str


class RunDetail(msgspec.Struct, frozen=True):
    """Answer of `/v3/rundetail/{expid}/{runid}`. `pkl_timestamp` is a constant."""

    tree: Sequence[Folder]
    jobs: Sequence[RunJob]
    total: int
    reference: Reference
    error: bool
    error_message: str
    pkl_timestamp: Literal[10000000]


def run_detail(
    expid: str, runs: Sequence[Run], run: Run, attempts: Sequence[Attempt], log_folder: str, now: int
) -> tuple[RunDetail, bool]:
    """The detail of a run, and whether it depends on now; a run without attempts has no `reference`.

    Args:
        expid: Name of the experiment.
        runs: All its runs by ascending id.
        run: The run.
        attempts: Those of the run, in the order they were recorded.
        log_folder: Where the logs are.
        now: Epoch seconds.
    """
    attempts = [attempt for attempt in attempts if (attempt.rowtype or 0) >= 1]
    order = sorted(range(len(attempts)), key=lambda n: (attempts[n].counter or 0, -n))
    jobs = _jobs(expid, run, Ends(runs, now), attempts, order, f"{log_folder}/")
    live = any(job.live for job in jobs)
    counts: dict[str, Counts] = {}
    folders = [
        *date_folders(expid, _dated(jobs), counts, clean=True),
        *keys_folder([jobs[n].placed.leaf for n in order if jobs[n].date is None]),
        *wrappers_folder(expid, _wrappers(jobs, order), counts, _wrapper_title),
    ]
    reference: Reference = (
        {}
        if not jobs
        else {
            **{key: msgspec.structs.asdict(found) for key, found in counts.items()},
            **_TAGS,
            "packages": sorted({str(job.node.wrapper) for job in jobs if job.node.wrapper is not None}),
            "chunk_unit": run.chunk_unit,
            "chunk_size": run.chunk_size,
        }
    )
    nodes = [jobs[n].node for n in order]
    return RunDetail(folders, nodes, len(nodes), reference, False, "", _TIMESTAMP), live


class _Job(msgspec.Struct, frozen=True, gc=False):
    """An attempt as it is shown, with what puts it into folders; in those of wrappers it is `in_wrapper`."""

    node: RunJob
    placed: Placed
    in_wrapper: Placed
    live: bool
    split: int
    date: str | None


def _jobs(
    expid: str, run: Run, ends: Ends, attempts: Sequence[Attempt], order: Iterable[int], logs: str
) -> list[_Job]:
    """All attempts as they were recorded, named in the order in which they are shown."""
    places = [section_and_member(attempt) for attempt in attempts]
    dates = [
        _date(attempt.date) if section and attempt.date else None
        for attempt, (section, _) in zip(attempts, places, strict=True)
    ]
    texts = date_texts(zip((attempt.name for attempt in attempts), dates, strict=True))
    names = _names(attempts, order)
    times = [ends.times(attempt) for attempt in attempts]
    waited = waits(attempts, ends.times)
    post = post_seconds(attempts, waited)
    length = years(run.chunk_unit, run.chunk_size)
    jobs = []
    for n, (attempt, name, (section, member), date, each) in enumerate(
        zip(attempts, names, places, dates, times, strict=True)
    ):
        wait = waited.get(n, each.queue)
        if wait != each.queue:
            each = msgspec.structs.replace(each, queue=wait)
        status = JobStatus.of(attempt.status)
        title = f"{html.text(name)}{html.PLAIN_STATUS_BADGES[status]} ~ {running_text(each)}"
        code, text = code_of(attempt), texts[date] if date is not None else None
        parents: tuple[str, ...] = ()
        begin = end = ""
        if text is not None and date is not None:
            parents = (f"{expid}_{text}_{member or NO_MEMBER}",)
            begin, end = chunk_texts(date, attempt.chunk, run.chunk_size, run.chunk_unit)
        own_title = title
        if code is not None:
            parents += (wrapper_key(str(code)),)
            if text is not None:
                own_title += f" <span class='badge' style='background-color:#94b8b8'>Wrapped {code}</span>"
        speed = slow = None
        if with_speed(attempt):
            speed = sypd(length, attempt.splits, each.run)
            slow = sypd(length, attempt.splits, wait + each.run + post)
        node = RunJob(
            name,
            name,
            name,
            status._name_,
            status._value_,
            attempt.platform or "",
            attempt.chunk or 0,
            member,
            date is not None and not member,
            own_title,
            begin,
            end,
            speed,
            slow,
            wait,
            each.run,
            history_text(attempt.submit),
            history_text(attempt.start),
            history_text(attempt.finish),
            section,
            attempt.qos or "",
            attempt.ncpus or 0,
            attempt.wallclock or "",
            code,
            code,
            None,
            None,
            None,
            _log(logs, attempt.out),
            _log(logs, attempt.err),
            parents,
            None,
            None,
            attempt.job_id or 0,
            html.COLOURS[status],
        )
        placed = in_wrapper = Placed(Leaf(title, name), status, section)
        if own_title is not title:
            placed = Placed(Leaf(own_title, name), status, section)
        jobs.append(_Job(node, placed, in_wrapper, each.live, attempt.split or 0, text))
    return jobs


def _names(attempts: Sequence[Attempt], order: Iterable[int]) -> list[str]:
    """A name for each, with a `+` for every attempt of the same job that is shown before it."""
    names = [attempt.name for attempt in attempts]
    before: dict[str, int] = {}
    for n in order:
        name = names[n]
        number = before[name] = before.get(name, -1) + 1
        if number:
            names[n] = name + "+" * number
    return names


def _dated(jobs: Iterable[_Job]) -> Mapping[str, Members]:
    """Jobs by the text of their date and by member, each in its order; then by chunk and as recorded."""
    found = by_date_and_member(
        (job.date, job.node.member or NO_MEMBER, job) for job in jobs if job.date is not None
    )
    return {
        date: {
            member: [job.placed for job in sorted(inside, key=lambda job: (job.node.chunk, job.split))]
            for member, inside in sorted(members.items())
        }
        for date, members in sorted(found.items())
    }


def _wrappers(jobs: Sequence[_Job], order: Iterable[int]) -> Mapping[str, Sequence[Placed]]:
    """The jobs of each wrapper by chunk."""
    found: dict[str, list[_Job]] = {}
    for n in order:
        if jobs[n].node.wrapper is not None:
            found.setdefault(str(jobs[n].node.wrapper), []).append(jobs[n])
    return {
        code: [job.in_wrapper for job in sorted(inside, key=lambda job: job.node.chunk)]
        for code, inside in sorted(found.items())
    }


def _wrapper_title(name: str, counts: Counts) -> str:
    """As in the tree, in the contract's own notation for runs."""
    return (
        counted_title(name, counts).replace("'> ", "'>", 1).replace("green; color:#fff", "green; color:white")
    )


def _log(folder: str, name: str | None) -> str:
    return "NA" if name == "NA" else f"{folder}{name or ''}"


@lru_cache(1 << 10)
def _date(text: str) -> datetime | None:
    """A start date as ISO 8601 or `YYYYMMDD[HH[MM]]`; None for anything else."""
    text = text.strip()
    if text.isdecimal() and len(text) > 8:
        text = f"{text[:8]}T{text[8:]}"
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
