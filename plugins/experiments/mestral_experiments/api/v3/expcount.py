"""`GET /v3/expcount/{expid}` (contract/API_V3.md 2.3)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.counters import Counters, not_counted
from mestral_experiments.views.messages import unread


@get(
    "/v3/expcount/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_expcount",
    answers=Answers(body=Counters, etag=True),
    summary="Number of jobs in each state",
)
async def expcount(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Counted from the job list."""
    source = source_of(request)
    return await respond(
        request,
        lambda: _expcount(source, expid),
        lambda message: not_counted(expid, unread(message)),
    )


def _expcount(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.v3:counters",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.JOBS),
        affinity=expid,
    )


HANDLERS = (expcount,)
