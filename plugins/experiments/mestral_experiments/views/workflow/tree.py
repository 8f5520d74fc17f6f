"""The tree of an experiment: folders of dates, members, sections and wrappers (contract/API_V3.md 4).

Guarantees: every job is a leaf below its member, or in `Keys`, and once more below its wrapper; every name in
`tree_parents` is a `refKey` of a folder and a key of `reference`. Linear in the number of jobs.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec

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
from mestral_experiments.views.workflow.jobview import TreeJob
from mestral_experiments.views.workflow.pkl import seconds
from mestral_experiments.views.workflow.workflow import Workflow

_JOB = attrgetter("job")


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
    jobs, dates = workflow.jobs, workflow.dates
    placed = [
        Placed(Leaf(view.shown.title, view.job.name), view.job.status, view.job.section) for view in jobs
    ]
    dated = by_date_and_member(
        (dates[job.date], NO_MEMBER if job.member is None else job.member, one)
        for job, one in zip(map(_JOB, jobs), placed, strict=True)
        if job.date is not None
    )
    undated = [one.leaf for view, one in zip(jobs, placed, strict=True) if view.job.date is None]
    folders = [
        *date_folders(workflow.expid, dated, counts),
        *keys_folder(undated),
        *wrappers_folder(workflow.expid, _wrappers(workflow, placed), counts),
    ]
    return Tree(
        folders,
        [view.shown for view in jobs],
        len(jobs),
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


def _wrappers(workflow: Workflow, placed: Sequence[Placed]) -> dict[str, list[Placed]]:
    """The jobs of each wrapper by chunk, wrappers by name."""
    jobs, place = workflow.jobs, workflow.structure.place
    return {
        package: [
            placed[n] for n in sorted(map(place.__getitem__, names), key=lambda n: jobs[n].job.chunk or 0)
        ]
        for package, names in sorted(workflow.packages.items())
    }
