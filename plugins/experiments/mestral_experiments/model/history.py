"""What was recorded about the runs of an experiment and the attempts of its jobs."""

from typing import Annotated

import msgspec
from msgspec import Meta

LAST_SECOND = 253_402_300_799
"""The last one of the year 9999, beyond which there are no dates."""

Epoch = Annotated[int, Meta(ge=1, le=LAST_SECOND)]
"""A time that was recorded, in seconds since the epoch."""


class Run(msgspec.Struct, frozen=True, array_like=True):
    """One row of `experiment_run`; counters are 0 when NULL, times are epoch seconds or None."""

    run_id: int
    created: str | None
    start: Epoch | None
    finish: Epoch | None
    chunk_unit: str | None
    chunk_size: int | None
    completed: int = 0
    total: int = 0
    failed: int = 0
    queuing: int = 0
    running: int = 0
    submitted: int = 0
    suspended: int = 0


class Attempt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row of `job_data`: one submission of a job (formats/AUTOSUBMIT_DATA.md 4.2).

    Every value but the name is None where it is not recorded. Real data breaks the order of the times: a
    start before the submission, a finish before the start.

    Attributes:
        name: Name of the job.
        submit, start, finish: Epoch seconds; None when not yet or unknown.
        status: Name of a state as stored, which may be none of `JobStatus`. Where it is the name of the job's
            own state, the times are shown as those of the job.
        counter: Number of the attempt over all runs of the job; the first is 0 or 1.
        rowtype: 2 normal, 1 inside a wrapper, above 2 the code shared by the jobs of a wrapper.
        ncpus, nnodes: Processors and nodes, often 0 when unknown.
        wallclock: Limit as `HH:MM` or `H:MM`.
        qos, platform: As stored, in any case.
        energy: Joules, 0 when unknown; of a whole wrapper in some versions.
        date: Start date as stored.
        section, member: As stored; in very old rows each holds the other.
        chunk, split, splits: None when the job has none.
        job_id: Number given by the scheduler, or process id.
        run_id: Run it belongs to.
        out, err: Names of its log files.
        workflow_commit: Git commit of the workflow.
        created: When the row was written, as stored.
        last: 1 where it is the newest attempt of the job.
    """

    name: str
    submit: Epoch | None
    start: Epoch | None
    finish: Epoch | None
    status: str | None
    counter: int | None
    rowtype: int | None
    ncpus: int | None
    nnodes: int | None
    wallclock: str | None
    qos: str | None
    platform: str | None
    energy: int | float | None
    date: str | None
    section: str | None
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    job_id: int | None
    run_id: int | None
    out: str | None
    err: str | None
    workflow_commit: str | None
    created: str | None = None
    last: int | None = None


class Times(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """When an attempt of a job was submitted, started and finished, and its state; see `Attempt`."""

    name: str
    submit: Epoch | None
    start: Epoch | None
    finish: Epoch | None
    status: str | None = None
    run_id: int | None = None
    workflow_commit: str | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> "Times":
        """What is said here of an attempt."""
        a = attempt
        return cls(a.name, a.submit, a.start, a.finish, a.status, a.run_id, a.workflow_commit)


class Submission(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of what a job records itself: one submission (contract/METRICS.md 2.3, 7).

    Attributes:
        submit, start, finish: Epoch seconds; None where there is no such word, or it is no time.
        status: The fourth word when it is no time: a state; in a line that was cut short, a last word of
            letters. None without one.
        words: How many words the line has. A time that is None although there is a word for it is unreadable.
    """

    submit: Epoch | None
    start: Epoch | None
    finish: Epoch | None
    status: str | None
    words: int


class UserMetric(msgspec.Struct, frozen=True, array_like=True):
    """A value that a job measured in a run; always a text. `modified` is as stored."""

    job_name: str
    metric_name: str
    metric_value: str
    modified: str | None
