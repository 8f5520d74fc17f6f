"""`GET /v4/experiments/{expid}/wrappers` (contract/API_V4.md 4.4)."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.relations import WrapperList


@get(
    "/v4/experiments/{expid:str}/wrappers",
    access=Access.READ,
    operation_id="experiments.wrappers",
    answers=Answers(
        body=WrapperList,
        errors={
            404: "There is no such experiment.",
            503: "The wrappers are damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="Wrappers of an experiment",
)
async def wrappers(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The wrappers and the jobs in them, or previews of wrappers where there are no real ones."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _wrappers(source, expid))


def _wrappers(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.relations:wrappers",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.WRAPPERS),
        affinity=expid,
    )


HANDLERS = (wrappers,)
