"""All attempts of one job (contract/API_V3.md 2.19, METRICS.md 3, 6)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Attempt, Run
from mestral_experiments.views.jobtimes import JobTimes, hms
from mestral_experiments.views.runs.attempts import Ends, by_run
from mestral_experiments.views.runs.runspeed import with_speed
from mestral_experiments.views.runs.together import waits
from mestral_experiments.views.times import epoch_text
from mestral_experiments.views.units import sypd, years

_NOT_KNOWN: Literal["NA"] = "NA"


class AttemptRow(msgspec.Struct, frozen=True):
    """One attempt; what belongs to its run is "NA" where the run is not known."""

    counter: int | None
    created: Annotated[str | None, Meta(description="As stored: local time.")]
    submit: Annotated[str | None, Meta(description="ISO 8601 with offset.")]
    start: str | None
    finish: Annotated[str | None, Meta(description="Of one that runs: now.")]
    queue_time: Annotated[str, Meta(description="`H:MM:SS`, with days before it.")]
    run_time: str
    ncpus: int
    wallclock: str
    qos: str
    platform: str
    job_id: int
    nodes: int
    energy: Annotated[int | float, Meta(description="Joules.")]
    status: str
    ASYPD: float | str | None
    SYPD: float | str | None
    run_id: int | None
    run_created: str
    out: Annotated[str, Meta(description="Name of the log file.")]
    err: str


class JobHistory(msgspec.Struct, frozen=True):
    """Answer of `/v3/history/{expid}/{jobname}`: newest attempt first."""

    error: bool
    error_message: str
    history: Annotated[Sequence[AttemptRow] | None, Meta(description="Null without a history.")]
    path_to_logs: str


def no_history(message: str, path_to_logs: str = "") -> JobHistory:
    """The answer when there is no history."""
    return JobHistory(True, message, None, path_to_logs)


class Shown(msgspec.Struct, frozen=True):
    """One attempt with what follows from it.

    Attributes:
        attempt: The row.
        run: Its run, None when it is not known.
        times: Its times.
        wait: Seconds that it waited, without those of its wrapper.
        sypd, asypd: Simulated years per day; None where there is no speed.
    """

    attempt: Attempt
    run: Run | None
    times: JobTimes
    wait: int
    sypd: float | None
    asypd: float | None


def attempts_of_job(
    attempts: Sequence[Attempt],
    mates: Sequence[Attempt],
    runs: Sequence[Run],
    posts: Mapping[int | None, float],
    now: int,
) -> list[Shown]:
    """The attempts of a job, newest first.

    Args:
        attempts: All of the job.
        mates: All of the runs in which some of them were inside wrappers.
        runs: All runs by ascending id.
        posts: `post_seconds` of the runs.
        now: Epoch seconds.
    """
    ends = Ends(runs, now)
    known = {run.run_id: run for run in runs}
    times = [ends.times(attempt) for attempt in attempts]
    waited = _waits(attempts, mates, ends)
    found = [
        _shown(
            attempt,
            each,
            waited.get(n, each.queue),
            known.get(attempt.run_id) if attempt.run_id else None,
            posts,
        )
        for n, (attempt, each) in enumerate(zip(attempts, times, strict=True))
    ]
    found.reverse()
    found.sort(key=lambda shown: shown.attempt.counter or 0, reverse=True)
    return found


def job_history(found: Sequence[Shown], path_to_logs: str) -> JobHistory:
    """The history of a job.

    Args:
        found: Its attempts, newest first.
        path_to_logs: Folder of the logs.
    """
    return JobHistory(False, "", [_row(shown) for shown in found], path_to_logs)


def _waits(attempts: Sequence[Attempt], mates: Sequence[Attempt], ends: Ends) -> dict[int, int]:
    """Waits of those in wrappers by their position."""
    found: dict[int, int] = {}
    own = {id(attempt): n for n, attempt in enumerate(attempts)}
    for inside in by_run([*attempts, *mates]).values():
        for n, wait in waits(inside, ends.times).items():
            if id(inside[n]) in own:
                found[own[id(inside[n])]] = wait
    return found


def _shown(
    attempt: Attempt, times: JobTimes, wait: int, run: Run | None, posts: Mapping[int | None, float]
) -> Shown:
    speed: float | None = None
    slow: float | None = None
    if run is not None and with_speed(attempt):
        length = years(run.chunk_unit, run.chunk_size)
        speed = sypd(length, attempt.splits, times.run)
        slow = sypd(length, attempt.splits, wait + times.run + posts.get(run.run_id, 0))
    return Shown(attempt, run, times, wait, speed, slow)


def _row(shown: Shown) -> AttemptRow:
    attempt, times, run = shown.attempt, shown.times, shown.run
    return AttemptRow(
        attempt.counter,
        attempt.created,
        epoch_text(times.submit),
        epoch_text(times.start),
        epoch_text(times.finish),
        hms(shown.wait),
        hms(times.run),
        attempt.ncpus or 0,
        attempt.wallclock or "",
        attempt.qos or "debug",
        attempt.platform or _NOT_KNOWN,
        attempt.job_id or 0,
        attempt.nnodes or 0,
        attempt.energy or 0,
        attempt.status or "",
        _NOT_KNOWN if run is None else shown.asypd,
        _NOT_KNOWN if run is None else shown.sypd,
        attempt.run_id,
        (run.created if run is not None else None) or _NOT_KNOWN,
        attempt.out or "",
        attempt.err or "",
    )
