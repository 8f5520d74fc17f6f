"""Experiments as the v3 search family shows them (contract/API_V3.md 2.4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from mestral_experiments.model import Brief, Experiment, Run
from mestral_experiments.views.times import local_text

NOT_AVAILABLE: Literal["NA"] = "NA"
UNKNOWN_VERSION = "Unknown"


class ExperimentRow(msgspec.Struct, frozen=True, gc=False):
    """One experiment found. `modified` is in the server's time zone."""

    id: int
    name: str
    user: str | None
    description: str
    hpc: str | None
    status: str | None
    completed: int | Literal["NA"]
    total: int | Literal["NA"]
    version: str
    wrapper: str | None
    submitted: int
    queuing: int
    running: int
    failed: int
    suspended: int
    modified: str | None


class Rows(msgspec.Struct, frozen=True):
    """Answer of the search family."""

    experiment: Sequence[ExperimentRow]


class NoRows(msgspec.Struct, frozen=True):
    """The answer of the search family when the experiments cannot be read."""

    experiment: tuple[()]
    error: bool
    error_message: str


def no_rows(message: str) -> NoRows:
    """The failure with its message."""
    return NoRows((), True, message)


def experiment_row(
    experiment: Experiment, run: Run | None, modified: datetime | None, brief: Brief | None
) -> ExperimentRow:
    """A row of the search family.

    Args:
        experiment: The row of the database.
        run: The newest run, None when there is none; one whose `total` is not positive counts as none.
        modified: When the job list changed last.
        brief: What the configuration says, None when it cannot be read.
    """
    e = experiment
    counted = run if run is not None and run.total > 0 else None
    return ExperimentRow(
        e.id,
        e.name,
        e.user,
        e.description,
        e.hpc if brief is None else brief.hpc or "",
        e.status,
        counted.completed if counted else NOT_AVAILABLE,
        counted.total if counted else NOT_AVAILABLE,
        UNKNOWN_VERSION if brief is None else brief.version or "",
        None if brief is None else brief.wrapper,
        counted.submitted if counted else 0,
        counted.queuing if counted else 0,
        counted.running if counted else 0,
        counted.failed if counted else 0,
        counted.suspended if counted else 0,
        local_text(modified),
    )
