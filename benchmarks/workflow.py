"""The shape of a generated experiment: its jobs, edges, wrappers and history, as plain records.

Guarantees: the same arguments give the same workflow on every machine; sizes follow the request (about
``members * dates * (1 + 2 * chunks)`` jobs); nothing here knows a file format.

The workflow is SETUP, then for every start date and member INI and a chain of SIM and POST chunks, then
REPORT. Two of three simulations also wait for the post-processing three chunks before. Nine tenths of the
chains are finished, the others are somewhere in the middle, so that every frequent status occurs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime

WRAPPED_CHUNKS = 20
EPOCH = 1_750_000_000
"""Start of the first generated run, in seconds since 1970: fixed, so that trees are reproducible."""

STATUS_CODES = {
    "FAILED": -1,
    "WAITING": 0,
    "READY": 1,
    "SUBMITTED": 2,
    "QUEUING": 3,
    "RUNNING": 4,
    "COMPLETED": 5,
}
_ALIVE = ("SUBMITTED", "QUEUING", "RUNNING", "RUNNING", "FAILED")


@dataclass(slots=True)
class Job:
    """One job as the job list knows it. ``date`` is None for jobs that run once."""

    name: str
    section: str
    date: datetime | None = None
    member: str | None = None
    chunk: int | None = None
    status: str = "WAITING"
    priority: int = 0
    scheduler_id: int = 0
    submit: int = 0
    start: int = 0
    finish: int = 0
    fail_count: int = 0
    wrapper: str | None = None

    @property
    def on_cluster(self) -> bool:
        return self.section in ("SIM", "POST")

    @property
    def platform(self) -> str:
        return "TRAMUNTANA" if self.on_cluster else "LOCAL"

    @property
    def processors(self) -> int:
        return {"SIM": 256, "POST": 16}.get(self.section, 1)

    @property
    def wallclock(self) -> str:
        return {"SIM": "02:00", "POST": "00:30"}.get(self.section, "00:05")

    @property
    def running(self) -> str:
        return "once" if self.date is None else "member" if self.chunk is None else "chunk"

    @property
    def dependencies(self) -> str:
        return {
            "INI": "{'SETUP': {}}",
            "SIM": "{'INI': {}, 'SIM-1': {}, 'POST-3': {}}",
            "POST": "{'SIM': {}}",
            "REPORT": "{'POST': {}}",
        }.get(self.section, "{}")


@dataclass(slots=True, frozen=True)
class Attempt:
    """One row of the history: a submission of a job in a run."""

    job: Job
    counter: int
    run_id: int
    status: str
    submit: int
    start: int
    finish: int
    last: bool
    fail_count: int = 0


@dataclass(slots=True)
class Workflow:
    expid: str
    members: list[str]
    dates: list[datetime]
    chunks: int
    jobs: list[Job] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    wrappers: dict[str, list[Job]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)

    def count(self, status: str) -> int:
        return sum(job.status == status for job in self.jobs)


def shape_of(size: int) -> tuple[int, int, int]:
    """Start dates, members and chunks of a workflow of about ``size`` jobs (101 per chain, and 2)."""
    chains = max(1, size // 100)
    members = 10 if chains >= 10 else chains
    return max(1, chains // members), members, 50


def build(expid: str, dates: int, members: int, chunks: int, seed: int, finished: float = 0.9) -> Workflow:
    """Make the workflow. ``finished`` is the share of chains that are complete."""
    chance = random.Random(f"{seed}/{dates}x{members}x{chunks}")
    flow = Workflow(
        expid,
        members=[f"fc{number}" for number in range(members)],
        dates=[datetime(1960 + number // 12, number % 12 + 1, 1) for number in range(dates)],
        chunks=chunks,
    )
    setup = Job(f"{expid}_SETUP", "SETUP", status="COMPLETED")
    flow.jobs.append(setup)
    chains = dates * members
    ends: list[Job] = []
    for number in range(chains):
        date, member = flow.dates[number // members], flow.members[number % members]
        done = chunks if number < finished * chains else chance.randrange(0, chunks)
        ends.append(_add_chain(flow, date, member, done, setup, chance))
    report = Job(f"{expid}_REPORT", "REPORT", priority=chunks + 2)
    if all(job.status == "COMPLETED" for job in flow.jobs):
        report.status = "COMPLETED"
    flow.jobs.append(report)
    flow.edges.extend((end.name, report.name) for end in ends)
    _add_history(flow, chance)
    return flow


def _add_chain(
    flow: Workflow, date: datetime, member: str, done: int, setup: Job, chance: random.Random
) -> Job:
    """Append the jobs of one start date and member; ``done`` of its chunks are complete.

    Returns the last job.
    """
    prefix = f"{flow.expid}_{date:%Y%m%d}_{member}"
    ini = Job(f"{prefix}_INI", "INI", date, member, status="COMPLETED", priority=1)
    flow.jobs.append(ini)
    flow.edges.append((setup.name, ini.name))
    before = ini
    posts: list[Job] = []
    for chunk in range(1, flow.chunks + 1):
        status = "COMPLETED" if chunk <= done else "WAITING"
        sim = Job(f"{prefix}_{chunk}_SIM", "SIM", date, member, chunk, status, priority=chunk + 1)
        post = Job(f"{prefix}_{chunk}_POST", "POST", date, member, chunk, status, priority=chunk + 2)
        if chunk == done + 1:
            sim.status = chance.choice(_ALIVE)
        elif chunk == done and done < flow.chunks and chance.random() < 0.3:
            post.status = chance.choice(("READY", "RUNNING"))
        flow.jobs += (sim, post)
        flow.edges += ((before.name, sim.name), (sim.name, post.name))
        if chunk > 3 and chunk % 3:
            flow.edges.append((posts[chunk - 4].name, sim.name))
        if sim.status != "WAITING":
            _wrap(flow, sim, chunk)
        posts.append(post)
        before = sim
    return posts[-1]


def _wrap(flow: Workflow, sim: Job, chunk: int) -> None:
    """Put a simulation into the wrapper of the chunk before, or into a new one."""
    if (chunk - 1) % WRAPPED_CHUNKS:
        name = next(reversed(flow.wrappers))
    else:
        size = min(WRAPPED_CHUNKS, flow.chunks - chunk + 1)
        name = f"{flow.expid}_ASThread_SIM_{17_500_000_000_000 + len(flow.wrappers)}_256_{size}"
        flow.wrappers[name] = []
    flow.wrappers[name].append(sim)
    sim.wrapper = name


def _add_history(flow: Workflow, chance: random.Random) -> None:
    """Two runs: the first completed everything, the second reached the statuses of the job list."""
    scheduler_id = 4_000_000
    for position, job in enumerate(flow.jobs):
        started = job.status not in ("WAITING", "READY")
        first = _times(EPOCH + position * 3, job, chance)
        flow.attempts.append(Attempt(job, 0, 1, "COMPLETED", *first, last=not started))
        if not started:
            continue
        scheduler_id += 1
        job.scheduler_id = scheduler_id
        job.submit, job.start, job.finish = _times(EPOCH + 5_000_000 + position * 3, job, chance)
        if chance.random() < 0.01:
            job.fail_count = 1
            flow.attempts.append(Attempt(job, 1, 2, "FAILED", job.submit, job.start, job.finish, last=False))
            job.submit, job.start, job.finish = _times(job.finish + 60, job, chance)
        if job.status in ("COMPLETED", "FAILED"):
            times = job.submit, job.start, job.finish
            counter = job.fail_count + 1
            flow.attempts.append(Attempt(job, counter, 2, job.status, *times, True, job.fail_count))
        else:
            job.finish = 0
            job.start = 0 if job.status in ("SUBMITTED", "QUEUING") else job.start
            flow.attempts.append(
                Attempt(job, job.fail_count + 1, 2, job.status, job.submit, job.start, 0, last=True)
            )


def _times(begin: int, job: Job, chance: random.Random) -> tuple[int, int, int]:
    start = begin + chance.randrange(5, 900 if job.on_cluster else 8)
    seconds = chance.randrange(600, 5400) if job.on_cluster else chance.randrange(1, 90)
    return begin, start, start + seconds
