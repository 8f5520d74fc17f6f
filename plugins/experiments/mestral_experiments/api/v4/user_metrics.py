"""`/v4/experiments/{expid}/user-metrics-runs`, `/runs/{run_id}/user-metrics` (contract/API_V4.md 5.4)."""

from typing import Any

from litestar import Request, Response

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_params
from mestral.readers import Plan, fingerprint
from mestral_experiments.api.parameters import Expid, RunId, RunPath
from mestral_experiments.api.source import find_or_none, source_of
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.metrics import MetricRuns, Metrics

_UNREADABLE = "The user metrics are damaged or cannot be read now."


@get(
    "/v4/experiments/{expid:str}/user-metrics-runs",
    access=Access.READ,
    operation_id="experiments.user_metrics_runs",
    answers=Answers(body=MetricRuns, errors={503: _UNREADABLE}, etag=True),
    summary="Runs that have user metrics",
)
async def user_metrics_runs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Newest first; none for an unknown experiment."""
    source = source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _metrics_runs(source, expid))


@get(
    "/v4/experiments/{expid:str}/runs/{run_id:str}/user-metrics",
    access=Access.READ,
    operation_id="experiments.user_metrics",
    answers=Answers(
        body=Metrics,
        errors={404: "There is no such experiment.", 422: "The run is no integer.", 503: _UNREADABLE},
        etag=True,
    ),
    summary="User metrics of a run",
)
async def user_metrics(request: Request[Any, Any, Any], expid: Expid, run_id: RunId) -> Response[bytes]:
    """In the order they were recorded; none for an unknown run."""
    run, source = parse_params({"run_id": run_id}, RunPath), source_of(request)
    return await platform_of(request).readers.respond(request, lambda: _metrics(source, expid, run))


def _metrics_runs(source: ExperimentSource, expid: str) -> Plan:
    experiment = find_or_none(source, expid)
    return Plan(
        render="mestral_experiments.render.runs:metric_run_ids",
        args=(experiment,),
        fingerprint=source.fingerprint(experiment, Part.METRICS) if experiment else fingerprint(()),
        affinity=expid,
    )


def _metrics(source: ExperimentSource, expid: str, run: RunPath) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render="mestral_experiments.render.runs:user_metrics",
        args=(experiment, str(run.run_id)),
        fingerprint=source.fingerprint(experiment, Part.METRICS),
        affinity=expid,
    )


HANDLERS = (user_metrics_runs, user_metrics)
