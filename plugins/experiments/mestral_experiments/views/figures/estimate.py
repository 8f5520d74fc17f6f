"""How long a section still takes, better than the figures of Autosubmit API (contract/API_V4.md 5.5).

It counts steps and series (see `steps`). With

    run   = mean of (last finish - first start) over the complete steps,
    wait  = mean over the same of (first start - the later of first submission and finish of the step before
            in the series), 0 where that is negative: a wrapper submits all of its jobs at once,
    left  = of a series, for each step that is not complete: run + wait; of a step that is running only run,
            less the time since its start, and at least 0,
    side  = how many steps ran at the same time at most, and not more than series are left,

what is left of the section is what is left of the longest series, or all that is left done `side` by side,
whichever is longer:

    eta_seconds = max(max(left), sum(left) / side)

The start of a running step that is not recorded (Autosubmit 4.1.12 and later write a row when a job ends) is
taken to be `wait` after the finish of the step before. Where nothing runs now, states of jobs that say
otherwise are old, and those steps have to be done from their beginning.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from mestral_experiments.views.figures.steps import Series, greatest, mean, run_seconds


class Estimate(msgspec.Struct, frozen=True):
    """What is left, counted by start date, member and chunk: a step is the jobs of one of each."""

    eta_seconds: Annotated[
        float | None, Meta(description="Seconds until all are complete; null when none is yet.")
    ]
    steps_total: int
    steps_remaining: Annotated[int, Meta(description="Steps that are not complete.")]
    steps_running: Annotated[int, Meta(description="Those of them that are running now.")]
    avg_run_seconds: Annotated[float | None, Meta(description="Mean run time of complete steps.")]
    avg_wait_seconds: Annotated[
        float | None, Meta(description="Mean time between the moment when a step could run and its start.")
    ]
    concurrency: Annotated[int, Meta(description="How many steps ran at the same time at most.")]
    elapsed_seconds: Annotated[
        float, Meta(description="Time since their starts of the steps that are running, as it was deducted.")
    ]


class _Done(NamedTuple):
    """A complete step: epoch seconds, and how long it waited, None when that is not known."""

    start: int
    finish: int
    waited: int | None


class _Left(NamedTuple):
    """What is left of a series: seconds; when its running steps started, and the time that was deducted."""

    seconds: float
    starts: list[float]
    running: int
    elapsed: float


def estimate(series: Sequence[Series], now: int | None) -> Estimate:
    """The better estimate.

    Args:
        series: All work of the section.
        now: Epoch seconds; None when nothing runs now.
    """
    done = [step for steps in series for step in _done(steps)]
    run = mean([step.finish - step.start for step in done])
    wait = mean([step.waited for step in done if step.waited is not None])
    remaining = sum(not step.complete for steps in series for step in steps.values())
    left = [_left(steps, run or 0.0, wait or 0.0, now) for steps in series]
    starts = [start for one in left for start in one.starts]
    side = _side_by_side(
        [*(step.start for step in done), *starts],
        [*(step.finish for step in done), *(now or 0 for _ in starts)],
    )
    return Estimate(
        eta_seconds=0.0 if not remaining else None if run is None else _together(left, side),
        steps_total=sum(map(len, series)),
        steps_remaining=remaining,
        steps_running=sum(one.running for one in left),
        avg_run_seconds=run,
        avg_wait_seconds=wait,
        concurrency=side,
        elapsed_seconds=sum(one.elapsed for one in left),
    )


def _done(steps: Series) -> Iterator[_Done]:
    """The complete steps of a series whose times are in order."""
    before: int | None = None
    for step in steps.values():
        if not step.complete:
            before = None
            continue
        if run_seconds(step.start, step.finish) is not None:
            assert step.start is not None and step.finish is not None  # noqa: S101 - they are in order
            ready = greatest(step.submit, before)
            yield _Done(step.start, step.finish, None if ready is None else max(0, step.start - ready))
        before = step.finish


def _left(steps: Series, run: float, wait: float, now: int | None) -> _Left:
    seconds, elapsed, running = 0.0, 0.0, 0
    starts: list[float] = []
    before: int | None = None
    for step in steps.values():
        if step.complete:
            before = step.finish
            continue
        if step.running and now is not None:
            start = step.start if step.start is not None else None if before is None else before + wait
            passed = 0.0 if start is None else min(max(now - start, 0.0), run)
            starts.append(float(now) if start is None else start)
            running, elapsed = running + 1, elapsed + passed
            seconds += run - passed
        else:
            seconds += run + wait
        before = None
    return _Left(seconds, starts, running, elapsed)


def _together(left: Sequence[_Left], side: int) -> float:
    """Seconds for all series."""
    seconds = [one.seconds for one in left if one.seconds]
    return max(max(seconds, default=0.0), sum(seconds) / max(1, min(side, len(seconds))))


def _side_by_side(starts: Sequence[float], finishes: Sequence[float]) -> int:
    """How many spans of time hold the same moment at most; one that ends when another starts does not."""
    most = ended = 0
    ends = sorted(finishes)
    for begun, start in enumerate(sorted(starts), 1):
        while ended < len(ends) and ends[ended] <= start:
            ended += 1
        most = max(most, begun - ended)
    return most
