"""A workflow of any size: members that simulate and post-process chunk after chunk, some in wrappers."""

from datetime import datetime

from mestral_experiments.model import Job, JobStatus, Times
from mestral_experiments.views.workflow.workflow import Loaded, Workflow

NOW = 1_700_000_000
START = datetime(1990, 1, 1)
WRAPPED = 5


def chains(members: int, chunks: int, running: int = 1) -> Workflow:
    """One with 1 + 2 * members * chunks jobs; the last chunk of some members is running."""
    jobs, edges, wrappers, rows = [job("a000_SETUP", JobStatus.COMPLETED, "SETUP")], [], {}, {}
    for number in range(members):
        member, before = f"fc{number}", "a000_SETUP"
        for chunk in range(1, chunks + 1):
            alive = chunk == chunks and number < running
            status = JobStatus.RUNNING if alive else JobStatus.COMPLETED
            sim, post = (f"a000_19900101_{member}_{chunk}_{section}" for section in ("SIM", "POST"))
            jobs.append(job(sim, status, "SIM", member, chunk))
            jobs.append(job(post, JobStatus.WAITING if alive else status, "POST", member, chunk))
            edges += [(before, sim), (sim, post)]
            wrappers[sim] = f"a000_ASThread_{number}_{(chunk - 1) // WRAPPED}_8"
            finish = None if alive else NOW - 100
            rows[sim] = Times(sim, NOW - 900, NOW - 700, finish, status.name, 1)
            before = sim
    return Workflow(Loaded("a000", jobs, edges, wrappers, rows, {}, None, {}, {}, None), NOW)


def job(
    name: str, status: JobStatus, section: str, member: str | None = None, chunk: int | None = None
) -> Job:
    """One job."""
    date = START if member else None
    return Job(name, 1, status, 0, section, date, member, chunk, None, None, None, None, None, None)
