"""`GET /v4/experiments/{expid}/runs` and below it `/{run_id}/config` (contract/API_V4.md 5.1, 5.2)."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get
from mestral.readers import Plan, fingerprint
from mestral_experiments.api.parameters import AnyRunId, Expid, integer
from mestral_experiments.api.source import find_or_none, source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.runs.runs import RunConfiguration, RunList


@get(
    "/v4/experiments/{expid:str}/runs",
    access=Access.READ,
    operation_id="experiments.runs",
    answers=Answers(
        body=RunList,
        errors={404: "There is no such experiment.", 503: "The history is damaged or cannot be read now."},
        etag=True,
    ),
    summary="Runs of an experiment",
)
async def runs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """All runs by ascending id; none for an experiment that never ran."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _runs(source, expid))


@get(
    "/v4/experiments/{expid:str}/runs/{run_id:str}/config",
    access=Access.READ,
    operation_id="experiments.run_config",
    answers=Answers(
        body=RunConfiguration,
        errors={503: "The history, or what it holds of this run, is damaged or cannot be read now."},
        etag=True,
    ),
    summary="Configuration a run was made with",
)
async def run_config(request: Request[Any, Any, Any], expid: Expid, run_id: AnyRunId) -> Response[bytes]:
    """As Autosubmit stored it, without credentials; empty for an unknown experiment or run."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _run_config(source, expid, run_id))


def _runs(source: ExperimentSource, expid: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.runs:runs",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.HISTORY),
        affinity=expid,
    )


def _run_config(source: ExperimentSource, expid: str, text: str) -> Plan:
    experiment = find_or_none(source, expid)
    number = integer(text)
    return Plan(
        render="mestral_experiments.render.runs:configuration",
        args=(experiment, None if number is None else str(number)),
        fingerprint=source.fingerprint(experiment, Part.HISTORY) if experiment else fingerprint(()),
        affinity=expid,
    )


HANDLERS = (runs, run_config)
