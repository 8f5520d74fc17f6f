"""Jobs as v4 lists them (contract/API_V4.md 4.1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.views.pagination import Pagination


class JobItem(msgspec.Struct, frozen=True, gc=False):
    """One job of the base view; `date` is `YYYY-MM-DD`, log files are names exactly as stored."""

    name: str
    status: str
    priority: int
    section: str
    date: str | None
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    out_path_local: str | None
    err_path_local: str | None
    out_path_remote: str | None
    err_path_remote: str | None


class QuickItem(msgspec.Struct, frozen=True, gc=False):
    """One job of the quick view."""

    name: str
    status: str


class JobList(msgspec.Struct, frozen=True):
    """Answer of the job list."""

    jobs: Sequence[JobItem] | Sequence[QuickItem]
    pagination: Pagination


def job_items(jobs: Iterable[Job]) -> list[JobItem]:
    """The base view."""
    days: dict[datetime | None, str | None] = {None: None}
    items = []
    for job in jobs:
        date = job.date
        if date not in days:
            days[date] = date.strftime("%Y-%m-%d") if date else None
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
