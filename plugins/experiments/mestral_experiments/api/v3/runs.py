"""`GET /v3/runs/{expid}` and `/v3/rundetail/{expid}/{runid}` (contract/API_V3.md 2.5, 2.20, 5)."""

from typing import Any

from litestar import Request, Response

from mestral import Access, not_found
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import AnyRunId, Expid, integer
from mestral_experiments.api.source import existing, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.runs.rundetail import NO_RUN, RunDetail
from mestral_experiments.views.runs.runhistory import Runs, no_runs
from mestral_experiments.views.workflow.tree import NoTree, no_tree


@get(
    "/v3/runs/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_runs",
    answers=Answers(body=Runs, etag=True),
    summary="Runs of an experiment and how fast they were",
)
async def runs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Newest first; from the history alone."""
    source = source_of(request)
    return await respond(request, lambda: _runs(source, expid), no_runs)


@get(
    "/v3/rundetail/{expid:str}/{runid:str}",
    access=Access.READ,
    operation_id="experiments.v3_rundetail",
    answers=Answers(body=(RunDetail, NoTree), etag=True),
    summary="Attempts of one run as a tree of dates, members, sections and wrappers",
)
async def rundetail(request: Request[Any, Any, Any], expid: Expid, runid: AnyRunId) -> Response[bytes]:
    """Every attempt once below its member, and once more below its wrapper."""
    source = source_of(request)
    return await respond(request, lambda: _rundetail(source, expid, runid), no_tree)


def _runs(source: ExperimentSource, expid: str) -> Plan:
    experiment = existing(source, expid)
    return Plan(
        render="mestral_experiments.render.history:runs",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.HISTORY, Part.CONFIGURATION),
        affinity=expid,
    )


def _rundetail(source: ExperimentSource, expid: str, runid: str) -> Plan:
    experiment, number = source.find(expid), integer(runid)
    if number is None:
        raise not_found(NO_RUN)
    return Plan(
        render="mestral_experiments.render.history:detail",
        args=(experiment, str(number)),
        fingerprint=source.fingerprint(experiment, Part.HISTORY),
        affinity=expid,
    )


HANDLERS = (runs, rundetail)
