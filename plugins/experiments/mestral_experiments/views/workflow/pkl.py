"""What the monitors of graph and tree poll (contract/API_V3.md 2.17).

Guarantees: the same conventions as in the answers of graph and tree, of which the GUI compares values.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mestral_experiments.views import html
from mestral_experiments.views.workflow.jobview import JobView
from mestral_experiments.views.workflow.workflow import Workflow


class MonitoredJob(msgspec.Struct, frozen=True, gc=False):
    """What both monitors want of a job. `minutes` and `minutes_queue` are seconds."""

    name: str
    rm_id: int | None
    status_code: int
    SYPD: float | None
    minutes: int
    minutes_queue: int
    submit: str | None
    start: str | None
    finish: str | None
    running_text: str
    status: str
    status_color: str
    out: str | None
    err: str | None
    priority: int
    workflow_commit: str | None


class PklJob(MonitoredJob, frozen=True, gc=False):
    """One job as the monitor of the graph wants it. `minutes` and `minutes_queue` are seconds."""

    dashed: bool
    shape: str
    package: str | None


class PklTreeJob(MonitoredJob, frozen=True, gc=False):
    """One job as the monitor of the tree wants it; `title` and `wrapper_tag` are HTML."""

    wrapper: str | None
    wrapper_tag: str | None
    wrapper_id: str | None
    title: str


class PklInfo(msgspec.Struct, frozen=True):
    """Answer of `/v3/pklinfo`. `pkl_timestamp`: when the job list changed last, epoch seconds."""

    pkl_file_name: str
    error: bool
    error_message: str
    has_changed: bool
    pkl_content: Sequence[PklJob]
    pkl_timestamp: int
    packages: Mapping[str, Sequence[str]]


class PklTreeInfo(msgspec.Struct, frozen=True):
    """Answer of `/v3/pkltreeinfo`, with the badges of titles."""

    pkl_file_name: str
    error: bool
    error_message: str
    has_changed: bool
    pkl_content: Sequence[PklTreeJob]
    pkl_timestamp: int
    packages: Mapping[str, Sequence[str]]
    source_tag: str
    target_tag: str
    sync_tag: str
    check_mark: str


def pkl_info(workflow: Workflow) -> PklInfo:
    """All jobs for the monitor of the graph."""
    return PklInfo(
        "",
        False,
        "",
        True,
        [_pkl_job(view) for view in workflow.jobs],
        seconds(workflow.modified),
        workflow.packages,
    )


def pkl_tree_info(workflow: Workflow) -> PklTreeInfo:
    """All jobs for the monitor of the tree."""
    return PklTreeInfo(
        "",
        False,
        "",
        True,
        [_pkl_tree_job(view) for view in workflow.jobs],
        seconds(workflow.modified),
        workflow.packages,
        html.SOURCE,
        html.TARGET,
        html.SYNC,
        html.CHECK_MARK,
    )


def no_pkl_info(message: str) -> PklInfo:
    """The failure with its message."""
    return PklInfo("", True, message, True, (), 0, {})


def no_pkl_tree_info(message: str) -> PklTreeInfo:
    """The failure with its message."""
    return PklTreeInfo(
        "", True, message, True, (), 0, {}, html.SOURCE, html.TARGET, html.SYNC, html.CHECK_MARK
    )


def seconds(moment: datetime | None) -> int:
    """Epoch seconds of a moment, 0 of none."""
    return int(moment.timestamp()) if moment is not None else 0


def _pkl_job(view: JobView) -> PklJob:
    package = view.shown.wrapper
    return PklJob(*_monitored(view, package is not None, view.shape, package))


def _pkl_tree_job(view: JobView) -> PklTreeJob:
    shown = view.shown
    tag = html.wrapped(shown.wrapper) if shown.wrapper is not None else None
    return PklTreeJob(*_monitored(view, shown.wrapper, tag, shown.wrapper_code, shown.title))


def _monitored(view: JobView, *more: Any) -> tuple[Any, ...]:
    """What `MonitoredJob` has of a job, in the order of its fields, and what else its heirs do."""
    shown = view.shown
    return (
        shown.id,
        shown.rm_id,
        shown.status_code,
        shown.SYPD,
        shown.minutes,
        shown.minutes_queue,
        shown.submit,
        shown.start,
        shown.finish,
        view.running_text,
        shown.status,
        shown.status_color,
        shown.out,
        shown.err,
        view.job.priority,
        shown.workflow_commit,
        *more,
    )
