"""Names of log files (formats/AUTOSUBMIT_DATA.md 8).

Guarantees: a folder is listed once and searched as one text, however many files it has. Which log of a job is
its newest is decided in one place.
"""

import os
import re
from collections.abc import Iterable
from datetime import datetime

from mestral_experiments.model import LogFiles
from mestral_experiments.sources.faults import Missing, refused
from mestral_experiments.sources.values import text

_OUT = (".out", ".out.xz", ".out.gz")
_ERR = (".err", ".err.xz", ".err.gz")
_RUN = ("_run.log", "_run.log.xz", "_run.log.gz")
_RECOVERY = re.compile(r"([0-9]{8}_[0-9]{6})_(.*)_log_recovery\.log(\.xz|\.gz)?")


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
    """The newest logs of a job: those with the largest time of submission, which follows the name of the job.

    Args:
        names: From `list_names`.
        job: Name of the job, without a slash. What follows it in the name of its log is a dot.
        folder: What the names are to be completed by.
    """
    found: list[str] = []
    position = names.find(f"/{job}.")
    while position >= 0:
        end = names.index("/", position + 1)
        found.append(names[position + 1 : end])
        position = names.find(f"/{job}.", end)
    at = job.count(".") + 1
    out, err = (
        max((name for name in found if name.endswith(endings)), key=lambda name: _age(name, at), default=None)
        for endings in (_OUT, _ERR)
    )
    return LogFiles(*(None if name is None else text(f"{folder}/{name}") for name in (out, err)))


def newest_logs_by_job(names: str, folder: str) -> dict[str, LogFiles]:
    """The newest logs of all jobs that have any, by their names, which have no dots.

    Args:
        names, folder: As for `newest_logs`.
    """
    every = (text(names) or "").split("/")
    out, err = (_newest([name for name in every if name.endswith(endings)]) for endings in (_OUT, _ERR))
    start = f"{text(folder)}/"
    found = {}
    for job, name in out.items():
        other = err.pop(job, None)
        found[job] = LogFiles(start + name, None if other is None else start + other)
    for job, name in err.items():
        found[job] = LogFiles(None, start + name)
    return found


def _newest(names: Iterable[str]) -> dict[str, str]:
    newest: dict[str, str] = {}
    for name in names:
        job = name.partition(".")[0]
        known = newest.setdefault(job, name)
        if known is not name and _age(known, 1) < _age(name, 1):
            newest[job] = name
    return newest


def _age(name: str, at: int) -> tuple[str, str]:
    """What says how new a log is: the component of its name with the time of the submission, then all."""
    return name.split(".", at + 1)[at], name


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
