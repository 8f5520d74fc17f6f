"""The tree of an experiment: folders of dates, members, sections and wrappers (contract/API_V3.md 4).

Guarantees: every job is a leaf below its member, or in `Keys`, and once more below its wrapper; every name in
`tree_parents` is a `refKey` of a folder and a key of `reference`. Linear in the number of jobs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from mestral_experiments.views import html
from mestral_experiments.views.datetext import date_texts
from mestral_experiments.views.folders import (
    NO_MEMBER,
    TAGS,
    Counts,
    Folder,
    Leaf,
    Placed,
    Reference,
    by_date_and_member,
    date_folders,
    keys_folder,
    wrappers_folder,
)
from mestral_experiments.views.pkl import seconds
from mestral_experiments.views.workflow import JobView, Workflow


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
    texts = date_texts((view.job.name, view.job.date) for view in workflow.jobs)
    placed = {
        view.job.name: Placed(Leaf(view.title, view.job.name), view.job.status, view.job.section)
        for view in workflow.jobs
    }
    dated = by_date_and_member(
        (texts[view.job.date], _member(view), placed[view.job.name])
        for view in workflow.jobs
        if view.job.date is not None
    )
    folders = [
        *date_folders(workflow.expid, dated, counts),
        *keys_folder([placed[view.job.name].leaf for view in workflow.jobs if view.job.date is None]),
        *wrappers_folder(workflow.expid, _wrappers(workflow, placed), counts),
    ]
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


def _member(view: JobView) -> str:
    return NO_MEMBER if view.job.member is None else view.job.member


def _wrappers(workflow: Workflow, placed: Mapping[str, Placed]) -> dict[str, list[Placed]]:
    """The jobs of each wrapper by chunk, wrappers by name."""
    chunks = {view.job.name: view.job.chunk or 0 for view in workflow.jobs if view.wrapper is not None}
    return {
        package: [placed[name] for name in sorted(names, key=chunks.__getitem__)]
        for package, names in sorted(workflow.packages.items())
    }


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
