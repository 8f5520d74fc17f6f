"""`GET /v4/experiments/{expid}/eta` (contract/API_V4.md 5.5)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Fingerprint, Plan, ticking
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.figures.eta import Eta
from mestral_experiments.views.running import is_running

_CLOCK_SECONDS = 5  # how old the time since the start of what is running may be


class EtaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the estimate."""

    section: Annotated[str, Meta(description="Section of the configuration, exactly.")] = "SIM"


@get(
    "/v4/experiments/{expid:str}/eta",
    access=Access.READ,
    operation_id="experiments.eta",
    query=EtaQuery,
    answers=Answers(
        body=Eta,
        errors={
            400: "The section has no jobs, or none of them has a chunk.",
            404: "There is no such experiment.",
            503: "The job list or the history is damaged or cannot be read now.",
        },
        etag=True,
    ),
    summary="How long a section still takes",
)
async def eta(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The figures of Autosubmit API, and a better `estimate`."""
    query, source = parse_query(request, EtaQuery), source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _eta(source, expid, query.section))


def _eta(source: ExperimentSource, expid: str, section: str) -> Plan:
    experiment = source.find(expid)
    running = is_running(experiment)
    return Plan(
        render="mestral_experiments.render.eta:eta",
        args=(experiment, section, running),
        fingerprint=source.fingerprint(experiment, Part.JOBS, Part.HISTORY)
        + (ticking(_CLOCK_SECONDS) if running else Fingerprint()),
        affinity=expid,
    )


HANDLERS = (eta,)
