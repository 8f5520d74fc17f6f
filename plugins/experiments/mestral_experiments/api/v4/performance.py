"""`GET /v4/experiments/{expid}/performance.svg`."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource


@get(
    "/v4/experiments/{expid:str}/performance.svg",
    access=Access.READ,
    operation_id="experiments.performance_svg",
    answers=Answers(
        errors={
            404: "There is no such experiment, or it has no job list.",
            503: "The job list or the configuration is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="The speed of the simulation as a chart",
    media_type="image/svg+xml",
)
async def performance_svg(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """SVG without scripts and without anything from elsewhere: simulated years per day, and how long each
    completed job of SIM waited and ran. Jobs that do not count, outliers among them, are marked."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _performance_svg(source, expid))


def _performance_svg(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.timed:performance_picture",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, *WORKFLOW),
        media_type="image/svg+xml",
        affinity=expid,
    )


HANDLERS = (performance_svg,)
