"""The runs of an experiment and how fast they were (contract/API_V3.md 2.5, METRICS.md 6).

Guarantees: everything comes from the history, save `Parallelization`. Of every job in every run one attempt
counts. Linear in attempts, save sorting.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Attempt, Run, Times
from mestral_experiments.views.attempts import Ends, by_run, counted, is_of
from mestral_experiments.views.outliers import considered
from mestral_experiments.views.times import epoch_text
from mestral_experiments.views.together import waits_in_run
from mestral_experiments.views.units import SECONDS_PER_DAY, years

SIM, POST = "SIM", "POST"
"""The sections that the speed of a run is made of."""


class Speed(msgspec.Struct, frozen=True):
    """How fast a run simulated; None without completed jobs of SIM, of POST for `asypd`."""

    sypd: float | None = None
    asypd: float | None = None
    chsy: float | None = None


class RunRow(msgspec.Struct, frozen=True):
    """One run."""

    run_id: int
    created: Annotated[str | None, Meta(description="As stored: local time.")]
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


def run_history(runs: Sequence[Run], attempts: Iterable[Attempt], elements: int) -> Runs:
    """All runs.

    Args:
        runs: By ascending id.
        attempts: Those that are completed, see `completed`; of SIM and POST, and of every section where
            some were inside wrappers.
        elements: Processing elements of a SIM job.
    """
    found = by_run(attempts)
    rows = []
    for run in reversed(runs):
        speed = speed_of(run, found.get(run.run_id, ()))
        rows.append(
            RunRow(
                run.run_id,
                run.created,
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


def completed(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Those that count of each job and run, of those that are completed."""
    return counted(attempt for attempt in attempts if attempt.status == "COMPLETED")


def unfinished(run: Run, attempts: Iterable[Attempt]) -> list[Attempt]:
    """Completed attempts of a run of which the history does not say when they finished."""
    return [
        attempt
        for attempt in attempts
        if attempt.run_id == run.run_id and attempt.finish is None and attempt.start is not None
    ]


def finished(attempts: Iterable[Attempt], gaps: Sequence[Attempt], times: Iterable[Times]) -> list[Attempt]:
    """The same attempts, those in `gaps` with the finish of the last attempt of their job (METRICS.md 6)."""
    names = {attempt.name for attempt in gaps}
    known: Mapping[str, int | None] = {one.name: one.finish for one in times if one.name in names}
    missing = set(map(id, gaps))
    return [
        msgspec.structs.replace(attempt, finish=known.get(attempt.name)) if id(attempt) in missing else attempt
        for attempt in attempts
    ]


def speed_of(run: Run, attempts: Sequence[Attempt]) -> Speed:
    """How fast one run was: SYPD, ASYPD and CHSY, each rounded to two digits (METRICS.md 5.9, 6).

    Args:
        run: Which tells the length of a chunk.
        attempts: Its completed ones that count.
    """
    ends = Ends((), 0)  # of completed attempts nothing depends on when the run ended
    times = [ends.times(attempt) for attempt in attempts]
    waits = waits_in_run(attempts, times)
    sims = [n for n, attempt in enumerate(attempts) if is_of(attempt, SIM)]
    valid = considered([times[n].run for n in sims])
    sims = [n for n, counts in zip(sims, valid, strict=True) if counts]
    if not sims:
        return Speed()
    chunk = years(run.chunk_unit, run.chunk_size)
    lengths = [chunk / (attempts[n].splits or 1) for n in sims]
    simulated = sum(lengths) * SECONDS_PER_DAY
    ran = sum(times[n].run for n in sims)
    posts = [waits[n] + times[n].run for n, attempt in enumerate(attempts) if is_of(attempt, POST)]
    took = ran + sum(waits[n] for n in sims) + (round(sum(posts) / len(posts), 2) if posts else 0)
    hours = [
        (attempts[n].ncpus or 0) * times[n].run / (length * 3600)
        for n, length in zip(sims, lengths, strict=True)
        if length
    ]
    return Speed(
        round(simulated / ran, 2),
        round(simulated / took, 2) if posts else None,
        round(sum(hours) / len(hours), 2) if hours else None,
    )
