"""Logs, folders and the condition of the files of an experiment."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class PartName(StrEnum):
    """The parts of an experiment's data."""

    JOB_LIST = "job_list"
    STRUCTURE = "structure"
    HISTORY = "history"
    CONFIGURATION = "configuration"
    LOGS = "logs"
    WRAPPERS = "wrappers"
    LAYOUT = "layout"


class PartState(StrEnum):
    """In what state a part is: contract/API_V4.md 10.1 says what missing and damaged mean."""

    OK = "ok"
    MISSING = "missing"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"


class Condition(msgspec.Struct, frozen=True):
    """In what condition one part of an experiment's data is.

    Attributes:
        part: Which one.
        state: `ok`: what is served of it can be read now. `busy`: it may be, later. `unreadable`: the user
            that the server runs as may not read it.
        format: What was found, in words; None where nothing is known of it.
        size: Bytes of its files; None without files, or with too many to add up.
        modified: When its files changed last (aware, UTC); None without files.
        reason: Why it is not `ok`, in a sentence without paths; None when it is.
    """

    part: PartName
    state: PartState
    format: str | None = None
    size: int | None = None
    modified: datetime | None = None
    reason: str | None = None


class FolderFacts(msgspec.Struct, frozen=True, array_like=True):
    """What the file system says about the folder of an experiment.

    Attributes:
        path: Absolute path.
        owner_id: User id of its owner.
        owner: Name of its owner, "" for an unknown user.
        accessed, modified: When (aware, UTC).
    """

    path: str
    owner_id: int
    owner: str
    accessed: Annotated[datetime, Meta(tz=True)]
    modified: Annotated[datetime, Meta(tz=True)]


class LogFiles(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Absolute paths of the logs of standard output and error of one job, None when there is none."""

    out: str | None
    err: str | None


class Log(msgspec.Struct, frozen=True, array_like=True):
    """The end of a log.

    Attributes:
        path: Absolute path of the file.
        modified: When it changed last (aware, UTC); None when it is not known.
        lines: The last ones that could be read, without line ends, oldest first.
        problem: Why `lines` are not the end of the log, in a sentence without paths; None when they are.
    """

    path: str
    modified: Annotated[datetime, Meta(tz=True)] | None
    lines: Sequence[str] = ()
    problem: str | None = None


class RecoveryLog(msgspec.Struct, frozen=True, array_like=True):
    """What Autosubmit logged while it fetched the logs of jobs from a platform.

    Attributes:
        platform: As in the file's name, may be empty.
        started: When, as in the file's name: naive, in the time zone of whoever ran Autosubmit.
        log: The log.
    """

    platform: str
    started: Annotated[datetime, Meta(tz=False)]
    log: Log
