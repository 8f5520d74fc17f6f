"""Attempts as every view of the history sees them: one model of their times (contract/METRICS.md 2.1, 6, 8).

Guarantees: no time is made up: what is not recorded counts as no seconds. Time passes only for the newest
attempt of a job that waits or runs: in the newest run until now, in an older one until that run ended.
Seconds are whole and not negative.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from mestral_experiments.model import Attempt, Run
from mestral_experiments.views.jobtimes import JobTimes, seconds_between

_WAITING = frozenset(("SUBMITTED", "QUEUING", "HELD", "PREPARED"))


class Ends:
    """Until when time passes for attempts that are not finished, by their runs.

    Args:
        runs: All runs by ascending id.
        now: Epoch seconds.
    """

    def __init__(self, runs: Sequence[Run], now: int) -> None:
        self._ends: dict[int | None, int | None] = {run.run_id: run.finish for run in runs}
        for run, following in pairwise(runs):
            if run.finish is None:
                self._ends[run.run_id] = following.start
        self._newest = runs[-1].run_id if runs else None
        if runs:
            self._ends[self._newest] = now

    def times(self, attempt: Attempt) -> JobTimes:
        """The times of one attempt; `live` where they depend on now."""
        submit, start, finish = attempt.submit, attempt.start, attempt.finish
        status = attempt.status or ""
        waited_until, live = start, False
        if attempt.last == 1:
            if status == "RUNNING" and start is not None:
                finish = self._ends.get(attempt.run_id)
                live = attempt.run_id == self._newest
            elif status in _WAITING and start is None and submit is not None:
                waited_until = self._ends.get(attempt.run_id)
                live = attempt.run_id == self._newest
        queue, run = seconds_between(submit, waited_until), seconds_between(start, finish)
        return JobTimes(queue, run, submit, start, finish, status, live)


def is_of(attempt: Attempt, section: str) -> bool:
    """Whether it is of a job of this section, in old rows too, which hold the member in its place."""
    return section in (attempt.section, attempt.member)


def section_and_member(attempt: Attempt) -> tuple[str, str]:
    """Section and member of its job, "" for none: very old rows hold each in the place of the other.

    The name of a job ends with its section.
    """
    section, member = attempt.section or "", attempt.member or ""
    swapped = member and attempt.name.endswith(f"_{member}")
    if swapped and not (section and attempt.name.endswith(f"_{section}")):
        return member, section
    return section, member


def counted(attempts: Sequence[Attempt]) -> Sequence[Attempt]:
    """Of every job the attempt with the largest counter, of several the one recorded last.

    The same attempt may be recorded twice, the second time without processors and energy: it has those of
    the first (METRICS.md 5.5).

    Args:
        attempts: Of one run, in the order they were recorded.
    """
    if len({attempt.name for attempt in attempts}) == len(attempts):
        return attempts
    found: dict[str, Attempt] = {}
    for attempt in attempts:
        known = found.get(attempt.name)
        if known is None:
            found[attempt.name] = attempt
        elif (attempt.counter or 0) >= (known.counter or 0):
            found[attempt.name] = _measured(attempt, known)
        else:
            found[attempt.name] = _measured(known, attempt)
    return list(found.values())


def by_run(attempts: Iterable[Attempt]) -> dict[int | None, list[Attempt]]:
    """Attempts by their runs."""
    found: defaultdict[int | None, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        found[attempt.run_id].append(attempt)
    return dict(found)


def _measured(attempt: Attempt, earlier: Attempt) -> Attempt:
    """It with what was measured the first time, when it is only recorded again."""
    again = (attempt.submit, attempt.start) == (earlier.submit, earlier.start)
    if not again or attempt.ncpus or attempt.energy:
        return attempt
    return msgspec.structs.replace(attempt, ncpus=earlier.ncpus, energy=earlier.energy)


def recorded_times(attempt: Attempt) -> JobTimes:
    """The times of an attempt that is over, for which it does not matter when its run ended."""
    return _NOTHING_OPEN.times(attempt)


_NOTHING_OPEN = Ends((), 0)
