"""`GET /v3/quick/{expid}` (contract/API_V3.md 2.16)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.messages import unread
from mestral_experiments.views.workflow.quick import Quick, no_quick

_FAILED = (
    "Exception: Autosubmit API couldn't open pkl file. If you are sure that your experiment is running "
    "correctly, try again: "
)


@get(
    "/v3/quick/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_quick",
    answers=Answers(body=Quick, etag=True),
    summary="All jobs, briefly: states and log files",
)
async def quick(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """From the job list and the wrappers alone."""
    source = source_of(request)
    return await respond(
        request, lambda: _plan(source, expid), lambda message: no_quick(_FAILED + unread(message))
    )


def _plan(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.quick:quick",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.JOBS, Part.WRAPPERS),
        affinity=expid,
    )


HANDLERS = (quick,)
