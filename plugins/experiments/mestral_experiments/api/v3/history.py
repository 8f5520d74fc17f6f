"""`GET /v3/history/{expid}/{jobname}` (contract/API_V3.md 2.19)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid, JobName
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.runs.jobhistory import JobHistory, no_history


@get(
    "/v3/history/{expid:str}/{jobname:str}",
    access=Access.READ,
    operation_id="experiments.v3_history",
    answers=Answers(body=JobHistory, etag=True),
    summary="All attempts of one job",
)
async def history(request: Request[Any, Any, Any], expid: Expid, jobname: JobName) -> Response[bytes]:
    """Newest first; none for a job that never ran."""
    source = source_of(request)
    return await respond(request, lambda: _history(source, expid, jobname), no_history)


def _history(source: ExperimentSource, expid: str, jobname: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.history:history",
        args=(experiment, jobname),
        fingerprint=source.fingerprint(experiment, Part.HISTORY),
        affinity=expid,
    )


HANDLERS = (history,)
