"""The tree of an experiment: folders of dates, members, sections and wrappers (contract/API_V3.md 4).

Guarantees: every job is a leaf below its member, or in `Keys`, and once more below its wrapper; every name in
`tree_parents` is a `refKey` of a folder and a key of `reference`. Linear in the number of jobs.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from mestral_experiments.model import JobStatus
from mestral_experiments.views import html
from mestral_experiments.views.datetext import date_texts
from mestral_experiments.views.folders import (
    EMPTY,
    TAGS,
    Counts,
    Folder,
    Leaf,
    Reference,
    WrapperCounts,
    count,
    counted_title,
)
from mestral_experiments.views.pkl import seconds
from mestral_experiments.views.workflow import JobView, Workflow

_NO_MEMBER = "DEFAULT"
_IN_ORDER = (JobStatus.COMPLETED, JobStatus.WAITING, JobStatus.READY, JobStatus.SUSPENDED)
"""States of jobs that stay where they are; all others come first."""
_UNIFORM = {JobStatus.WAITING: "#aaa", JobStatus.SUSPENDED: "orange", JobStatus.COMPLETED: "yellow"}
_MANY_DATES = 5


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


class Tree(msgspec.Struct, frozen=True):
    """Answer of `/v3/tree/{expid}`. `pkl_timestamp`: when the job list changed last, epoch seconds."""

    tree: Sequence[Folder]
    jobs: Sequence[TreeJob]
    total: int
    reference: Reference
    error: bool
    error_message: str
    pkl_timestamp: int


class NoTree(msgspec.Struct, frozen=True):
    """The answer when there is no tree."""

    tree: tuple[()]
    jobs: tuple[()]
    total: Literal[0]
    reference: dict[str, Any]
    error: bool
    error_message: str
    pkl_timestamp: Literal[0]


def no_tree(message: str) -> NoTree:
    """The failure with its message."""
    return NoTree((), (), 0, {}, True, message, 0)


def tree(workflow: Workflow) -> Tree:
    """The tree of all jobs."""
    counts: dict[str, Counts] = {}
    folders: list[Folder] = []
    texts = date_texts(view.job for view in workflow.jobs)
    dated = _by_date_and_member(workflow.jobs)
    leaves = {view.job.name: Leaf(view.title, view.job.name) for view in workflow.jobs}
    for date, members in dated.items():
        own = f"{workflow.expid}_{texts[date]}"
        inside = []
        for member, jobs in members.items():
            key = f"{own}_{member}"
            counts[key] = count(view.job.status for view in jobs)
            children = _sections(key, jobs, leaves)
            inside.append(Folder(counted_title(key, counts[key]), True, key, EMPTY, False, children))
        folders.append(_date_folder(own, members.values(), inside, len(dated)))
    keys = [leaves[view.job.name] for view in workflow.jobs if view.job.date is None]
    if keys:
        folders.append(Folder("Keys", True, "Keys", EMPTY, True, keys))
    if workflow.packages:
        folders.append(_wrappers(workflow, leaves, counts))
    return Tree(
        folders,
        [_job(view, _parents(workflow.expid, texts, view)) for view in workflow.jobs],
        len(workflow.jobs),
        {
            **{key: msgspec.structs.asdict(found) for key, found in counts.items()},
            **TAGS,
            "packages": sorted(workflow.packages),
            "chunk_unit": workflow.chunk_unit,
            "chunk_size": workflow.chunk_size,
        },
        False,
        "",
        seconds(workflow.modified),
    )


_Members = Mapping[str, Sequence[JobView]]


def _by_date_and_member(jobs: Sequence[JobView]) -> dict[datetime, _Members]:
    """Dated jobs by date and member; dates and members each in the order of their first job."""
    order: dict[str, None] = {}
    found: dict[datetime, dict[str, list[JobView]]] = {}
    for view in jobs:
        if view.job.date is not None:
            member = _member(view)
            order.setdefault(member)
            found.setdefault(view.job.date, {}).setdefault(member, []).append(view)
    return {
        date: {member: members[member] for member in order if member in members}
        if len(order) > 1
        else members
        for date, members in found.items()
    }


def _member(view: JobView) -> str:
    return _NO_MEMBER if view.job.member is None else view.job.member


def _sections(key: str, jobs: Sequence[JobView], leaves: Mapping[str, Leaf]) -> list[Any]:
    """What is in the folder of a member: sections of one job as leaves, then the others as folders."""
    sections: dict[str, list[JobView]] = {}
    for view in jobs:
        sections.setdefault(view.job.section, []).append(view)
    alone = _leaves((views[0] for views in sections.values() if len(views) == 1), leaves)
    folders = [
        Folder(
            html.text(section),
            True,
            f"{key}_{section}",
            EMPTY,
            any(view.job.status not in _IN_ORDER for view in views),
            _leaves(views, leaves),
        )
        for section, views in sections.items()
        if len(views) > 1
    ]
    return [*alone, *folders]


def _leaves(jobs: Iterable[JobView], leaves: Mapping[str, Leaf]) -> list[Leaf]:
    """Those that are neither done nor waiting come first, the last of them foremost."""
    first: list[Leaf] = []
    after: list[Leaf] = []
    for view in jobs:
        (after if view.job.status in _IN_ORDER else first).append(leaves[view.job.name])
    return [*reversed(first), *after]


def _date_folder(
    name: str, members: Iterable[Sequence[JobView]], inside: Sequence[Folder], dates: int
) -> Folder:
    """A date: with the state of its jobs where all are in the same one."""
    states = [view.job.status for views in members for view in views]
    state = states[0] if states[0] in _UNIFORM and states.count(states[0]) == len(states) else None
    title = html.text(name)
    if state is not None:
        number = len(states)
        title += " " + html.badge(_UNIFORM[state], f" {number} / {number} {state.name} ")
    expanded = not (dates > _MANY_DATES and state is not None)
    return Folder(title, True, title, EMPTY, expanded, inside)


def _wrappers(workflow: Workflow, leaves: Mapping[str, Leaf], counts: dict[str, Counts]) -> Folder:
    """All wrappers, by name; their jobs by chunk."""
    views = {view.job.name: view for view in workflow.jobs if view.wrapper is not None}
    inside = []
    for package in sorted(workflow.packages):
        key = _wrapper_key(package)
        jobs = sorted((views[name] for name in workflow.packages[package]), key=lambda v: v.job.chunk or 0)
        found = counts[key] = count(view.job.status for view in jobs)
        data = WrapperCounts(
            found.completed, found.failed, found.running, found.queuing, found.held, found.total
        )
        title = counted_title(key, found)
        inside.append(Folder(title, True, key, data, False, [leaves[view.job.name] for view in jobs]))
    return Folder("Wrappers", True, f"Wrappers_{workflow.expid}", EMPTY, False, inside)


def _wrapper_key(package: str) -> str:
    return f"Wrapper: {package}"


def _parents(expid: str, texts: Mapping[datetime, str], view: JobView) -> tuple[str, ...]:
    """The folder of a job whose counters change with it; those of wrappers the GUI adds itself."""
    date = view.job.date
    return () if date is None else (f"{expid}_{texts[date]}_{_member(view)}",)


def _job(view: JobView, parents: Sequence[str]) -> TreeJob:
    job, times, resources = view.job, view.times, view.resources
    return TreeJob(
        job.name,
        job.name,
        job.name,
        job.status._name_,
        job.status._value_,
        resources.platform,
        job.chunk,
        view.chunk_size,
        view.chunk_unit,
        job.member,
        view.title,
        view.date,
        view.date_plus,
        job.split,
        job.splits,
        view.sypd,
        view.asypd,
        times.queue,
        times.run,
        view.submit,
        view.start,
        view.finish,
        job.section,
        resources.queue if view.wrapper is None else resources.wrapper_queue,
        resources.processors,
        resources.wallclock,
        view.wrapper,
        view.wrapper_code,
        len(view.children),
        view.children,
        len(view.parents),
        view.parents,
        view.out,
        view.err,
        parents,
        None,
        job.id,
        html.COLOURS[job.status],
        view.workflow_commit,
    )
