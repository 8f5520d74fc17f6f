"""How long all jobs of an experiment waited and ran, where nothing else of them is shown (METRICS.md 2).

Guarantees: the same times that tree and graph show; linear in jobs and edges.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mestral_experiments.model import JobStatus, Submission, Times
from mestral_experiments.views.jobtimes import NOTHING, JobTimes, times_of, wrapper_waits

State = tuple[str, JobStatus]
"""Name and state of a job."""


class Package(msgspec.Struct):
    """The jobs of one wrapper.

    Attributes:
        name: Its name.
        jobs: Their names.
        children: Names of those of them that wait for a job.
        in_structure: Whether any of them has an edge to or from any job.
    """

    name: str
    jobs: list[str]
    children: dict[str, list[str]]
    in_structure: bool


class Recorded(msgspec.Struct, frozen=True):
    """Jobs, and what is recorded about their times.

    Attributes:
        states: The jobs, in list order.
        last: The last row of the history of each.
        submissions: The last line that each recorded itself, where `needs_submission`.
        packages: Wrappers of some of these jobs.
    """

    states: Sequence[State]
    last: Mapping[str, Times]
    submissions: Mapping[str, Submission]
    packages: Sequence[Package]


NOTHING_LIVE = Recorded((), {}, {}, ())
"""No jobs."""


def packages_of(
    states: Iterable[State], wrappers: Mapping[str, str], edges: Iterable[tuple[str, str]]
) -> list[Package]:
    """The wrappers of jobs.

    Args:
        states: All jobs.
        wrappers: The wrapper of every wrapped job.
        edges: Pairs of names, see `ExperimentSource.edges`.
    """
    if not wrappers:
        return []
    names = {name for name, _ in states}
    packages: dict[str, Package] = {}
    package_of: dict[str, Package] = {}
    for name, wrapper in wrappers.items():
        if name in names:
            package_of[name] = package = packages.setdefault(wrapper, Package(wrapper, [], {}, False))
            package.jobs.append(name)
    for parent, child in edges:
        above, below = package_of.get(parent), package_of.get(child)
        if above is below:
            if above is not None and parent != child:
                above.in_structure = True
                above.children.setdefault(parent, []).append(child)
        elif parent in names and child in names:
            for end in (above, below):
                if end is not None:
                    end.in_structure = True
    for package in packages.values():
        for found in package.children.values():
            found.sort()
    return list(packages.values())


def job_times(recorded: Recorded, now: int) -> list[JobTimes]:
    """The times of the jobs, in their order, with the wait that remains without their wrapper's.

    Args:
        recorded: The jobs.
        now: Epoch seconds.
    """
    last, line_of = recorded.last.get, recorded.submissions.get
    found: list[JobTimes] = []
    for name, status in recorded.states:
        row, line = last(name), line_of(name)
        found.append(NOTHING[status] if row is None and line is None else times_of(status, row, line, now))
    if not recorded.packages:
        return found
    place = {name: n for n, (name, _) in enumerate(recorded.states)}
    for package in recorded.packages:
        waits = wrapper_waits(
            {"": package.jobs},
            lambda name, children=package.children: children.get(name, ()),  # type: ignore[misc]
            lambda _, known=package.in_structure: known,  # type: ignore[misc]
            lambda name: found[place[name]],
        )
        for name, wait in waits.items():
            own = found[place[name]]
            if wait != own.queue:
                found[place[name]] = msgspec.structs.replace(own, queue=wait)
    return found


def unsettled(recorded: Recorded, times: Sequence[JobTimes]) -> Recorded:
    """The jobs whose times may be others at another moment, with all that their times are made of.

    So are those of jobs in one wrapper with a job that is waiting or running now.
    """
    live = {name for (name, _), each in zip(recorded.states, times, strict=True) if each.live}
    packages = [package for package in recorded.packages if not live.isdisjoint(package.jobs)]
    live.update(name for package in packages for name in package.jobs)
    if not live:
        return NOTHING_LIVE
    return Recorded(
        [state for state in recorded.states if state[0] in live],
        {name: recorded.last[name] for name in live if name in recorded.last},
        {name: recorded.submissions[name] for name in live if name in recorded.submissions},
        packages,
    )
