"""The jobs of a section in the order of its work: series of steps.

A *step* is the jobs of one start date, one member and one chunk. The steps of one start date and member are a
*series*: they run one after another, while series run side by side.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from mestral_experiments.model import Job, JobStatus, Times


class Step(msgspec.Struct):
    """One step; of attempts that came to nothing nothing is counted.

    Attributes:
        complete: Whether all of its jobs are completed.
        running: Whether one of them is running.
        submit, start: First submission and first start of them, epoch seconds; None when not recorded.
        finish: Their last finish.
    """

    complete: bool = True
    running: bool = False
    submit: int | None = None
    start: int | None = None
    finish: int | None = None


Series = dict[int, Step]
"""Steps by chunk, in ascending order."""


def series_of(jobs: Iterable[Job], attempts: Iterable[Times]) -> list[Series]:
    """The series of these jobs.

    Args:
        jobs: Those of one section; what has no chunk is left out.
        attempts: Times of the last attempt of every job.
    """
    times_of = {attempt.name: attempt for attempt in attempts}
    found: dict[tuple[datetime | None, str | None], Series] = {}
    for job in jobs:
        if job.chunk is None:
            continue
        step = found.setdefault((job.date, job.member), {}).setdefault(job.chunk, Step())
        if job.status is not JobStatus.COMPLETED:
            step.complete = False
            step.running = step.running or job.status is JobStatus.RUNNING
        times = times_of.get(job.name)
        # An attempt of a job that is not complete, and has finished, was an earlier one.
        if times is not None and (job.status is JobStatus.COMPLETED or times.finish is None):
            step.submit = least(step.submit, times.submit)
            step.start = least(step.start, times.start)
            step.finish = greatest(step.finish, times.finish)
    return [dict(sorted(steps.items())) for steps in found.values()]


def run_seconds(start: int | None, finish: int | None) -> int | None:
    """How long something ran; None when a time is missing or they are not in order."""
    return None if start is None or finish is None or finish < start else finish - start


def mean(seconds: Sequence[int]) -> float | None:
    """The mean, None of nothing."""
    return sum(seconds) / len(seconds) if seconds else None


def least(one: int | None, other: int | None) -> int | None:
    """The smaller of two times, None being no time."""
    return other if one is None else one if other is None else min(one, other)


def greatest(one: int | None, other: int | None) -> int | None:
    """The larger of two times, None being no time."""
    return other if one is None else one if other is None else max(one, other)
