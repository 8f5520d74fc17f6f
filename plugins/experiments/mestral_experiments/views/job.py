"""One job in detail (contract/API_V4.md 4.2).

Guarantees: what the configuration on disk says counts before what was recorded, as the contract wants; a time
that nobody recorded is null.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Attempt, Job, JobStatus, LogFiles, Run, Settings, Submission
from mestral_experiments.views.jobs import StatusName
from mestral_experiments.views.times import local_text, moment

_FINISHED = (JobStatus.COMPLETED, JobStatus.FAILED)
_SUBMITTED = (JobStatus.RUNNING, JobStatus.SUBMITTED, JobStatus.QUEUING, JobStatus.FAILED)


class JobDetail(msgspec.Struct, frozen=True):
    """Answer of one job; times are in the server's time zone."""

    name: str
    status: StatusName
    section: str
    date: Annotated[str | None, Meta(description="Start date, `YYYYMMDD`.")]
    member: str | None
    chunk: int | None
    split: int | None
    splits: int | None
    out_path_local: Annotated[str | None, Meta(description="Newest log of standard output, once finished.")]
    err_path_local: Annotated[str | None, Meta(description="Newest log of standard error, once finished.")]
    chunk_size: int | None
    chunk_unit: Annotated[str | None, Meta(description="`hour`, `day`, `month` or `year`.")]
    platform: str | None
    remote_id: Annotated[int | None, Meta(description="Number given by the scheduler, or process id.")]
    qos: Annotated[str | None, Meta(description="Queue.")]
    workflow_commit: Annotated[str | None, Meta(description="Git commit of the workflow.")]
    processors: int | None
    submit: Annotated[str | None, Meta(description="ISO 8601 with offset.")]
    start: Annotated[str | None, Meta(description="ISO 8601 with offset.")]
    finish: Annotated[str | None, Meta(description="ISO 8601 with offset.")]
    wallclock: Annotated[str | None, Meta(description="Limit, usually `HH:MM`.")]
    last_wrapper: Annotated[str | None, Meta(description="Wrapper it was in last, or will be in.")]


def has_logs(job: Job) -> bool:
    """Whether logs of a job are shown."""
    return job.status in _FINISHED


def needs_submission(job: Job, attempt: Attempt | None) -> bool:
    """Whether the times of a job are those that it recorded itself: the history is not up to date."""
    return job.status in _SUBMITTED and (attempt is None or attempt.status != job.status.name)


def needs_run(settings: Settings | None) -> bool:
    """Whether the newest run has to say what the configuration does not."""
    return settings is None or settings.chunk_size is None or settings.chunk_unit is None


def job_detail(
    job: Job,
    attempt: Attempt | None,
    run: Run | None,
    settings: Settings | None,
    wrapper: str | None,
    logs: LogFiles | None,
    submission: Submission | None,
) -> JobDetail:
    """The detail of a job.

    Args:
        job: As the job list has it.
        attempt: Its last attempt in the history.
        run: The newest run, see `needs_run`.
        settings: What the configuration says, None when it cannot be used.
        wrapper: The wrapper it was in last.
        logs: Its logs, see `has_logs`.
        submission: The last one that it recorded itself, see `needs_submission`.
    """
    section = settings.section(job.section) if settings else None
    size, unit = (settings.chunk_size, settings.chunk_unit) if settings else (None, None)
    commit = settings.workflow_commit if settings else None
    recorded = attempt.workflow_commit if attempt else None
    submit, start, finish = _times(job, attempt, submission)
    return JobDetail(
        name=job.name,
        status=job.status.name,
        section=job.section,
        date=job.date.date().isoformat().replace("-", "") if job.date else None,
        member=job.member,
        chunk=job.chunk,
        split=job.split,
        splits=job.splits,
        out_path_local=logs.out if logs else None,
        err_path_local=logs.err if logs else None,
        chunk_size=run.chunk_size if size is None and run else size,
        chunk_unit=run.chunk_unit if unit is None and run else unit,
        platform=section.platform if section else attempt.platform if attempt else None,
        remote_id=attempt.job_id if attempt else None,
        qos=section.queue if section else attempt.qos if attempt else None,
        workflow_commit=recorded if commit is None else commit,
        processors=section.processors if section else attempt.ncpus if attempt else None,
        submit=submit,
        start=start,
        finish=finish,
        wallclock=section.wallclock if section else attempt.wallclock if attempt else None,
        last_wrapper=wrapper,
    )


def _times(job: Job, attempt: Attempt | None, submission: Submission | None) -> list[str | None]:
    """Submission, start and finish as texts."""
    times: tuple[int | None, int | None, int | None] = (None, None, None)
    if needs_submission(job, attempt):
        if submission is not None:
            # A start that is not there yet repeats the submission, and a finish the start.
            start = submission.start if submission.words > 1 else submission.submit
            finish = submission.finish if submission.words > 2 else start
            started = job.status in (JobStatus.RUNNING, JobStatus.FAILED)
            failed = job.status is JobStatus.FAILED
            times = (submission.submit, start if started else None, finish if failed else None)
    elif attempt is not None and attempt.status == job.status.name and job.status is not JobStatus.SUSPENDED:
        times = (attempt.submit, attempt.start, attempt.finish)
    return [local_text(moment(seconds)) for seconds in times]
