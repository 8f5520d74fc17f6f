"""How often the jobs of an experiment were submitted, and their cost (contract/API_V3.md 2.18, METRICS.md 7).

Guarantees: everything comes from what jobs recorded themselves. The summary is the sum of the jobs. Of every
job only its last retrials count: the last that was completed, those that failed right before it, and what
came after it. Linear in jobs and submissions, save sorting.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Job, Resources, Submission
from mestral_experiments.views.jobtimes import seconds_between

ANY = "Any"
"""Stands for all sections."""

CLOCK_SECONDS = 60
"""What periods are floored to."""

_DIGITS = re.compile("[0-9]{1,9}")

_FIRST = int(
    datetime(1, 1, 2, tzinfo=UTC).timestamp()
)  # in no time zone before the first day of the calendar

Hours = Annotated[float, Meta(description="Hours.")]
CpuHours = Annotated[float, Meta(description="Hours, times processing elements.")]


class Period(msgspec.Struct, frozen=True):
    """From when to when; `YYYY-MM-DD HH:MM:SS+HH:MM`."""

    From: Annotated[str, Meta(description="`None` for everything.")]
    To: Annotated[str, Meta(description="Now, by the minute.")]


class JobStatistics(msgspec.Struct, frozen=True, gc=False):
    """The last retrials of one job."""

    name: str
    processors: Annotated[int, Meta(description="Processing elements.")]
    wallclock: Hours
    completedQueueTime: Hours  # noqa: N815 - the contract's names
    completedRunTime: Hours  # noqa: N815
    failedQueueTime: Hours  # noqa: N815
    failedRunTime: Hours  # noqa: N815
    cpuConsumption: CpuHours  # noqa: N815
    failedCpuConsumption: CpuHours  # noqa: N815
    expectedCpuConsumption: CpuHours  # noqa: N815
    realConsumption: Hours  # noqa: N815
    failedRealConsumption: Hours  # noqa: N815
    expectedConsumption: Hours  # noqa: N815
    retrialCount: int  # noqa: N815
    submittedCount: int  # noqa: N815
    completedCount: int  # noqa: N815
    failedCount: Annotated[int, Meta(description="Without those that are not over.")]  # noqa: N815


class Found(msgspec.Struct, frozen=True):
    """The period, and its jobs in order of date, member, section and chunk."""

    Period: Period
    JobStatistics: Sequence[JobStatistics]


class Sums(msgspec.Struct, frozen=True):
    """All jobs together."""

    cpuConsumptionPercentage: Annotated[float, Meta(description="Of what was expected.")]  # noqa: N815
    totalQueueTime: Hours  # noqa: N815
    submittedCount: int  # noqa: N815
    runCount: int  # noqa: N815
    completedCount: int  # noqa: N815
    failedCount: int  # noqa: N815
    expectedConsumption: Hours  # noqa: N815
    realConsumption: Hours  # noqa: N815
    failedRealConsumption: Hours  # noqa: N815
    expectedCpuConsumption: CpuHours  # noqa: N815
    cpuConsumption: CpuHours  # noqa: N815
    failedCpuConsumption: CpuHours  # noqa: N815


class Statistics(msgspec.Struct, frozen=True):
    """Answer of `/v3/stats/{expid}/{filter_period}/{filter_type}`."""

    error: bool
    error_message: str
    Statistics: Found | None
    summary: Sums | None


def no_statistics(message: str) -> Statistics:
    """The failure with its message."""
    return Statistics(True, message, None, None)


class Asked(msgspec.Struct, frozen=True):
    """Which jobs are asked for.

    Attributes:
        section: Name of their section, or `ANY`.
        hours: How many before now something of them has to have started or finished; 0 or less: whenever.
        now: Epoch seconds, a whole minute.
    """

    section: str
    hours: int
    now: int

    @property
    def since(self) -> int | None:
        """Epoch seconds; None for everything, which a period that begins before any calendar stands for."""
        if self.hours <= 0:
            return None
        since = self.now - self.hours * 3600
        return since if since > _FIRST else None


def of_section(jobs: Iterable[Job], asked: Asked) -> list[Job]:
    """The jobs of the section, in order: by date, member, section and chunk, those without a date last."""
    chosen = [job for job in jobs if asked.section in (ANY, job.section)]
    dated = [job for job in chosen if job.date is not None]
    dated.sort(key=lambda job: (job.date, job.member or "", job.section, job.chunk or 0))
    return [*dated, *(job for job in chosen if job.date is None)]


def statistics(
    jobs: Sequence[Job],
    submissions: Mapping[str, Sequence[Submission]],
    resources_of: Callable[[str], Resources],
    asked: Asked,
) -> Statistics:
    """The statistics of jobs; an error without any.

    Args:
        jobs: See `of_section`.
        submissions: All that jobs recorded, oldest first; nothing of those that recorded nothing.
        resources_of: What the jobs of a section get.
        asked: What is asked for.
    """
    since = asked.since
    if since is not None:
        jobs = [job for job in jobs if _is_within(submissions.get(job.name, ()), since)]
    period = Period("None" if since is None else _text(since), _text(asked.now))
    if not jobs:
        return no_statistics(
            "Autosubmit API couldn't find jobs that match your search critearia "
            f"(Section: {asked.section}) in the period from {period.From} to {period.To}."
        )
    places: dict[str, tuple[int, float]] = {}
    found = []
    for job in jobs:
        lines = submissions.get(job.name)
        if not lines:
            continue
        if job.section not in places:
            place = resources_of(job.section)
            places[job.section] = place.elements, _hours(wallclock_seconds(place.wallclock))
        found.append(_job(job.name, retrials(lines), *places[job.section]))
    return Statistics(False, "", Found(period, found), _sums(found))


def retrials(lines: Sequence[Submission]) -> Sequence[Submission]:
    """The last retrials of a job: all that follow the last but one that was completed (METRICS.md 7.2)."""
    completed = 0
    for n in range(len(lines) - 1, -1, -1):
        if _completed(lines[n]):
            completed += 1
            if completed == 2:
                return lines[n + 1 :]
    return lines


def wallclock_seconds(text: str) -> int:
    """Seconds of `HH:MM` or `HH:MM:SS`; 0 for anything else, what is longer than any job runs included."""
    parts = text.strip().split(":")
    if len(parts) not in (2, 3) or not all(_DIGITS.fullmatch(part) for part in parts):
        return 0
    hours, minutes, seconds = map(int, (*parts, "0")[:3])
    return hours * 3600 + minutes * 60 + seconds


def _job(name: str, lines: Sequence[Submission], elements: int, wallclock: float) -> JobStatistics:
    completed = [line for line in lines if _completed(line)]
    failed = [line for line in lines if line.status == "FAILED"]
    ran, failed_ran = _run(completed), _run(failed)
    run, failed_run = _hours(ran), _hours(failed_ran)
    return JobStatistics(
        name=name,
        processors=elements,
        wallclock=wallclock,
        completedQueueTime=_hours(_queue(completed)),
        completedRunTime=run,
        failedQueueTime=_hours(_queue(failed)),
        failedRunTime=failed_run,
        cpuConsumption=elements * (run + failed_run),
        failedCpuConsumption=elements * failed_run,
        expectedCpuConsumption=elements * wallclock,
        realConsumption=_hours(ran + failed_ran),
        failedRealConsumption=failed_run,
        expectedConsumption=wallclock,
        retrialCount=len(lines),
        submittedCount=len(lines),
        completedCount=len(completed),
        failedCount=len(failed),
    )


def _sums(jobs: Sequence[JobStatistics]) -> Sums:

    def total(value: Callable[[JobStatistics], float]) -> float:
        return sum(map(value, jobs), 0.0)

    cpu, expected = total(lambda job: job.cpuConsumption), total(lambda job: job.expectedCpuConsumption)
    retrial_count = sum(job.retrialCount for job in jobs)
    return Sums(
        cpuConsumptionPercentage=round(cpu / expected * 100, 2) if expected else 0.0,
        totalQueueTime=round(total(lambda job: job.completedQueueTime + job.failedQueueTime), 2),
        submittedCount=retrial_count,
        runCount=retrial_count,
        completedCount=sum(job.completedCount for job in jobs),
        failedCount=sum(job.failedCount for job in jobs),
        expectedConsumption=round(total(lambda job: job.expectedConsumption), 4),
        realConsumption=round(total(lambda job: job.realConsumption), 4),
        failedRealConsumption=round(total(lambda job: job.failedRealConsumption), 4),
        expectedCpuConsumption=round(expected, 4),
        cpuConsumption=round(cpu, 4),
        failedCpuConsumption=round(total(lambda job: job.failedCpuConsumption), 4),
    )


def _completed(line: Submission) -> bool:
    return line.words == 4 and line.status == "COMPLETED"


def _is_within(lines: Iterable[Submission], since: int) -> bool:
    return any(time is not None and time > since for line in lines for time in (line.start, line.finish))


def _queue(lines: Iterable[Submission]) -> int:
    return sum(seconds_between(line.submit, line.start) for line in lines)


def _run(lines: Iterable[Submission]) -> int:
    return sum(seconds_between(line.start, line.finish) for line in lines)


def _hours(seconds: int) -> float:
    """Hours, as the contract adds them up: whole days, and the rest."""
    days, rest = divmod(seconds, 86400)
    return days * 24 + rest / 3600


def _text(seconds: int) -> str:
    """In the server's time zone."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    return moment.astimezone().isoformat(" ", "seconds")
