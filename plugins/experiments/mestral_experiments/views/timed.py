"""How long all jobs of an experiment waited and ran, where nothing else of them is shown (METRICS.md 2).

Guarantees: the same times that tree and graph show; linear in jobs and edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import msgspec

from mestral_experiments.model import Job, Submission, Times
from mestral_experiments.views.jobtimes import NOTHING, JobTimes, times_of, wrapper_waits


class Recorded(msgspec.Struct, frozen=True):
    """Jobs, and what is recorded about their times.

    Attributes:
        jobs: In list order.
        last: The last row of the history of each job.
        submissions: The last line that a job recorded itself, where `needs_submission`.
        wrappers: The wrapper of every wrapped job.
        edges: Pairs of jobs, see `edges_of_wrapped`.
    """

    jobs: Sequence[Job]
    last: Mapping[str, Times]
    submissions: Mapping[str, Submission] = {}
    wrappers: Mapping[str, str] = {}
    edges: Sequence[tuple[str, str]] = ()


def edges_of_wrapped(
    jobs: Sequence[Job], wrappers: Mapping[str, str], edges: Iterable[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """The edges between two jobs of the list one of which is in a wrapper, in the order of the names."""
    names = {job.name for job in jobs}
    return sorted(
        {
            (parent, child)
            for parent, child in edges
            if (parent in wrappers or child in wrappers)
            and parent != child
            and parent in names
            and child in names
        }
    )


def job_times(recorded: Recorded, now: int) -> list[JobTimes]:
    """The times of the jobs, in their order, with the wait that remains without their wrapper's.

    Args:
        recorded: The jobs.
        now: Epoch seconds.
    """
    last, line = recorded.last.get, recorded.submissions.get
    found = [
        NOTHING[job.status]
        if (row := last(job.name)) is None and job.name not in recorded.submissions
        else times_of(job.status, row, line(job.name), now)
        for job in recorded.jobs
    ]
    if not recorded.wrappers:
        return found
    place = {job.name: n for n, job in enumerate(recorded.jobs)}
    packages: dict[str, list[str]] = {}
    for name, package in recorded.wrappers.items():
        if name in place:
            packages.setdefault(package, []).append(name)
    children: dict[str, list[str]] = {}
    for parent, child in recorded.edges:
        children.setdefault(parent, []).append(child)
    in_structure = {name for edge in recorded.edges for name in edge}
    waits = wrapper_waits(
        packages,
        lambda name: children.get(name, ()),
        in_structure.__contains__,
        lambda name: found[place[name]],
    )
    for name, wait in waits.items():
        found[place[name]] = msgspec.structs.replace(found[place[name]], queue=wait)
    return found


def unsettled(recorded: Recorded, times: Sequence[JobTimes]) -> list[bool]:
    """For each job, whether its times may be others at another moment.

    So are those of jobs in one wrapper with a job that is waiting or running now.
    """
    live = [each.live for each in times]
    moving = {recorded.wrappers.get(job.name) for job in compress(recorded.jobs, live)} - {None}
    if not moving:
        return live
    return [
        alive or recorded.wrappers.get(job.name) in moving
        for alive, job in zip(live, recorded.jobs, strict=True)
    ]


def part(recorded: Recorded, chosen: Sequence[bool]) -> Recorded:
    """The same of some jobs: whole wrappers, and jobs outside of any."""
    jobs = list(compress(recorded.jobs, chosen))
    names = {job.name for job in jobs}
    return Recorded(
        jobs,
        {name: row for name, row in recorded.last.items() if name in names},
        {name: line for name, line in recorded.submissions.items() if name in names},
        {name: package for name, package in recorded.wrappers.items() if name in names},
        [(parent, child) for parent, child in recorded.edges if parent in names or child in names],
    )
