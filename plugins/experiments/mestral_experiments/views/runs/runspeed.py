"""How fast a run and its attempts were (contract/METRICS.md 3, 5.9, 6).

Guarantees: of every job in every run one attempt counts, and a chunk that is split into several jobs counts
once. Linear in attempts, save sorting.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mestral_experiments.model import Attempt, Run, Times
from mestral_experiments.views.figures.outliers import considered
from mestral_experiments.views.jobtimes import seconds_between
from mestral_experiments.views.runs.attempts import by_run, counted, is_of, recorded_times
from mestral_experiments.views.runs.together import all_waits
from mestral_experiments.views.units import SECONDS_PER_DAY, years

SIM, POST = "SIM", "POST"
"""The sections that the speed of a run is made of."""


class Speed(msgspec.Struct, frozen=True):
    """How fast a run simulated; None without completed jobs of SIM, of POST for `asypd`."""

    sypd: float | None = None
    asypd: float | None = None
    chsy: float | None = None


def completed(attempts: Iterable[Attempt]) -> dict[int | None, Sequence[Attempt]]:
    """By run, those that count of each job, of those that are completed."""
    found = by_run(attempt for attempt in attempts if attempt.status == "COMPLETED")
    return {run_id: counted(inside) for run_id, inside in found.items()}


def unfinished(attempts: Sequence[Attempt]) -> bool:
    """Whether the history does not say of all completed attempts when they finished."""
    return any(attempt.finish is None and attempt.start is not None for attempt in attempts)


def finished(attempts: Sequence[Attempt], times: Iterable[Times]) -> Sequence[Attempt]:
    """The same attempts, `unfinished` ones with the finish of the last attempt of their job (METRICS.md 6).

    Args:
        attempts: Completed ones of the newest run.
        times: Of the last attempt of every job.
    """
    known = {one.name: one.finish for one in times}
    return [
        attempt
        if attempt.finish is not None
        else msgspec.structs.replace(attempt, finish=known.get(attempt.name))
        for attempt in attempts
    ]


def speed_of(run: Run, attempts: Sequence[Attempt]) -> Speed:
    """How fast one run was: SYPD, ASYPD and CHSY, each rounded to two digits (METRICS.md 5.9, 6).

    Args:
        run: Which tells the length of a chunk.
        attempts: Its completed ones that count.
    """
    sims = [n for n, attempt in enumerate(attempts) if is_of(attempt, SIM)]
    runs = {n: seconds_between(attempts[n].start, attempts[n].finish) for n in sims}
    valid = considered(list(runs.values()))
    sims = [n for n, counts in zip(sims, valid, strict=True) if counts]
    if not sims:
        return Speed()
    waits = all_waits(attempts, recorded_times)
    chunk = years(run.chunk_unit, run.chunk_size)
    lengths = [chunk / (attempts[n].splits or 1) for n in sims]
    simulated = sum(lengths) * SECONDS_PER_DAY
    ran = sum(runs[n] for n in sims)
    waited = sum(_waited(attempts[n], waits.get(n)) for n in sims)
    posts = [
        _waited(attempt, waits.get(n)) + seconds_between(attempt.start, attempt.finish)
        for n, attempt in enumerate(attempts)
        if is_of(attempt, POST)
    ]
    took = ran + waited + (round(sum(posts) / len(posts), 2) if posts else 0)
    hours = [
        (attempts[n].ncpus or 0) * runs[n] / (length * 3600)
        for n, length in zip(sims, lengths, strict=True)
        if length
    ]
    return Speed(
        round(simulated / ran, 2),
        round(simulated / took, 2) if posts else None,
        round(sum(hours) / len(hours), 2) if hours else None,
    )


def with_speed(attempt: Attempt) -> bool:
    """Whether an attempt has a speed of its own (METRICS.md 3)."""
    return attempt.status == "COMPLETED" and attempt.chunk is not None


def post_seconds(attempts: Sequence[Attempt], waits: Mapping[int, int]) -> float:
    """Mean seconds that post-processing waited and ran in a run, 0 without any (METRICS.md 6).

    Args:
        attempts: Of the run.
        waits: Those of jobs in wrappers, by position.
    """
    counts: dict[str, tuple[int, int]] = {}
    for n, attempt in enumerate(attempts):
        if is_of(attempt, POST) and attempt.status == "COMPLETED":
            took = _waited(attempt, waits.get(n)) + seconds_between(attempt.start, attempt.finish)
            counter = attempt.counter or 0
            if counter >= counts.get(attempt.name, (counter, 0))[0]:
                counts[attempt.name] = counter, took
    return sum(took for _, took in counts.values()) / len(counts) if counts else 0.0


def _waited(attempt: Attempt, without_wrapper: int | None) -> int:
    return seconds_between(attempt.submit, attempt.start) if without_wrapper is None else without_wrapper
