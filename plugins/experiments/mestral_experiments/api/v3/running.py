"""`/v3/ifrun` and `/v3/logrun` (contract/API_V3.md 2.6, 2.7)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan, ticking
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource
from mestral_experiments.views.running import (
    RunLogState,
    Running,
    is_running,
    no_run_log_state,
)

_CLOCK_SECONDS = 5
"""How old the age of a log may be."""


@get(
    "/v3/ifrun/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_ifrun",
    answers=Answers(body=Running, etag=True),
    summary="Whether an experiment runs",
)
async def ifrun(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """By its status; an experiment without one does not run."""
    source = source_of(request)
    return await respond(
        request, lambda: _running(source, expid), lambda message: Running(False, True, message)
    )


@get(
    "/v3/logrun/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_logrun",
    answers=Answers(body=RunLogState, etag=True),
    summary="Age of the newest log of a run, and whether the experiment runs",
)
async def logrun(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """It runs if its status says so; only one without a status if its log changed within 300 s."""
    source = source_of(request)
    return await respond(request, lambda: _log_age(source, expid), no_run_log_state)


def _running(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.v3:running",
        args=(is_running(experiment),),
        fingerprint=source.fingerprint(experiment),
        affinity=expid,
    )


def _log_age(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.logs:run_log_age",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment) + ticking(_CLOCK_SECONDS),
        affinity=expid,
    )


HANDLERS = (ifrun, logrun)
