"""Names of log files and the stamps of submissions (formats/AUTOSUBMIT_DATA.md 8).

Guarantees: a folder is listed once and searched as one text, however many files it has; of a file only its
end is read, and only of a regular file.
"""

import os
import re
import stat
from datetime import datetime

from mestral_experiments.model import LogFiles, Times
from mestral_experiments.sources.faults import Missing, refused
from mestral_experiments.sources.values import text

_OUT = (".out", ".out.xz", ".out.gz")
_ERR = (".err", ".err.xz", ".err.gz")
_RUN = ("_run.log", "_run.log.xz", "_run.log.gz")
_RECOVERY = re.compile(r"([0-9]{8}_[0-9]{6})_(.*)_log_recovery\.log(\.xz|\.gz)?")
_END_BYTES = 4096


def list_names(folder: str) -> str:
    """The names of everything in a folder, each between slashes: `/one/two/`.

    Raises:
        Missing: No such folder.
        Damaged: It is no folder, or this user may not list it.
        Busy: A trouble of the system that may pass.
    """
    try:
        return "/".join(("", *os.listdir(folder), ""))  # noqa: PTH208 - hot path
    except FileNotFoundError as error:
        raise Missing(folder) from error
    except OSError as error:
        raise refused(folder, error) from error


def newest_logs(names: str, job: str, folder: str) -> LogFiles:
    """The newest logs of a job, by name: they end with the time of the submission.

    Args:
        names: From `list_names`.
        job: Name of the job, without a slash. What follows it in the name of its log is a dot.
        folder: What the names are to be completed by.
    """
    newest: dict[tuple[str, ...], str] = {}
    position = names.find(f"/{job}.")
    while position >= 0:
        end = names.index("/", position + 1)
        name = names[position + 1 : end]
        for endings in (_OUT, _ERR):
            if name.endswith(endings):
                newest[endings] = max(newest.get(endings, ""), name)
        position = names.find(f"/{job}.", end)
    out, err = (text(f"{folder}/{newest[ends]}") if ends in newest else None for ends in (_OUT, _ERR))
    return LogFiles(out, err)


def run_logs(names: str) -> list[str]:
    """Names of the logs of runs, from `list_names`."""
    return [name for name in names.split("/") if name.endswith(_RUN)]


def recovery_logs(names: str) -> dict[str, tuple[datetime, str]]:
    """By platform, when its newest log of fetching logs begins (naive), and the name of the file.

    Names with a time that no calendar has are left out. Of one log, the file that is not compressed counts.

    Args:
        names: From `list_names`.
    """
    newest: dict[str, tuple[datetime, str]] = {}
    for name in sorted(names.split("/")):
        found = _RECOVERY.fullmatch(name)
        if found is None:
            continue
        try:
            started = datetime.strptime(found[1], "%Y%m%d_%H%M%S")  # noqa: DTZ007 - naive
        except ValueError:
            continue
        known = newest.get(found[2])
        if known is None or known[0] < started:
            newest[found[2]] = started, name
    return newest


def read_last_stamps(path: str, job: str) -> Times | None:
    """The last submission in a `TOTAL_STATS` file; None when it says nothing.

    A start that is missing repeats the submission, a finish that is missing repeats the start; a stamp that
    cannot be read is None. Stamps are in the server's time zone.

    Raises:
        Missing, Damaged, Busy: As `list_names`, for the file.
    """
    lines = [line for line in _end_of(path).decode("ascii", "replace").splitlines() if line.strip()]
    if not lines:
        return None
    submit, *rest = map(_seconds, lines[-1].split()[:3])
    start = rest[0] if rest else submit
    return Times(job, submit, start, rest[1] if len(rest) > 1 else start)


def _end_of(path: str) -> bytes:
    """The last lines of a file, whole ones."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("not a file")
            end = os.pread(descriptor, _END_BYTES, max(0, status.st_size - _END_BYTES))
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise Missing(path) from error
    except (OSError, ValueError) as error:
        raise refused(path, error) from error
    return end if status.st_size <= _END_BYTES else end.partition(b"\n")[2]


def _seconds(stamp: str) -> int | None:
    """Epoch seconds of `YYYYMMDDhhmmss`; None when it is none, or before the epoch."""
    if len(stamp) != 14 or not (stamp.isascii() and stamp.isdecimal()):
        return None
    try:
        seconds = int(datetime.strptime(stamp, "%Y%m%d%H%M%S").timestamp())  # noqa: DTZ007 - local
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds > 0 else None
