"""`GET /v4/experiments/{expid}/jobs` (contract/API_V4.md 4.1)."""

from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.model import JobStatus
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery, Part
from mestral_experiments.views.jobs import JobList, QuickJobList
from mestral_experiments.views.pagination import offset_of

StatusName = Literal[
    "COMPLETED",
    "DELAYED",
    "FAILED",
    "HELD",
    "PREPARED",
    "QUEUING",
    "READY",
    "RUNNING",
    "SKIPPED",
    "SUBMITTED",
    "SUSPENDED",
    "UNKNOWN",
    "WAITING",
]
_NO_STATUS = f"Invalid job status. Allowed values: {', '.join(get_args(StatusName))}"


class JobsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the job list."""

    view: Annotated[Literal["quick", "base"], Meta(description="`quick`: only name and status.")] = "base"
    job_name: Annotated[
        str | None,
        Meta(description="Part of the name, in any case; `*` is any run of characters, `!` negates."),
    ] = None
    status: Annotated[
        StatusName | None, Meta(description="Only jobs in this state.", extra={"invalid": _NO_STATUS})
    ] = None
    page: Annotated[int, Meta(ge=1, description="Number of the page, from 1; needs `page_size`.")] = 1
    page_size: Annotated[int | None, Meta(ge=1, le=1000, description="Jobs on a page, else all.")] = None


@get(
    "/v4/experiments/{expid:str}/jobs",
    access=Access.READ,
    operation_id="experiments.jobs",
    query=JobsQuery,
    answers=Answers(
        body=(JobList, QuickJobList),
        errors={
            404: "There is no such experiment.",
            503: "The job list is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="Jobs of an experiment",
)
async def jobs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The jobs that match all filters, by name."""
    query, source = parse_query(request, JobsQuery), source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _jobs(source, expid, query))


def _jobs(source: ExperimentSource, expid: str, query: JobsQuery) -> Plan:
    experiment = source.find(expid)
    page = query.page if query.page_size else 1
    asked = JobQuery(
        name=query.job_name or None,
        status=JobStatus[query.status] if query.status else None,
        offset=offset_of(page, query.page_size) if query.page_size else 0,
        limit=query.page_size,
    )
    return Plan(
        render="mestral_experiments.render.jobs:jobs",
        args=(experiment, asked, query.view == "quick", str(page)),
        fingerprint=source.fingerprint(experiment, Part.JOBS),
        affinity=expid,
    )


HANDLERS = (jobs,)
