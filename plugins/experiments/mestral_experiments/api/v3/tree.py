"""`GET /v3/tree/{expid}`, `/v3/pkltreeinfo`, `/v3/pklinfo` (contract/API_V3.md 2.15, 2.17, 4)."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import PathParameter

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource
from mestral_experiments.views.workflow.pkl import PklInfo, PklTreeInfo, no_pkl_info, no_pkl_tree_info
from mestral_experiments.views.workflow.tree import NoTree, Tree, no_tree

Timestamp = Annotated[str, PathParameter(description="Any text; clients send 0.")]


@get(
    "/v3/tree/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_tree",
    answers=Answers(body=(Tree, NoTree), etag=True),
    summary="Jobs as a tree of dates, members, sections and wrappers",
)
async def tree(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Every job once below its member, and once more below its wrapper."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid, "tree"), no_tree)


@get(
    "/v3/pkltreeinfo/{expid:str}/{timestamp:str}",
    access=Access.READ,
    operation_id="experiments.v3_pkltreeinfo",
    answers=Answers(body=PklTreeInfo, etag=True),
    summary="Jobs for the monitor of the tree",
)
async def pkltreeinfo(request: Request[Any, Any, Any], expid: Expid, timestamp: Timestamp) -> Response[bytes]:
    """To be polled: as long as nothing changed it costs next to nothing."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid, "pkltreeinfo"), no_pkl_tree_info)


@get(
    "/v3/pklinfo/{expid:str}/{timestamp:str}",
    access=Access.READ,
    operation_id="experiments.v3_pklinfo",
    answers=Answers(body=PklInfo, etag=True),
    summary="Jobs for the monitor of the graph",
)
async def pklinfo(request: Request[Any, Any, Any], expid: Expid, timestamp: Timestamp) -> Response[bytes]:
    """To be polled, as `pkltreeinfo`."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid, "pklinfo"), no_pkl_info)


def _plan(source: ExperimentSource, expid: str, render: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render=f"mestral_experiments.render.tree:{render}",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *WORKFLOW),
        affinity=expid,
    )


HANDLERS = (tree, pkltreeinfo, pklinfo)
