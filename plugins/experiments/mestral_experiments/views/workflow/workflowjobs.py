"""The jobs of a workflow as v4 shows them in `/v4/experiments/{expid}/tree` and `/graph`.

Guarantees: no HTML; seconds are numbers, times ISO 8601; what is not known is null, never 0 or an empty time.
Counters are by the names of states and add up to the number of jobs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mestral_experiments.model import JobStatus
from mestral_experiments.views.jobs import StatusName
from mestral_experiments.views.jobtimes import ACTIVE, SUSPICIOUS, JobTimes
from mestral_experiments.views.times import utc_epoch_text
from mestral_experiments.views.units import years
from mestral_experiments.views.workflow.jobview import JobView
from mestral_experiments.views.workflow.workflow import Workflow

Counters = Annotated[
    Mapping[str, int],
    Meta(
        description="How many jobs are in each state, by its name; states of no job are left out.",
        extra_json_schema={
            "propertyNames": {"enum": [status.name for status in JobStatus]},
            "additionalProperties": {"type": "integer", "minimum": 1},
        },
    ),
]
Modified = Annotated[str | None, Meta(description="When the job list changed last: ISO 8601, UTC.")]
ChunkSize = Annotated[int | None, Meta(description="Units in a chunk, as configured.")]
ChunkUnit = Annotated[str | None, Meta(description="`hour`, `day`, `month` or `year`, as configured.")]


class WorkflowJob(msgspec.Struct, frozen=True, gc=False):
    """One job. Times are ISO 8601 in UTC, and null where its state has none or nobody recorded it."""

    name: str
    status: StatusName
    section: Annotated[str, Meta(description="Section of the configuration it was made from.")]
    date: Annotated[str | None, Meta(description="Start date, `YYYY-MM-DDTHH:MM:SS`, model time.")]
    member: str | None
    chunk: int | None
    chunk_start: Annotated[
        str | None, Meta(description="Day on which its chunk begins, `YYYY-MM-DD`, model time.")
    ]
    chunk_end: Annotated[
        str | None, Meta(description="Day on which it ends; chunks of hours count in whole days.")
    ]
    chunk_size: Annotated[int | None, Meta(description="Units in its chunk, of the run that it ran in.")]
    chunk_unit: Annotated[str | None, Meta(description="`hour`, `day`, `month` or `year`.")]
    split: int | None
    splits: int | None
    wrapper: Annotated[str | None, Meta(description="Name of the wrapper that it is in.")]
    priority: int
    platform: Annotated[str | None, Meta(description="Where it runs, as configured.")]
    queue: Annotated[str | None, Meta(description="As configured; inside a wrapper, that of the wrapper.")]
    processors: Annotated[int | None, Meta(description="As configured.")]
    wallclock: Annotated[str | None, Meta(description="Limit, `HH:MM`, as configured.")]
    remote_id: Annotated[int | None, Meta(description="Number given by the scheduler, or process id.")]
    submit: str | None
    start: str | None
    finish: str | None
    queue_seconds: Annotated[
        int | None,
        Meta(description="How long it waited, or has until now, without what its wrapper did."),
    ]
    run_seconds: Annotated[int | None, Meta(description="How long it ran, or has run until now.")]
    sypd: Annotated[float | None, Meta(description="Simulated years per day, of a completed chunk.")]
    asypd: Annotated[float | None, Meta(description="The same with waiting and post-processing.")]
    out: Annotated[str | None, Meta(description="Name of its newest log of output, once finished.")]
    err: Annotated[str | None, Meta(description="Name of its newest log of errors, once finished.")]
    workflow_commit: Annotated[str | None, Meta(description="Git commit of the workflow that it ran with.")]
    suspicious: Annotated[
        bool, Meta(description="Whether the job itself recorded another end than the job list has.")
    ]


class WrapperJobs(msgspec.Struct, frozen=True):
    """One wrapper that has jobs in the list."""

    name: str
    code: Annotated[str | None, Meta(description="The number in its name.")]
    counters: Counters
    jobs: Annotated[Sequence[str], Meta(description="Names, in list order.")]


def counters(jobs: Iterable[JobView]) -> Counters:
    """Counts jobs by state, in the order of the codes."""
    found = Counter(view.job.status for view in jobs)
    return {status._name_: found[status] for status in JobStatus if found[status]}


def wrapper_jobs(workflow: Workflow) -> list[WrapperJobs]:
    """The wrappers, by their first jobs."""
    inside: dict[str, list[JobView]] = {}
    for view in workflow.jobs:
        if view.shown.wrapper is not None:
            inside.setdefault(view.shown.wrapper, []).append(view)
    return [
        WrapperJobs(name, views[0].shown.wrapper_code, counters(views), [view.job.name for view in views])
        for name, views in inside.items()
    ]


def job_values(view: JobView, *more: Any) -> tuple[Any, ...]:
    """What `WorkflowJob` shows of a job, in the order of its fields, and what else its heirs do."""
    job, times, shown = view.job, view.times, view.shown
    dated = job.chunk is not None and shown.date is not None and shown.date_plus is not None
    dated = dated and years(shown.chunk_unit, shown.chunk_size) > 0
    return (
        job.name,
        shown.status,
        job.section,
        job.date.isoformat() if job.date is not None else None,
        job.member,
        job.chunk,
        shown.date.replace(" ", "-") if dated else None,  # type: ignore[union-attr]
        shown.date_plus.replace(" ", "-") if dated else None,  # type: ignore[union-attr]
        shown.chunk_size if job.chunk is not None else None,
        shown.chunk_unit if job.chunk is not None else None,
        job.split,
        job.splits,
        shown.wrapper,
        job.priority,
        shown.platform_name or None,
        shown.queue or None,
        shown.processors or None,
        shown.wallclock or None,
        job.id,
        utc_epoch_text(times.submit) if shown.submit is not None else None,
        utc_epoch_text(times.start) if shown.start is not None else None,
        utc_epoch_text(times.finish) if shown.finish is not None else None,
        _waited(view),
        _ran(times),
        shown.SYPD or None,  # 0 says that nobody knows how long a chunk is
        shown.ASYPD or None,
        _file_name(shown.out),
        _file_name(shown.err),
        shown.workflow_commit,
        times.status == SUSPICIOUS,
        *more,
    )


def _waited(view: JobView) -> int | None:
    """Seconds that it waited; 0 only where a wait is known to have been none."""
    times = view.times
    known = times.submit is not None and (times.start is not None or view.job.status in ACTIVE)
    return times.queue if times.queue or known else None


def _ran(times: JobTimes) -> int | None:
    known = times.start is not None and (times.finish is not None or times.live)
    return times.run if times.run or known else None


def _file_name(path: str | None) -> str | None:
    return path.rpartition("/")[2] if path is not None else None
