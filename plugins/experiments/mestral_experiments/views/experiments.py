"""Experiments as v4 shows them: an item of the search and the detail (contract/API_V4.md 3.1, 3.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Experiment, Run
from mestral_experiments.views.lists.cursors import CursorPagination
from mestral_experiments.views.lists.fields import partial
from mestral_experiments.views.lists.pagination import Pagination
from mestral_experiments.views.times import utc_text

NO_STATUS = "NOT RUNNING"


class ExperimentItem(msgspec.Struct, frozen=True, gc=False):
    """One experiment found. `modified` is UTC; counters are those of the newest run, 0 when it has none."""

    id: int
    name: Annotated[str, Meta(description="Its name, the expid.")]
    user: str | None
    description: str
    hpc: Annotated[str | None, Meta(description="Main platform.")]
    version: Annotated[str | None, Meta(description="Version of Autosubmit.")]
    created: Annotated[str | None, Meta(description="As Autosubmit stored it.")]
    modified: Annotated[str | None, Meta(description="When the job list changed last, ISO 8601, UTC.")]
    status: Annotated[str, Meta(description="`RUNNING` or `NOT RUNNING`.")]
    completed: int
    total: Annotated[int, Meta(description="Jobs of the newest run.")]
    submitted: int
    queuing: int
    running: int
    failed: int
    suspended: int


ExperimentField = Literal[
    "id",
    "name",
    "user",
    "description",
    "hpc",
    "version",
    "created",
    "modified",
    "status",
    "completed",
    "total",
    "submitted",
    "queuing",
    "running",
    "failed",
    "suspended",
]
"""The fields of `ExperimentItem`."""
FROM_FILES = frozenset(
    (
        "modified", "completed", "total", "submitted", "queuing", "running", "failed", "suspended",
    )
)  # fmt: skip
"""Those that come from files of the experiment itself; the others are in the catalog."""
ChosenExperiment: Any = partial("ChosenExperiment", ExperimentItem)


class ExperimentPage(msgspec.Struct, frozen=True):
    """Answer of the search."""

    experiments: Sequence[ExperimentItem]
    pagination: Pagination


class ChosenExperimentPage(msgspec.Struct, frozen=True):
    """The same with `fields`."""

    experiments: Sequence[ChosenExperiment]
    pagination: Pagination


class ExperimentSlice(msgspec.Struct, frozen=True):
    """The same with `cursor`, and with `fields` or without."""

    experiments: Sequence[ChosenExperiment]
    pagination: CursorPagination


class ExperimentBatch(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments:batch`."""

    experiments: Annotated[
        Sequence[ChosenExperiment], Meta(description="Those that exist, in the order they were asked for.")
    ]
    unknown: Annotated[Sequence[str], Meta(description="Names of no experiment, in the same order.")]


class ExperimentDetail(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}`."""

    id: int
    name: str
    description: str
    autosubmit_version: str | None


def experiment_item(experiment: Experiment, run: Run | None, modified: datetime | None) -> ExperimentItem:
    """An item of the search.

    Args:
        experiment: The row.
        run: The newest run, None when there is none; one whose `total` is not positive counts as none.
        modified: When the job list changed last.
    """
    e = experiment
    counters = (
        (run.completed, run.total, run.submitted, run.queuing, run.running, run.failed, run.suspended)
        if run is not None and run.total > 0
        else (0, 0, 0, 0, 0, 0, 0)
    )
    return ExperimentItem(
        e.id, e.name, e.user, e.description, e.hpc, e.version, e.created, utc_text(modified),
        shown_status(e.status), *counters,
    )  # fmt: skip


def shown_status(status: str | None) -> str:
    """The status of an experiment that may have none."""
    return NO_STATUS if status is None else status


def experiment_detail(experiment: Experiment) -> ExperimentDetail:
    """The detail of one experiment."""
    return ExperimentDetail(experiment.id, experiment.name, experiment.description, experiment.version)
