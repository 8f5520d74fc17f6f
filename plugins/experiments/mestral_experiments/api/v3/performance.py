"""`GET /v3/performance/{expid}` and `/v3/summary/{expid}` (contract/API_V3.md 2.11, 2.13)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import existing, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import TIMED, WORKFLOW, ExperimentSource
from mestral_experiments.views.figures.performance import Performance, no_performance
from mestral_experiments.views.figures.summary import Summary, no_summary
from mestral_experiments.views.messages import unread


@get(
    "/v3/summary/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_summary",
    answers=Answers(body=Summary, etag=True),
    summary="Jobs that wait, run or failed, and mean times",
)
async def summary(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Jobs that wait or run count in the means only while the experiment is running."""
    source = source_of(request)
    return await respond(
        request, lambda: _summary(source, expid), lambda message: no_summary(unread(message))
    )


@get(
    "/v3/performance/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_performance",
    answers=Answers(body=Performance, etag=True),
    summary="How fast and how costly the simulation is",
)
async def performance(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Of completed jobs of SIM, without outliers among their run times."""
    source = source_of(request)
    return await respond(request, lambda: _performance(source, expid), no_performance)


def _summary(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.timed:summary",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *TIMED),
        affinity=expid,
    )


def _performance(source: ExperimentSource, expid: str) -> Plan:
    experiment = existing(source, expid)
    return Plan(
        render="mestral_experiments.render.timed:performance",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *WORKFLOW),
        affinity=expid,
    )


HANDLERS = (summary, performance)
