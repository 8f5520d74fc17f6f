"""The quick view: names, states and logs of all jobs (contract/API_V3.md 2.16)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.views import html
from mestral_experiments.views.folders import EMPTY
from mestral_experiments.views.workflow.jobview import wrapper_code

_IN_ORDER = (JobStatus.COMPLETED, JobStatus.WAITING, JobStatus.READY)
"""States of jobs that stay in the order of the list; all others come first, the last of them foremost."""


class QuickLogs(msgspec.Struct, frozen=True, gc=False):
    """Where the logs of a job are: `out` and `err` begin with `/` and continue `path_log`."""

    name: str
    path_log: str
    out: str
    err: str


class QuickLeaf(msgspec.Struct, frozen=True, gc=False):
    """A job in the list; `title` is HTML."""

    title: str
    refKey: str  # noqa: N815 - the contract's name
    data: str
    children: tuple[()]
    status: str


class Quick(msgspec.Struct, frozen=True):
    """Answer of `/v3/quick/{expid}`."""

    error: bool
    error_message: str
    view_data: Sequence[QuickLogs]
    tree_view: Sequence[QuickLeaf]
    total: int
    completed: int
    failed: int
    running: int
    queuing: int


def quick(jobs: Sequence[Job], wrappers: Mapping[str, str], log_folder: str) -> Quick:
    """All jobs.

    Args:
        jobs: In list order.
        wrappers: The wrapper of every wrapped job.
        log_folder: Absolute path of the folder of their logs.
    """
    states = Counter(job.status for job in jobs)
    return Quick(
        False,
        "",
        [
            QuickLogs(job.name, log_folder, f"/{job.out_local or ''}", f"/{job.err_local or ''}")
            for job in jobs
        ],
        _leaves(jobs, wrappers),
        len(jobs),
        states[JobStatus.COMPLETED],
        states[JobStatus.FAILED],
        states[JobStatus.RUNNING],
        states[JobStatus.QUEUING],
    )


def no_quick(message: str) -> Quick:
    """The failure with its message."""
    return Quick(True, message, (), (), 0, 0, 0, 0, 0)


def _leaves(jobs: Iterable[Job], wrappers: Mapping[str, str]) -> list[QuickLeaf]:
    badges: dict[str, str] = {}
    first: list[QuickLeaf] = []
    after: list[QuickLeaf] = []
    for job in jobs:
        status = job.status
        title = html.text(job.name) + html.PLAIN_STATUS_BADGES[status]
        package = wrappers.get(job.name)
        if package is not None:
            title += badges.get(package) or badges.setdefault(package, _wrapped(package))
        leaf = QuickLeaf(title, job.name, EMPTY, (), status._name_)
        (after if status in _IN_ORDER else first).append(leaf)
    return [*reversed(first), *after]


def _wrapped(package: str) -> str:
    """The badge of a wrapper: its number, or its name where it has none."""
    return " " + html.badge("#94b8b8", f"Wrapped {html.text(wrapper_code(package) or package)}")
