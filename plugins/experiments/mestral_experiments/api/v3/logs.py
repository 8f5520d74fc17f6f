"""`/v3/exprun`, `/v3/exp-recovery-logs` and `/v3/joblog` (contract/API_V3.md 2.8 to 2.10)."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import PathParameter

from mestral import Access, invalid
from mestral.http import Answers, get
from mestral.readers import Plan
from mestral_experiments.api.parameters import Expid
from mestral_experiments.api.source import source_of
from mestral_experiments.api.v3.answers import respond
from mestral_experiments.sources.protocol import ExperimentSource
from mestral_experiments.views.logs import LogEnd, PlatformLogs, no_log, no_platform_logs

LogFile = Annotated[
    str,
    PathParameter(
        description="Name of the file, which begins with that of its experiment. One that was compressed "
        "meanwhile is found by its former name."
    ),
]


@get(
    "/v3/exprun/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_exprun",
    answers=Answers(body=LogEnd, etag=True),
    summary="End of the newest log of a run",
)
async def exprun(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The last 150 lines; `found` is false for an experiment without logs."""
    source = source_of(request)
    return await respond(
        request, lambda: _plan(source, expid, "run_log"), lambda message: no_log("", message)
    )


@get(
    "/v3/exp-recovery-logs/{expid:str}",
    access=Access.READ,
    operation_id="experiments.v3_recovery_logs",
    answers=Answers(body=PlatformLogs, etag=True),
    summary="Ends of the logs of fetching logs from each platform",
)
async def recovery_logs(request: Request[Any, Any, Any], expid: Expid) -> Response[bytes]:
    """The last 150 lines of the newest one of each platform; none for an experiment without logs."""
    source = source_of(request)
    return await respond(request, lambda: _plan(source, expid, "recovery_logs"), no_platform_logs)


@get(
    "/v3/joblog/{logfile:str}",
    access=Access.READ,
    operation_id="experiments.v3_joblog",
    answers=Answers(body=LogEnd, etag=True),
    summary="End of a log of a job",
)
async def joblog(request: Request[Any, Any, Any], logfile: LogFile) -> Response[bytes]:
    """The last 150 lines; `found` is false when there is no such file."""
    source = source_of(request)
    return await respond(request, lambda: _job_log(source, logfile), lambda message: no_log(logfile, message))


def _plan(source: ExperimentSource, expid: str, function: str, *more: str) -> Plan:
    experiment = source.find(expid)
    return Plan(
        render=f"mestral_experiments.render.logs:{function}",
        args=(experiment, *more),
        fingerprint=source.fingerprint(experiment),
        affinity=expid,
    )


def _job_log(source: ExperimentSource, name: str) -> Plan:
    if name in (".", ".."):  # the only texts without a slash that lead out of a folder
        raise invalid("Unsafe log file path")
    return _plan(source, name.partition("_")[0], "job_log", name)


HANDLERS = (exprun, recovery_logs, joblog)
