"""How long a section still takes, as v4 shows it (contract/API_V4.md 5.5).

The figures of Autosubmit API go by chunk, across all start dates and members: the time between the first
start of a job with that number and the last finish, queues included, is its run time, and what is left is
counted as if it ran one chunk after another. `estimate` beside them goes into the work itself.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Job, Times
from mestral_experiments.views.figures.estimate import Estimate, estimate
from mestral_experiments.views.figures.steps import (
    Series,
    Step,
    greatest,
    least,
    mean,
    run_seconds,
    series_of,
)


class Eta(msgspec.Struct, frozen=True):
    """Answer of `/eta`: the figures of Autosubmit API by chunk, and a better estimate."""

    eta_seconds: Annotated[
        float | None, Meta(description="Remaining chunks times the average; null when none is complete.")
    ]
    chunks_total: int
    chunks_remaining: Annotated[int, Meta(description="Chunks of which some job is not complete.")]
    avg_runtime_per_chunk_seconds: Annotated[
        float | None,
        Meta(description="Mean of first start to last finish of a chunk, across start dates and members."),
    ]
    estimate: Annotated[
        Estimate,
        Meta(
            description="Counted by start date, member and chunk (a step), with waiting times, with what "
            "runs side by side, and without the time that running steps have had. Use this one."
        ),
    ]


def eta(jobs: Iterable[Job], attempts: Iterable[Times], now: int | None) -> Eta:
    """How long jobs still take.

    Args:
        jobs: Those of one section; those without a chunk do not count.
        attempts: Times of the last attempt of every job.
        now: Epoch seconds; None when nothing runs now, whatever the states of jobs say.
    """
    series = series_of(jobs, attempts)
    chunks = _chunks(series)
    complete = [chunk for chunk in chunks if chunk.complete]
    ran = (run_seconds(chunk.start, chunk.finish) for chunk in complete)
    average = mean([seconds for seconds in ran if seconds is not None])
    remaining = len(chunks) - len(complete)
    return Eta(
        eta_seconds=0.0 if not remaining else None if average is None else average * remaining,
        chunks_total=len(chunks),
        chunks_remaining=remaining,
        avg_runtime_per_chunk_seconds=average,
        estimate=estimate(series, now),
    )


def _chunks(series: Iterable[Series]) -> list[Step]:
    """The steps of all series put together by chunk."""
    chunks: dict[int, Step] = {}
    for steps in series:
        for number, step in steps.items():
            chunk = chunks.setdefault(number, Step())
            chunk.complete = chunk.complete and step.complete
            chunk.start = least(chunk.start, step.start)
            chunk.finish = greatest(chunk.finish, step.finish)
    return list(chunks.values())
