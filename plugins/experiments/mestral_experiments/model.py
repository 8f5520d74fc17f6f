"""The vocabulary of experiments: what sources produce and views consume.

Guarantees: plain frozen records, no I/O, no HTTP, no knowledge of file formats. Times are aware UTC datetimes
or epoch seconds as said; a value that is missing, unreadable or out of range is None (or the default said).
"""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any

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

    @classmethod
    def of(cls, value: object) -> "JobStatus":
        """The state of a code or name; anything unknown is UNKNOWN."""
        return _STATUS.get(value, cls.UNKNOWN) if isinstance(value, int | str) else cls.UNKNOWN


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


class Run(msgspec.Struct, frozen=True, array_like=True):
    """One row of `experiment_run`; counters are 0 when NULL, times are epoch seconds or None when not > 0."""

    run_id: int
    created: str | None
    start: int | None
    finish: int | None
    chunk_unit: str | None
    chunk_size: int | None
    completed: int = 0
    total: int = 0
    failed: int = 0
    queuing: int = 0
    running: int = 0
    submitted: int = 0
    suspended: int = 0


class Configuration(msgspec.Struct, frozen=True):
    """The effective configuration of an experiment, as Autosubmit itself would see it.

    Attributes:
        data: AS4: the merged dictionary with upper-case keys. AS3: `conf, exp, platforms, jobs, proj`, each
            section -> option -> text. No credential and nothing of the server's environment is in it.
        as3: Whether it was read from the ini files of Autosubmit 3.
    """

    data: dict[str, Any]
    as3: bool


class Brief(msgspec.Struct, frozen=True, array_like=True):
    """What lists of experiments show of a configuration (contract/API_V3.md 2.4).

    Attributes:
        hpc: Main platform: upper-case in Autosubmit 4, as written in Autosubmit 3; None when there is none.
        version: Version of Autosubmit that the configuration names, None when it names none.
        wrapper: Types of the wrappers, upper-case, each once, separated by `, `; None without wrappers.
    """

    hpc: str | None
    version: str | None
    wrapper: str | None
