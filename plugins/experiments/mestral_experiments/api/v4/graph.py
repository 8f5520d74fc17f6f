"""`GET /v4/experiments/{expid}/graph` and its picture, `/graph.svg`."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource, Part
from mestral_experiments.views.workflow.workflowgraph import WorkflowGraph

_ERRORS = {
    404: "There is no such experiment, or it lacks its folder, configuration or job list.",
    503: "The job list or the configuration is damaged or cannot be read now.",
}


class GraphQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the graph."""

    layout: Annotated[
        Literal["standard", "laplacian"],
        Meta(
            description="`standard`: layers, parents above children; stored places where every job has one. "
            "`laplacian`: jobs near their relatives."
        ),
    ] = "standard"


@get(
    "/v4/experiments/{expid:str}/graph",
    access=Access.READ,
    operation_id="experiments.graph",
    query=GraphQuery,
    answers=Answers(body=WorkflowGraph, errors=_ERRORS, etag=True),
    summary="Jobs of an experiment and what they wait for, laid out",
)
async def graph(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """All that is known of every job, and its place, which stays as it is while only states change. What
    cannot be read of history, structure and wrappers counts as empty."""
    query, source = parse_query(request, GraphQuery), source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _graph(source, expid, query))


@get(
    "/v4/experiments/{expid:str}/graph.svg",
    access=Access.READ,
    operation_id="experiments.graph_svg",
    answers=Answers(errors=_ERRORS, etag=True),
    summary="The graph of an experiment as a picture",
    media_type="image/svg+xml",
)
async def graph_svg(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """SVG without scripts and without anything from elsewhere: jobs coloured by state, their wrappers around
    them, parents above children. Whoever points at a job sees its name, state and times. More than 400 jobs
    are marks, whose shapes are their sections."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _graph_svg(source, expid))


def _graph(source: ExperimentSource, expid: str, query: GraphQuery) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.graph:v4_graph",
        args=(experiment, query.layout),
        fingerprint=source.fingerprint(experiment, *WORKFLOW, Part.LAYOUT),
        affinity=expid,
    )


def _graph_svg(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.graph:picture",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *WORKFLOW),
        media_type="image/svg+xml",
        affinity=expid,
    )


HANDLERS = (graph, graph_svg)
