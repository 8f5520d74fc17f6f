"""How long each job waited and ran (contract/METRICS.md 2).

Guarantees: one choice of sources for every view; no time is made up: what nobody recorded is None and counts
as no seconds. Seconds are whole and not negative.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec

from mestral_experiments.model import Attempt, JobStatus, Submission, Times

SUSPICIOUS = "SUSPICIOUS"
"""State of a job about which the job list and the job itself disagree."""

ACTIVE = frozenset((JobStatus.SUBMITTED, JobStatus.QUEUING, JobStatus.RUNNING))
"""States in which time passes for a job."""

_RECORDED_ITSELF = ACTIVE | {JobStatus.FAILED, JobStatus.COMPLETED}
_SAYS_BOTH, _SAYS_WAIT = (
    frozenset(("COMPLETED", "FAILED", "RUNNING")),
    frozenset(("SUBMITTED", "QUEUING", "HELD")),
)
_ONE_AHEAD = {"QUEUING": JobStatus.SUBMITTED, "RUNNING": JobStatus.QUEUING}
"""State of a row, and the state in the list that it may be ahead of: the list is written a little later."""


class JobTimes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known about the time of one job.

    Attributes:
        queue, run: Seconds that it waited and ran.
        submit, start, finish: Epoch seconds; None when unknown.
        status: Name of its state, or `SUSPICIOUS`.
        live: Whether the seconds grow with now.
    """

    queue: int = 0
    run: int = 0
    submit: int | None = None
    start: int | None = None
    finish: int | None = None
    status: str = ""
    live: bool = False


NOTHING = {status: JobTimes(status=status._name_) for status in JobStatus}
"""The times of a job about which nothing is recorded."""


def recorded(job_status: JobStatus, attempt: Attempt | Times | None) -> bool:
    """Whether the last row of the history tells the times of a job in this state (METRICS.md 2.2, 2.4)."""
    if attempt is None or attempt.status is None:
        return False
    return attempt.status == job_status._name_ or _ONE_AHEAD.get(attempt.status) is job_status


def needs_submission(job_status: JobStatus, attempt: Attempt | Times | None) -> bool:
    """Whether what the job itself recorded has to tell them."""
    return job_status in _RECORDED_ITSELF and not recorded(job_status, attempt)


def times_of(
    status: JobStatus, attempt: Attempt | Times | None, submission: Submission | None, now: int
) -> JobTimes:
    """The times of a job.

    Args:
        status: Its state in the job list.
        attempt: Its last row in the history.
        submission: The last line that it recorded itself, see `needs_submission`.
        now: Epoch seconds.
    """
    if attempt is not None and recorded(status, attempt):
        return _of_attempt(status, attempt, now)
    if submission is not None and status in _RECORDED_ITSELF:
        return _of_submission(status, submission, now)
    return NOTHING[status]


def _of_attempt(status: JobStatus, attempt: Attempt | Times, now: int) -> JobTimes:
    submit, start, finish = attempt.submit, attempt.start, attempt.finish
    if status in ACTIVE:
        running = attempt.status == "RUNNING" and start is not None
        waiting = attempt.status != "RUNNING" and start is None and submit is not None
        return JobTimes(
            seconds_between(submit, now if waiting else start),
            seconds_between(start, now) if running else 0,
            submit,
            start if running else None,
            None,
            status._name_,
            waiting or running,
        )
    queue, run = seconds_between(submit, start), seconds_between(start, finish)
    if status is JobStatus.SUSPENDED:
        return JobTimes(queue, run, status=status._name_)
    return JobTimes(queue, run, submit, start, finish, status._name_)


def _of_submission(status: JobStatus, line: Submission, now: int) -> JobTimes:
    submit, finish = line.submit, line.finish
    start = (
        submit if line.words < 2 else line.start
    )  # not there yet; one that cannot be read gives no seconds
    told = line.status if line.words > 3 else None
    effective = status.name if told in (None, status._name_) or status is JobStatus.COMPLETED else SUSPICIOUS
    if status in (JobStatus.SUBMITTED, JobStatus.QUEUING):
        return JobTimes(seconds_between(submit, now), 0, submit, None, None, effective, submit is not None)
    if status is JobStatus.RUNNING:
        queue, run = seconds_between(submit, start), seconds_between(start, now)
        return JobTimes(queue, run, submit, start, None, effective, start is not None)
    finish = start if line.words < 3 else finish
    return JobTimes(
        seconds_between(submit, start), seconds_between(start, finish), submit, start, finish, effective
    )


def seconds_between(begin: int | None, end: int | None) -> int:
    """Seconds from one time to another; 0 when one is missing or they are not in order."""
    return max(end - begin, 0) if begin is not None and end is not None else 0


def running_text(times: JobTimes) -> str:
    """What titles and tables say about the time of a job (METRICS.md 2.6), which may be nothing."""
    status = times.status
    if status in _SAYS_BOTH:
        return f"( {hms(times.queue)} ) + {hms(times.run)}"
    if status in _SAYS_WAIT:
        return f"( {hms(times.queue)} )"
    return " <small><i><b>SUSPICIOUS</b></i></small>" if status == SUSPICIOUS else ""


@lru_cache(1 << 14)
def hms(seconds: int) -> str:
    """`0:08:04`, `1 day, 2:03:04` (contract/API_V3.md 1.3), of as many seconds as damaged data may claim."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    clock = f"{hour}:{minute:02d}:{second:02d}"
    return f"{days} day{'' if days == 1 else 's'}, {clock}" if days else clock


Waits = Callable[[str], JobTimes | None]
"""The times of a job by name, before anything is corrected; None for one that is not in the list."""


def wrapper_waits(
    packages: Mapping[str, Sequence[str]],
    children: Callable[[str], Iterable[str]],
    in_structure: Callable[[str], bool],
    times: Waits,
) -> dict[str, int]:
    """Waits of jobs inside wrappers without what earlier jobs of the wrapper took (METRICS.md 2.5).

    Seconds by the name of the job, for those whose wait is another than its own.

    A wrapper whose jobs the structure does not know (they are older or newer than it) is taken as a chain in
    the order of their times; jobs side by side, which it does know, all wait for the same thing.

    Args:
        packages: Names of the jobs in each wrapper.
        children: Names of the jobs that wait for a job.
        in_structure: Whether a job has any edge.
        times: The times of a job.
    """
    waits: dict[str, int] = {}
    for members in packages.values():
        known = {name: found for name in members if (found := times(name)) is not None}
        if any(map(in_structure, known)):
            _along_edges(known, children, waits)
        else:
            _along_times(known, waits)
    return waits


def _along_edges(
    known: Mapping[str, JobTimes], children: Callable[[str], Iterable[str]], waits: dict[str, int]
) -> None:
    """From the jobs that wait for none of the wrapper on; the first parent that is reached counts."""
    inside = {name: [child for child in children(name) if child in known] for name in known}
    with_parent = {child for found in inside.values() for child in found}
    reached = [name for name in known if name not in with_parent]
    fixed: set[str] = set()
    for name in reached:  # grows while it is walked
        parent = known[name]
        for child in inside[name]:
            if child not in fixed:
                fixed.add(child)
                waits[child] = max(known[child].queue - (parent.queue + parent.run), 0)
                reached.append(child)


def _along_times(known: Mapping[str, JobTimes], waits: dict[str, int]) -> None:
    """Each after the one before it in the order of their whole times."""
    ordered = sorted(known.items(), key=lambda item: item[1].queue + item[1].run)
    for (_, before), (name, own) in pairwise(ordered):
        waits[name] = max(own.queue - (before.queue + before.run), 0)
