"""`GET /v3/stats/{expid}/{filter_period}/{filter_type}` (contract/API_V3.md 2.18)."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import PathParameter

from mestral import Access, Problem
from mestral.http import Answers, get
from mestral.readers import Plan, ticking
from mestral_experiments.api.parameters import Expid, integer
from mestral_experiments.api.source import existing, source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource, Part
from mestral_experiments.views.figures.statistics import CLOCK_SECONDS, Statistics, no_statistics

_LONGEST_HOURS = 10**9  # begins before any calendar

Hours = Annotated[
    str, PathParameter(description="Only what started or finished in so many last hours; 0: all.")
]
Section = Annotated[str, PathParameter(description="Only jobs of this section; `Any`: all.")]


@get(
    "/v3/stats/{expid:str}/{filter_period:str}/{filter_type:str}",
    access=Access.READ,
    operation_id="experiments.v3_stats",
    answers=Answers(body=Statistics, etag=True),
    summary="How often jobs were submitted, and what that cost",
)
async def stats(
    request: Request[Any, Any, Any], expid: Expid, filter_period: Hours, filter_type: Section
) -> Response[bytes]:
    """From what jobs recorded themselves. A job of the period counts with retrials before it, too."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid, filter_period, filter_type), no_statistics)


def _plan(source: ExperimentSource, expid: str, period: str, section: str) -> Plan:
    experiment = existing(source, expid)
    return Plan(
        render="mestral_experiments.render.statistics:statistics",
        args=(experiment, _hours(period), section),
        fingerprint=source.fingerprint(experiment, Part.JOBS, Part.CONFIGURATION) + ticking(CLOCK_SECONDS),
        affinity=expid,
    )


def _hours(text: str) -> int:
    """Hours as the contract reads integers; 0 for everything.

    Raises:
        Problem: 400 for what is none.
    """
    hours = integer(text)
    if hours is None:
        raise Problem(400, f"invalid literal for int() with base 10: {text!r}")
    return hours if 0 < hours < _LONGEST_HOURS else 0


HANDLERS = (stats,)
