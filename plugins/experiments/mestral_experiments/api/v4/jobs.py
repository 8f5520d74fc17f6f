"""`GET /v4/experiments/{expid}/jobs` (contract/API_V4.md 4.1)."""

from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, invalid, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.model import JobStatus
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery, Part
from mestral_experiments.views.jobs import ChosenJobList, JobField, JobList, JobSlice, QuickJobList
from mestral_experiments.views.lists.cursors import Cursor, read_cursor
from mestral_experiments.views.lists.pagination import offset_of
from mestral_experiments.views.lists.turning import Asked

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
    fields: Annotated[
        tuple[JobField, ...] | None,
        Meta(description="Fields to show, separated by commas; counts instead of `view`."),
    ] = None
    sort_by: Annotated[JobField, Meta(description="Any field to sort by, then by name.")] = "name"
    sort_desc: Annotated[bool, Meta(description="Whether `sort_by` runs backwards.")] = False
    cursor: Annotated[
        str | None,
        Meta(
            description="Instead of `page`, for lists that change: empty for the first page, then "
            "`next_cursor` of the answer before, with the other parameters unchanged; needs `page_size`."
        ),
    ] = None

    @property
    def after(self) -> Cursor | None:
        """What `cursor` holds; None for the first page. Raises Problem (422) when it is none of this list."""
        try:
            return read_cursor(self.cursor or "", self.sort_by, self.sort_desc, str)
        except ValueError as fault:
            raise invalid(f"Invalid value for 'cursor': {fault}") from fault


@get(
    "/v4/experiments/{expid:str}/jobs",
    access=Access.READ,
    operation_id="experiments.jobs",
    query=JobsQuery,
    answers=Answers(
        body=(JobList, QuickJobList, ChosenJobList, JobSlice),
        errors={
            404: "There is no such experiment.",
            503: "The job list is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="Jobs of an experiment",
)
async def jobs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The jobs that match all filters."""
    query, source = parse_query(request, JobsQuery), source_of(request)
    after = query.after
    return await platform_of(request).readers.respond(request, lambda: _jobs(source, expid, query, after))


def _jobs(source: ExperimentSource, expid: str, query: JobsQuery, after: Cursor | None) -> Plan:
    experiment = source.find(expid)
    size = query.page_size
    page = query.page if size else 1
    matching = JobQuery(name=query.job_name or None, status=JobStatus[query.status] if query.status else None)
    asked = Asked(
        page=str(page),
        size=str(size) if size else None,
        offset=offset_of(page, size) if size else 0,
        limit=size,
        order=query.sort_by,
        descending=query.sort_desc,
        fields=query.fields,
        by_cursor=query.cursor is not None,
        cursor=after,
    )
    return Plan(
        render="mestral_experiments.render.jobs:jobs",
        args=(experiment, matching, query.view == "quick", asked),
        fingerprint=source.fingerprint(experiment, Part.JOBS),
        affinity=expid,
    )


HANDLERS = (jobs,)
