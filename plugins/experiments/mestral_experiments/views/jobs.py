"""Jobs as v4 lists them (contract/API_V4.md 4.1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.views.lists.cursors import CursorPagination
from mestral_experiments.views.lists.fields import partial
from mestral_experiments.views.lists.pagination import Pagination

StatusName = Annotated[str, Meta(extra_json_schema={"enum": [status.name for status in JobStatus]})]


class JobItem(msgspec.Struct, frozen=True, gc=False):
    """One job of the base view; `date` is `YYYY-MM-DD`, log files are names exactly as stored."""

    name: str
    status: StatusName
    priority: int
    section: Annotated[str, Meta(description="Section of the configuration it was made from.")]
    date: Annotated[str | None, Meta(description="Start date, `YYYY-MM-DD`.")]
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    out_path_local: Annotated[str | None, Meta(description="Name of its log of standard output.")]
    err_path_local: Annotated[str | None, Meta(description="Name of its log of standard error.")]
    out_path_remote: Annotated[str | None, Meta(description="The same on the platform it ran on.")]
    err_path_remote: Annotated[str | None, Meta(description="The same on the platform it ran on.")]


class QuickItem(msgspec.Struct, frozen=True, gc=False):
    """One job of the quick view."""

    name: str
    status: StatusName


JobField = Literal[
    "name",
    "status",
    "priority",
    "section",
    "date",
    "member",
    "chunk",
    "split",
    "splits",
    "out_path_local",
    "err_path_local",
    "out_path_remote",
    "err_path_remote",
]
"""The fields of `JobItem`."""
QUICK = frozenset(("name", "status"))
"""Those of `QuickItem`."""
ChosenJob: Any = partial("ChosenJob", JobItem)


class JobList(msgspec.Struct, frozen=True):
    """Answer of the job list."""

    jobs: Sequence[JobItem]
    pagination: Pagination


class QuickJobList(msgspec.Struct, frozen=True):
    """The same in the quick view."""

    jobs: Sequence[QuickItem]
    pagination: Pagination


class ChosenJobList(msgspec.Struct, frozen=True):
    """The same with `fields`."""

    jobs: Sequence[ChosenJob]
    pagination: Pagination


class JobSlice(msgspec.Struct, frozen=True):
    """The same with `cursor`, and with `fields` or `view`, or without."""

    jobs: Sequence[ChosenJob]
    pagination: CursorPagination


def job_items(jobs: Iterable[Job]) -> list[JobItem]:
    """The base view."""
    days: dict[datetime | None, str | None] = {None: None}
    items = []
    for job in jobs:
        date = job.date
        if date not in days:
            days[date] = date.date().isoformat() if date else None
        items.append(
            JobItem(
                job.name,
                job.status._name_,
                job.priority,
                job.section,
                days[date],
                job.member,
                job.chunk,
                job.split,
                job.splits,
                job.out_local,
                job.err_local,
                job.out_remote,
                job.err_remote,
            )
        )
    return items


def quick_items(states: Iterable[tuple[str, JobStatus]]) -> list[QuickItem]:
    """The quick view of jobs given by name and state."""
    return [QuickItem(name, status._name_) for name, status in states]


def by_name(states: Iterable[tuple[str, JobStatus]]) -> list[tuple[str, JobStatus]]:
    """In (lower-case name, name) order, the one every list of jobs has."""
    return sorted(states, key=lambda state: (state[0].lower(), state[0]))
