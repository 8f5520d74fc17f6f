"""`GET /v4/experiments/{expid}/performance | statistics | summary | history`: figures for programs.

And `/performance.svg`, for people.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from msgspec import Meta

from mestral import Access, platform_of
from mestral.http import Answers, get, parse_query
from mestral.readers import Fingerprint, Plan, ticking
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.sources.protocol import TIMED, WORKFLOW, Part
from mestral_experiments.views.figures.figures import (
    HistoryFigures,
    PerformanceFigures,
    StatisticsFigures,
    SummaryFigures,
)
from mestral_experiments.views.figures.statistics import ANY, CLOCK_SECONDS

_ERRORS = {
    404: "There is no such experiment, or it lacks its folder, configuration or job list.",
    503: "Something of it is damaged or cannot be read now.",
}
_OF_HISTORY = {404: "There is no such experiment.", 503: "The history is damaged or cannot be read now."}


class StatisticsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs."""

    section: Annotated[str, Meta(description="Section of the configuration, exactly; `Any`: all.")] = ANY
    hours: Annotated[
        int,
        Meta(ge=0, le=10**7, description="Only what started or finished in so many last hours; 0: all."),
    ] = 0


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which job."""

    job_name: Annotated[str, Meta(description="Name of a job, exactly.")]


@get(
    "/v4/experiments/{expid:str}/performance",
    access=Access.READ,
    operation_id="experiments.performance",
    answers=Answers(body=PerformanceFigures, errors=_ERRORS, etag=True),
    summary="How fast and how costly the simulation is",
)
async def performance(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Of completed jobs of SIM; outliers among their run times are listed, and do not count."""
    return await _respond(request, expid, "timed:performance_figures", WORKFLOW)


@get(
    "/v4/experiments/{expid:str}/performance.svg",
    access=Access.READ,
    operation_id="experiments.performance_svg",
    answers=Answers(errors=_ERRORS, etag=True),
    summary="The speed of the simulation as a chart",
    media_type="image/svg+xml",
)
async def performance_svg(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """SVG without scripts and without anything from elsewhere: simulated years per day, and how long each
    completed job of SIM ran and waited. What is not considered, outliers above all, is marked."""
    return await _respond(request, expid, "timed:performance_picture", WORKFLOW, media_type="image/svg+xml")


@get(
    "/v4/experiments/{expid:str}/statistics",
    access=Access.READ,
    operation_id="experiments.statistics",
    query=StatisticsQuery,
    answers=Answers(body=StatisticsFigures, errors=_ERRORS, etag=True),
    summary="How often jobs were submitted, and what that cost",
)
async def statistics(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """From what jobs recorded themselves: the last retrials of every job."""
    query = parse_query(request, StatisticsQuery)
    return await _respond(
        request,
        expid,
        "statistics:statistics_figures",
        (Part.JOBS, Part.CONFIGURATION),
        query.hours,
        query.section,
        clock=lambda: ticking(CLOCK_SECONDS),
    )


@get(
    "/v4/experiments/{expid:str}/summary",
    access=Access.READ,
    operation_id="experiments.summary",
    answers=Answers(body=SummaryFigures, errors=_ERRORS, etag=True),
    summary="Jobs in each state, and mean times",
)
async def summary(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Jobs that wait or run count in the means only while the experiment is running."""
    return await _respond(request, expid, "timed:summary_figures", TIMED)


@get(
    "/v4/experiments/{expid:str}/history",
    access=Access.READ,
    operation_id="experiments.history",
    query=HistoryQuery,
    answers=Answers(body=HistoryFigures, errors=_OF_HISTORY, etag=True),
    summary="All attempts of one job",
)
async def history(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """Newest first; none for a job that never ran."""
    query = parse_query(request, HistoryQuery)
    return await _respond(request, expid, "history:history_figures", (Part.HISTORY,), query.job_name)


async def _respond(
    request: Request[Any, Any, Any],
    expid: str,
    render: str,
    parts: tuple[Part, ...],
    *args: object,
    clock: Callable[[], Fingerprint] = Fingerprint,
    media_type: str = "application/json",
) -> Response[bytes]:
    source = source_of(request)

    def plan() -> Plan:
        experiment = source.find(expid)
        return Plan(
            render=f"mestral_experiments.render.{render}",
            args=(experiment, *args),
            fingerprint=source.fingerprint(experiment, *parts) + clock(),
            affinity=expid,
            media_type=media_type,
        )

    return await platform_of(request).readers.respond(request, plan)


HANDLERS = (performance, performance_svg, statistics, summary, history)
