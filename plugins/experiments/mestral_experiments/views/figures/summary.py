"""How many jobs are waiting, running, failed, and how long that takes on average (contract/API_V3.md 2.11).

Guarantees: the summary of all jobs is made of the tallies of any parts of them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.views.figures.timed import State
from mestral_experiments.views.jobtimes import JobTimes, hms

_RAN = frozenset(("FAILED", "RUNNING", "COMPLETED"))
_SIM_WAITED = _RAN | {"QUEUING"}
_WAITED = _SIM_WAITED | {"SUBMITTED"}
_UNFINISHED = frozenset(("SUBMITTED", "QUEUING", "RUNNING"))

Time = Annotated[str, Meta(description="`H:MM:SS`, with days before it; `NA` where there is no answer.")]


class Summary(msgspec.Struct, frozen=True):
    """Answer of `/v3/summary/{expid}`."""

    n_running: int
    n_suspended: int
    n_queuing: int
    n_failed: int
    n_submitted: int
    avg_queue_time: Time
    avg_run_time: Time
    n_sim: Annotated[int, Meta(description="Jobs with `SIM` as a part of their name, in any state.")]
    avg_sim_queue_time: Time
    avg_sim_run_time: Time
    sim_queue_considered: Annotated[int, Meta(description="How many `avg_sim_queue_time` is made of.")]
    sim_run_considered: int
    failed_jobs: Sequence[str]
    error: bool
    error_message: str


def no_summary(message: str) -> Summary:
    """The failure with its message."""
    return Summary(0, 0, 0, 0, 0, "NA", "NA", 0, "NA", "NA", 0, 0, (), True, message)


class Total(msgspec.Struct, frozen=True):
    """Whole seconds of so many jobs."""

    jobs: int = 0
    seconds: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.jobs + other.jobs, self.seconds + other.seconds)

    @property
    def mean(self) -> str:
        """Rounded down."""
        return hms(self.seconds // self.jobs if self.jobs else 0)


class Tally(msgspec.Struct, frozen=True):
    """What is counted of some jobs.

    Attributes:
        states: Jobs by the name of their state, or `SUSPICIOUS`.
        sims: Jobs with `SIM` as a part of their name.
        queue, run: What counts in the means.
        sim_queue, sim_run: The same of those jobs.
    """

    states: Counter[str]
    sims: int
    queue: Total
    run: Total
    sim_queue: Total
    sim_run: Total

    def __add__(self, other: "Tally") -> "Tally":
        own, more = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Tally(*(one + another for one, another in zip(own, more, strict=True)))


def tally(states: Iterable[State], times: Sequence[JobTimes], running: bool) -> Tally:
    """Counts jobs.

    Args:
        states: The jobs.
        times: The times of each.
        running: Whether the experiment is running. Where it is not, jobs that are still waiting or running do
            not count in the means: they were left behind.
    """
    ignored = frozenset[str]() if running else _UNFINISHED
    waited, ran, sim_waited = (counted - ignored for counted in (_WAITED, _RAN, _SIM_WAITED))
    sims = [each for (name, _), each in zip(states, times, strict=True) if _is_sim(name)]
    return Tally(
        Counter([each.status for each in times]),
        len(sims),
        _total([each.queue for each in times if each.status in waited]),
        _total([each.run for each in times if each.status in ran]),
        _total([each.queue for each in sims if each.status in sim_waited]),
        _total([each.run for each in sims if each.status in ran]),
    )


def failed(states: Iterable[State], times: Iterable[JobTimes]) -> list[str]:
    """Names of the jobs that failed, in the order of the jobs; which they are does not depend on now."""
    return [name for (name, _), each in zip(states, times, strict=True) if each.status == "FAILED"]


def summary(counted: Tally, failed_jobs: Sequence[str]) -> Summary:
    """The summary of all jobs."""
    states = counted.states
    return Summary(
        states["RUNNING"],
        states["SUSPENDED"],
        states["QUEUING"],
        states["FAILED"],
        states["SUBMITTED"],
        counted.queue.mean,
        counted.run.mean,
        counted.sims,
        counted.sim_queue.mean,
        counted.sim_run.mean,
        counted.sim_queue.jobs,
        counted.sim_run.jobs,
        failed_jobs,
        False,
        "",
    )


def _is_sim(name: str) -> bool:
    return "SIM" in name and "SIM" in name.split("_")


def _total(seconds: Sequence[int]) -> Total:
    return Total(len(seconds), sum(seconds))
