"""How fast a run and its attempts were (contract/METRICS.md 3, 5.9, 6).

Guarantees: of every job in every run one attempt counts, and a chunk that is split into several jobs counts
once. Linear in attempts, save sorting.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mestral_experiments.model import Attempt, Run, Times
from mestral_experiments.views.attempts import Ends, counted, is_of
from mestral_experiments.views.outliers import considered
from mestral_experiments.views.together import waits_in_run
from mestral_experiments.views.units import SECONDS_PER_DAY, years

SIM, POST = "SIM", "POST"
"""The sections that the speed of a run is made of."""


class Speed(msgspec.Struct, frozen=True):
    """How fast a run simulated; None without completed jobs of SIM, of POST for `asypd`."""

    sypd: float | None = None
    asypd: float | None = None
    chsy: float | None = None


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
        msgspec.structs.replace(attempt, finish=known.get(attempt.name))
        if id(attempt) in missing
        else attempt
        for attempt in attempts
    ]


def speed_of(run: Run, attempts: Sequence[Attempt]) -> Speed:
    """How fast one run was: SYPD, ASYPD and CHSY, each rounded to two digits (METRICS.md 5.9, 6).

    Args:
        run: Which tells the length of a chunk.
        attempts: Its completed ones that count.
    """
    ends = Ends((), 0)  # when the run ended does not matter to what is completed
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


def with_speed(attempt: Attempt) -> bool:
    """Whether an attempt has a speed of its own (METRICS.md 3)."""
    return attempt.status == "COMPLETED" and attempt.chunk is not None


def post_seconds(attempts: Iterable[Attempt], seconds: Iterable[int]) -> float:
    """Mean seconds that post-processing took in a run, 0 without any (METRICS.md 6).

    Args:
        attempts: Of one run.
        seconds: That each waited and ran.
    """
    counts: dict[str, tuple[int, int]] = {}
    for attempt, took in zip(attempts, seconds, strict=True):
        if attempt.status == "COMPLETED" and is_of(attempt, POST):
            mine = attempt.counter or 0, took
            if mine[0] >= counts.get(attempt.name, mine)[0]:
                counts[attempt.name] = mine
    return sum(took for _, took in counts.values()) / len(counts) if counts else 0.0
