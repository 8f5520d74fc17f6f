"""What attempts inside one wrapper have in common: a wait and an energy (contract/METRICS.md 5.5, 6).

Old rows have the code of their wrapper as their row type (above 2). Newer ones have only the number that the
scheduler gave to the wrapper, which is then that of all its jobs.
"""

from collections.abc import Mapping, Sequence

from mestral_experiments.model import Attempt
from mestral_experiments.views.jobtimes import JobTimes, wrapper_waits

_HEAD_START = (
    20  # seconds that a job of the wrapper must have started earlier, so that this one waited for it
)


def code_of(attempt: Attempt) -> int | None:
    """The code of the wrapper in an old row; None outside of wrappers, and in newer rows."""
    return attempt.rowtype if attempt.rowtype is not None and attempt.rowtype > 2 else None


def some_together(attempts: Sequence[Attempt]) -> bool:
    """Whether it can be seen that some were inside a wrapper."""
    return any(attempt.rowtype != 2 for attempt in attempts) or bool(_by_scheduler(attempts))


def waits(attempts: Sequence[Attempt], times: Sequence[JobTimes]) -> list[int]:
    """Seconds that each waited, in old rows without the time of its wrapper before it (METRICS.md 6, q').

    Args:
        attempts: With all completed ones of the wrappers that matter.
        times: Their times.
    """
    found = [each.queue for each in times]
    wrappers: dict[tuple[int | None, int], list[int]] = {}
    for n, attempt in enumerate(attempts):
        code = code_of(attempt)
        if code is not None:
            wrappers.setdefault((attempt.run_id, code), []).append(n)
    for members in wrappers.values():
        _without_earlier(members, attempts, times, found)
    return found


def waits_in_run(attempts: Sequence[Attempt], times: Sequence[JobTimes]) -> list[int]:
    """As `waits`, of the attempts that count of one run (one for each job), newer rows included.

    Those are taken as a chain in the order of their times (METRICS.md 2.5).
    """
    found = waits(attempts, times)
    position = {attempt.name: n for n, attempt in enumerate(attempts)}
    packages = {
        str(number): [attempts[n].name for n in members]
        for (_, number), members in _by_scheduler(attempts).items()
    }
    chained = wrapper_waits(packages, lambda _: (), lambda _: False, lambda name: times[position[name]])
    for name, wait in chained.items():
        found[position[name]] = wait
    return found


def energies(attempts: Sequence[Attempt]) -> list[float]:
    """The energy of each (J): newer rows hold that of their whole wrapper, which its jobs share equally.

    Args:
        attempts: Those that count, one for each job and run.
    """
    found: list[float] = [attempt.energy or 0 for attempt in attempts]
    for members in _by_scheduler(attempts).values():
        share = max(found[n] for n in members) / len(members)
        for n in members:
            found[n] = share
    return found


def _by_scheduler(attempts: Sequence[Attempt]) -> Mapping[tuple[int | None, int], list[int]]:
    """Positions of the attempts with the same number in the same run, where there are several jobs."""
    found: dict[tuple[int | None, int], list[int]] = {}
    for n, attempt in enumerate(attempts):
        if attempt.job_id and code_of(attempt) is None:
            found.setdefault((attempt.run_id, attempt.job_id), []).append(n)
    return {
        key: members
        for key, members in found.items()
        if len(members) > 1 and len({attempts[n].name for n in members}) > 1
    }


def _without_earlier(
    members: Sequence[int], attempts: Sequence[Attempt], times: Sequence[JobTimes], found: list[int]
) -> None:
    """Take from the wait of each what the slowest of those needed that were completed and started earlier."""
    starts = sorted((start, n) for n in members if (start := times[n].start) is not None)
    mates = [(start, n) for start, n in starts if attempts[n].status == "COMPLETED"]
    best: dict[str, int] = {}  # the two slowest jobs so far, so that one of them is another job
    seen = 0
    for start, n in starts:
        while seen < len(mates) and mates[seen][0] < start - _HEAD_START:
            mate = mates[seen][1]
            name, took = attempts[mate].name, times[mate].queue + times[mate].run
            best[name] = max(took, best.get(name, 0))
            if len(best) > 2:
                del best[min(best, key=best.__getitem__)]
            seen += 1
        others = [took for name, took in best.items() if name != attempts[n].name]
        if others:
            found[n] = max(times[n].queue - max(others), 0)
