"""An experiment and its jobs."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class JobStatus(IntEnum):
    """Job states of Autosubmit and their codes (formats/AUTOSUBMIT_DATA.md 7)."""

    SUSPENDED = -3
    UNKNOWN = -2
    FAILED = -1
    WAITING = 0
    READY = 1
    SUBMITTED = 2
    QUEUING = 3
    RUNNING = 4
    COMPLETED = 5
    HELD = 6
    PREPARED = 7
    SKIPPED = 8
    DELAYED = 9

    __hash__ = int.__hash__  # that of enumerations is written in Python, and states of all jobs are looked up

    @classmethod
    def of(cls, value: object) -> "JobStatus":
        """The state of a code or name; anything unknown is UNKNOWN."""
        return _STATUS.get(value, cls.UNKNOWN) if isinstance(value, _CODE_OR_NAME) else cls.UNKNOWN


_CODE_OR_NAME = (int, str)  # asked of every job; `int | str` would be made anew each time
_STATUS: dict[object, JobStatus] = {s.value: s for s in JobStatus} | {s.name: s for s in JobStatus}


class Experiment(msgspec.Struct, frozen=True, array_like=True):
    """One row of the experiment table with its details and status rows.

    Attributes:
        id: Row id in the main database.
        name: The expid.
        description: Free text, "" when absent.
        version: Autosubmit version as stored, None when absent.
        user, created, hpc, model, branch: From `details`; None without a row. `created` is text as stored.
        status: `RUNNING` or `NOT RUNNING` from `experiment_status`; None without a row.
        has_details: Whether a details row exists (rows without one match no filter on details).
    """

    id: int
    name: str
    description: str = ""
    version: str | None = None
    user: str | None = None
    created: str | None = None
    model: str | None = None
    branch: str | None = None
    hpc: str | None = None
    status: str | None = None
    has_details: bool = False


class Job(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One job of a job list.

    Attributes:
        name: Job name, unique in the list.
        id: Scheduler id or number given at creation; None when not an integer.
        status: State.
        priority: 0 when unreadable.
        section: Section of the configuration, "" when unreadable.
        date: Start date, naive; None when the job has none.
        member, chunk: None when the job has none.
        split, splits: Positive integers or None.
        out_local, err_local, out_remote, err_remote: Log file names exactly as stored ("" included), or None.
    """

    name: str
    id: int | None
    status: JobStatus
    priority: int
    section: str
    date: Annotated[datetime, Meta(tz=False)] | None
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    out_local: str | None
    err_local: str | None
    out_remote: str | None
    err_remote: str | None
