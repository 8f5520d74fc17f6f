"""`GET /v3/graph/{expid}/{layout}/{grouped}` (contract/API_V3.md 2.14, 3)."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.params import PathParameter

from mestral import Access
from mestral.http import Answers, get, parse_params
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import existing, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource, Part
from mestral_experiments.views.workflow.graph import Graph, Grouping, no_graph

LayoutName = Annotated[
    str,
    PathParameter(
        description="`standard`: layers, parents above children. `laplacian`: jobs near their relatives.",
        schema_extra={"enum": ["standard", "laplacian"]},
    ),
]
GroupingName = Annotated[
    str,
    PathParameter(
        description="What to put together in `groups`.",
        schema_extra={"enum": ["none", "status", "date-member"]},
    ),
]


class _Kind(msgspec.Struct, frozen=True):
    layout: Literal["standard", "laplacian"]
    grouped: Grouping


@get(
    "/v3/graph/{expid:str}/{layout:str}/{grouped:str}",
    access=Access.READ,
    operation_id="experiments.v3_graph",
    answers=Answers(body=Graph, errors={422: "Layout or grouping is none of those."}, etag=True),
    summary="Jobs and what they wait for, laid out",
)
async def graph(
    request: Request[Any, Any, Any], expid: Expid, layout: LayoutName, grouped: GroupingName
) -> Response[bytes]:
    """Positions are stored ones where every job has one; else they are computed from jobs and edges, and stay
    as they are while only states change."""
    kind, source = parse_params({"layout": layout, "grouped": grouped}, _Kind), source_of(request)
    return await respond(request, lambda: _plan(source, expid, kind), no_graph)


def _plan(source: ExperimentSource, expid: str, kind: _Kind) -> Plan:
    experiment = existing(source, expid)
    return Plan(
        render="mestral_experiments.render.graph:graph",
        args=(experiment, kind.layout, kind.grouped),
        fingerprint=source.fingerprint(experiment, *WORKFLOW, Part.LAYOUT),
        affinity=expid,
    )


HANDLERS = (graph,)
