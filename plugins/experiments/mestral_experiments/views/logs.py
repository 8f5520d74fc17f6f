"""Logs as v3 shows them: the end of one, and that of each platform (contract/API_V3.md 2.8 to 2.10)."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Log, RecoveryLog
from mestral_experiments.views.times import local_text

LOG_LINES = 150
"""How many of the last lines are shown."""


class LogLine(msgspec.Struct, frozen=True):
    """One line of a log; `index` is 0 at the first one that is shown."""

    index: int
    content: str


class LogEnd(
    msgspec.Struct, frozen=True, rename={"last_modified": "lastModified", "time_stamp": "timeStamp"}
):
    """Answer of `/v3/exprun/{expid}` and `/v3/joblog/{logfile}`: the last 150 lines of a log."""

    logfile: Annotated[str, Meta(description="Of a run: the name of the file. Of a job: its absolute path.")]
    found: bool
    last_modified: Annotated[str, Meta(description="ISO 8601 with the server's offset; empty without a log.")]
    time_stamp: Annotated[int | Literal[""], Meta(description="The same in seconds since the epoch.")]
    error: bool
    error_message: str
    logcontent: Sequence[LogLine]


class PlatformLog(msgspec.Struct, frozen=True):
    """The newest log of fetching the logs of jobs from one platform: its last 150 lines."""

    datetime: Annotated[str, Meta(description="ISO 8601 without offset, as the name of the file says.")]
    filename: str
    platform: str
    modified_date: Annotated[str, Meta(description="ISO 8601 with the server's offset.")]
    content: Sequence[LogLine]


class PlatformLogs(msgspec.Struct, frozen=True):
    """Answer of `/v3/exp-recovery-logs/{expid}`, by platform."""

    platform_recovery_logs: Sequence[PlatformLog]
    error: bool
    error_message: str


def run_log_end(log: Log | None) -> LogEnd:
    """The end of the log of a run, None when there is none."""
    return _end("" if log is None else PurePath(log.path).name, log)


def job_log_end(path: str, log: Log | None) -> LogEnd:
    """The end of the log of a job.

    Args:
        path: Where it was looked for.
        log: What was found: perhaps a compressed one beside it.
    """
    return _end(path if log is None else log.path, log)


def no_log(logfile: str, message: str) -> LogEnd:
    """The answer when a log cannot be looked for."""
    return LogEnd(logfile, False, "", "", True, message, ())


def platform_logs(found: Iterable[RecoveryLog]) -> PlatformLogs:
    """The logs of all platforms.

    What is wrong with one of them is its last line, where whoever reads it sees it: an error of the whole
    answer would hide the logs of the other platforms.
    """
    return PlatformLogs([_platform_log(one) for one in found], False, "")


def no_platform_logs(message: str) -> PlatformLogs:
    """The answer when they cannot be looked for."""
    return PlatformLogs((), True, message)


def _end(logfile: str, log: Log | None) -> LogEnd:
    if log is None:
        return LogEnd(logfile, False, "", "", False, "", ())
    return LogEnd(
        logfile,
        True,
        local_text(log.modified) or "",
        "" if log.modified is None else int(log.modified.timestamp()),
        log.problem is not None,
        log.problem or "",
        _lines(log.lines),
    )


def _platform_log(one: RecoveryLog) -> PlatformLog:
    problem = () if one.log.problem is None else (one.log.problem,)
    return PlatformLog(
        one.started.isoformat(timespec="seconds"),
        PurePath(one.log.path).name,
        one.platform,
        local_text(one.log.modified) or "",
        _lines((*one.log.lines, *problem)),
    )


def _lines(lines: Iterable[str]) -> list[LogLine]:
    return [LogLine(index, line) for index, line in enumerate(lines)]
