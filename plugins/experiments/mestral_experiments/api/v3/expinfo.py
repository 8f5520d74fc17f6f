"""`GET /v3/expinfo/{expid}` (contract/API_V3.md 2.2)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.expinfo import ExperimentInfo, no_experiment_info


@get(
    "/v3/expinfo/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_expinfo",
    answers=Answers(body=ExperimentInfo, etag=True),
    summary="An experiment as a whole",
)
async def expinfo(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Its folder, description, configuration and newest run; what is missing is said and left out."""
    source = source_of(request)
    return await respond(
        request, lambda: _plan(source, expid), lambda message: no_experiment_info(expid, (message,))
    )


def _plan(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    facts, looked = source.facts(experiment)  # here: no fingerprint tells that somebody looked into a folder
    return Plan(
        render="mestral_experiments.render.expinfo:expinfo",
        args=(experiment, facts),
        fingerprint=source.fingerprint(experiment, Part.JOBS, Part.HISTORY, Part.CONFIGURATION) + looked,
        affinity=expid,
    )


HANDLERS = (expinfo,)
