"""`GET /v4/experiments/{expid}/jobs/{job_name}` and below (contract/API_V4.md 4.2 and 4.3)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid, JobName
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.job import JobDetail
from mestral_experiments.views.relations import Children, Parents

_JOB = "/v4/experiments/{expid:str}/jobs/{job_name:str}"
_NO_EXPERIMENT = "There is no such experiment."


class RelativesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of parents and children."""

    include_status: Annotated[bool, Meta(description="Whether to tell the state of each job.")] = False


@get(
    _JOB,
    access=Access.READ,
    operation_id="experiments.job",
    answers=Answers(
        body=JobDetail,
        errors={
            404: "There is no such experiment, or no such job in it.",
            503: "The job list is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="One job",
)
async def detail(request: Request[Any, Any, Any], expid: Expid, job_name: JobName) -> Response[bytes]:
    """One job with what the configuration says about it and when it ran last."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _detail(source, expid, job_name))


@get(
    f"{_JOB}/parents",
    access=Access.READ,
    operation_id="experiments.job_parents",
    query=RelativesQuery,
    answers=Answers(
        body=Parents,
        errors={404: _NO_EXPERIMENT, 503: "The structure is damaged or cannot be read now."},
        etag=True,
    ),
    summary="Jobs that a job waits for",
)
async def parents(request: Request[Any, Any, Any], expid: Expid, job_name: JobName) -> Response[bytes]:
    """Direct parents, in the order they were stored; none for an unknown job."""
    query, source = parse_query(request, RelativesQuery), source_of(request)
    return await platform_of(request).readers.respond(
        request, lambda: _relatives(source, "parents", expid, job_name, query)
    )


@get(
    f"{_JOB}/children",
    access=Access.READ,
    operation_id="experiments.job_children",
    query=RelativesQuery,
    answers=Answers(
        body=Children,
        errors={404: _NO_EXPERIMENT, 503: "The structure is damaged or cannot be read now."},
        etag=True,
    ),
    summary="Jobs that wait for a job",
)
async def children(request: Request[Any, Any, Any], expid: Expid, job_name: JobName) -> Response[bytes]:
    """Direct children, by name; none for an unknown job."""
    query, source = parse_query(request, RelativesQuery), source_of(request)
    return await platform_of(request).readers.respond(
        request, lambda: _relatives(source, "children", expid, job_name, query)
    )


def _detail(source: ExperimentSource, expid: str, job_name: str) -> Plan:
    experiment = source.find(expid)
    parts = (Part.JOBS, Part.HISTORY, Part.CONFIGURATION, Part.WRAPPERS)
    return Plan(
        render="mestral_experiments.render.job:detail",
        args=(experiment, job_name),
        fingerprint=source.fingerprint(experiment, *parts),
        affinity=expid,
    )


def _relatives(
    source: ExperimentSource, render: str, expid: str, job_name: str, query: RelativesQuery
) -> Plan:
    experiment = source.find(expid)
    parts = (Part.STRUCTURE, Part.JOBS) if query.include_status else (Part.STRUCTURE,)
    return Plan(
        render=f"mestral_experiments.render.relations:{render}",
        args=(experiment, job_name, query.include_status),
        fingerprint=source.fingerprint(experiment, *parts),
        affinity=expid,
    )


HANDLERS = (detail, parents, children)
