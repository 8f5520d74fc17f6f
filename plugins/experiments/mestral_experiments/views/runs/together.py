"""What attempts inside one wrapper have in common: a wait and an energy (contract/METRICS.md 5.5, 6).

Old rows have the code of their wrapper as their row type (above 2). Newer ones have only the number that the
scheduler gave to the wrapper, which is then that of all its jobs.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from mestral_experiments.model import Attempt, Times
from mestral_experiments.views.jobtimes import JobTimes, wrapper_waits

_HEAD_START = 20  # seconds that a job of the wrapper must have started before the one that waited for it

TimesOf = Callable[[Attempt], JobTimes]
"""The times of an attempt, before anything is corrected."""


def code_of(attempt: Attempt) -> int | None:
    """The code of the wrapper in an old row; None outside of wrappers, and in newer rows."""
    return attempt.rowtype if attempt.rowtype is not None and attempt.rowtype > 2 else None


def waits(attempts: Sequence[Attempt], times_of: TimesOf) -> dict[int, int]:
    """Seconds that jobs in wrappers waited, without the time of the wrapper before them (METRICS.md 6, q').

    By the position of the attempt; for old rows, which say which wrapper it was. All others waited as long as
    their times say.

    Args:
        attempts: Of one run, with all completed ones of the wrappers that matter.
        times_of: Tells their times.
    """
    wrappers: dict[int, list[int]] = {}
    for n, attempt in enumerate(attempts):
        code = code_of(attempt)
        if code is not None:
            wrappers.setdefault(code, []).append(n)
    found: dict[int, int] = {}
    for members in wrappers.values():
        found.update(_without_earlier({n: attempts[n] for n in members}, times_of))
    return found


def all_waits(attempts: Sequence[Attempt], times_of: TimesOf) -> dict[int, int]:
    """As `waits`, for newer rows too, of the attempts that count (one for each job).

    The jobs of a wrapper that did not run side by side are taken as a chain in the order of their times
    (METRICS.md 2.5).
    """
    found = waits(attempts, times_of)
    for members in _by_scheduler(attempts):
        position = {attempts[n].name: n for n in members}
        times = {name: times_of(attempts[n]) for name, n in position.items()}
        if not _one_after_another(times.values()):
            continue
        chained = wrapper_waits({"": list(times)}, lambda _: (), lambda _: False, times.get)
        found.update((position[name], wait) for name, wait in chained.items())
    return found


Submitted = tuple[str, int | None, int | None, int | None]
"""Job, run, submission and start: what an attempt that was recorded twice has twice."""


def submitted(attempt: Attempt | Times) -> Submitted:
    """By what an attempt is known again."""
    return attempt.name, attempt.run_id, attempt.submit, attempt.start


def energies(attempts: Iterable[Attempt]) -> dict[Submitted, float]:
    """The energy of each (J): newer rows hold that of their whole wrapper, which its jobs share equally.

    An attempt that was recorded again, without energy, has that of the first time.

    Args:
        attempts: All of the wrappers that matter.
    """
    found: dict[Submitted, float] = {}
    members: dict[tuple[int | None, int], list[Submitted]] = {}
    for attempt in attempts:
        key = submitted(attempt)
        found[key] = max(attempt.energy or 0, found.get(key, 0))  # what is below nothing is not known
        if attempt.job_id and code_of(attempt) is None:
            members.setdefault((attempt.run_id, attempt.job_id), []).append(key)
    for keys in members.values():
        if len(keys) > 1 and (jobs := len({name for name, *_ in keys})) > 1:
            share = max(found[key] for key in keys) / jobs
            found.update(dict.fromkeys(keys, share))
    return found


def _by_scheduler(attempts: Sequence[Attempt]) -> list[list[int]]:
    """Positions of attempts that have the same number though they are of several jobs, in newer rows."""
    known = [attempt.job_id for attempt in attempts if attempt.job_id]
    if len(set(known)) == len(known):
        return []
    found: dict[int, list[int]] = {}
    for n, attempt in enumerate(attempts):
        if attempt.job_id and code_of(attempt) is None:
            found.setdefault(attempt.job_id, []).append(n)
    return [members for members in found.values() if len({attempts[n].name for n in members}) > 1]


def _one_after_another(times: Collection[JobTimes]) -> bool:
    """Whether all were submitted before any of them started, and did not all run at the same time."""
    submits = [each.submit for each in times if each.submit is not None]
    starts = [each.start for each in times if each.start is not None]
    finishes = [each.finish for each in times if each.finish is not None]
    if not (submits and starts and finishes):
        return False
    return max(submits) <= min(starts) and max(starts) >= min(finishes)


def _without_earlier(members: Mapping[int, Attempt], times_of: TimesOf) -> dict[int, int]:
    """Their waits without what the slowest of those needed that were completed and started earlier."""
    times = {n: times_of(attempt) for n, attempt in members.items()}
    starts = sorted((each.start, n) for n, each in times.items() if each.start is not None)
    mates = [(start, n) for start, n in starts if members[n].status == "COMPLETED"]
    slowest: dict[str, int] = {}  # two jobs, so that one of them is another job
    seen = 0
    found = {}
    for start, n in starts:
        while seen < len(mates) and mates[seen][0] < start - _HEAD_START:
            mate = mates[seen][1]
            name, took = members[mate].name, times[mate].queue + times[mate].run
            slowest[name] = max(took, slowest.get(name, 0))
            if len(slowest) > 2:
                del slowest[min(slowest, key=slowest.__getitem__)]
            seen += 1
        others = [took for name, took in slowest.items() if name != members[n].name]
        if others:
            found[n] = max(times[n].queue - max(others), 0)
    return found
