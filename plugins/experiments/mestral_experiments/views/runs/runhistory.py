"""The runs of an experiment and how fast they were (contract/API_V3.md 2.5, METRICS.md 6).

Guarantees: everything comes from the history, save `Parallelization`. Of every job in every run one attempt
counts. Linear in attempts, save sorting.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Attempt, Run
from mestral_experiments.views.runs.runspeed import speed_of
from mestral_experiments.views.times import epoch_text


class RunRow(msgspec.Struct, frozen=True):
    """One run."""

    run_id: int
    created: Annotated[str, Meta(description="As stored: local time; empty when unknown.")]
    finish: Annotated[str | None, Meta(description="ISO 8601 with offset; null while it is open.")]
    chunk_unit: str | None
    chunk_size: int | None
    submitted: int
    queuing: int
    running: int
    completed: int
    failed: int
    total: int
    suspended: int
    Parallelization: Annotated[int, Meta(description="Processing elements of a SIM job, as configured now.")]
    SYPD: Annotated[float | None, Meta(description="Simulated years per day, without outliers.")]
    ASYPD: Annotated[float | None, Meta(description="The same with waiting and post-processing.")]
    CHSY: Annotated[float | None, Meta(description="Core hours per simulated year.")]


class Runs(msgspec.Struct, frozen=True):
    """Answer of `/v3/runs/{expid}`: newest first."""

    error: bool
    error_message: str
    runs: Sequence[RunRow]


def no_runs(message: str) -> Runs:
    """The answer when there are none."""
    return Runs(True, message, ())


def run_history(runs: Sequence[Run], attempts: Mapping[int | None, Sequence[Attempt]], elements: int) -> Runs:
    """All runs.

    Args:
        runs: By ascending id.
        attempts: By run, those that count of the completed ones.
        elements: Processing elements of a SIM job.
    """
    rows = []
    for run in reversed(runs):
        speed = speed_of(run, attempts.get(run.run_id, ()))
        rows.append(
            RunRow(
                run.run_id,
                run.created or "",
                epoch_text(run.finish),
                run.chunk_unit,
                run.chunk_size,
                run.submitted,
                run.queuing,
                run.running,
                run.completed,
                run.failed,
                run.total,
                run.suspended,
                elements,
                speed.sypd,
                speed.asypd,
                speed.chsy,
            )
        )
    return Runs(False, "", rows)
