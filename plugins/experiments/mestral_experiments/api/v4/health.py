"""`GET /v4/experiments/{expid}/health`: which parts of an experiment's data can be used, and why not."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan, ticking
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.health import ExperimentHealth

_CLOCK_SECONDS = 5  # ages are shown, and logs have no fingerprint


@get(
    "/v4/experiments/{expid:str}/health",
    access=Access.READ,
    operation_id="experiments.health",
    answers=Answers(
        body=ExperimentHealth,
        errors={404: "There is no such experiment.", 503: "The main database cannot be read now."},
        etag=True,
    ),
    summary="Condition of an experiment's data",
)
async def health(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Job list, structure, history, configuration, logs, wrappers and layout: whether they can be read, what
    was found, how large and how old it is. The answer is 200 whatever the condition."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _plan(source, expid))


def _plan(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.health:health",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *Part) + ticking(_CLOCK_SECONDS),
        affinity=expid,
    )


HANDLERS = (health,)
