"""`GET /v3/cconfig/{expid}` (contract/API_V3.md 2.1)."""

from typing import Any

from litestar import Request, Response

from mestral import Access
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import current_user, existing, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.comparison import ConfigurationComparison, not_compared


@get(
    "/v3/cconfig/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_cconfig",
    answers=Answers(body=ConfigurationComparison, etag=True),
    summary="Configuration of the newest run beside that of the files, and where they differ",
)
async def cconfig(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Without credentials and without the server's environment."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid), not_compared)


def _plan(source: ExperimentSource, expid: str) -> Plan:
    experiment = existing(source, expid)
    return Plan(
        render="mestral_experiments.render.configuration:comparison",
        args=(experiment, source.server_settings(), current_user()),
        fingerprint=source.fingerprint(experiment, Part.CONFIGURATION, Part.HISTORY),
        affinity=expid,
    )


HANDLERS = (cconfig,)
