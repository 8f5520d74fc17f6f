"""Statistics, performance, summary and histories of jobs for programs: what v3 shows, with plain names.

Guarantees: the same numbers as v3, of which these are made; seconds are numbers, times are ISO 8601 in UTC,
what cannot be computed is null and never 0. What did not wait or run, as far as is known, did so for 0 s.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import JobStatus
from mestral_experiments.views.figures import performance as v3
from mestral_experiments.views.figures import statistics as stats
from mestral_experiments.views.figures.summary import Tally, Total
from mestral_experiments.views.runs.jobhistory import Shown
from mestral_experiments.views.times import moment, utc_text

Speed = Annotated[float | None, Meta(description="Simulated years per day; null where there is none.")]


class Platform(msgspec.Struct, frozen=True):
    """Where the simulation runs. `cf` is in grams of CO2 for each MWh, `pue` a ratio; null when unknown."""

    name: str | None
    cf: float | None
    pue: float | None


class JobFigures(msgspec.Struct, frozen=True, gc=False):
    """One completed job of the simulation. `considered`: it is no outlier, and counts in what all did."""

    name: str
    chunk: int | None
    considered: bool
    queue_seconds: int
    run_seconds: int
    simulated_years: float | None
    sypd: Speed
    asypd: Speed
    core_hours_per_simulated_year: float | None
    joules_per_simulated_year: float | None
    energy_joules: float | None
    footprint_g_co2: float | None
    processing_elements: int


class PerformanceFigures(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/performance`.

    `asypd` counts waiting and post-processing, `rsypd` all from the first start to the last transfer.
    """

    simulated_years: float | None
    sypd: Speed
    asypd: Speed
    rsypd: Speed
    core_hours_per_simulated_year: float | None
    joules_per_simulated_year: float | None
    energy_joules: float | None
    footprint_g_co2: float | None
    processing_elements: int | None
    platform: Platform
    jobs: Sequence[JobFigures]
    warnings: Sequence[str]


def performance_figures(found: v3.Performance) -> PerformanceFigures:
    """The same figures."""
    place, simulated = found.platform_info, bool(found.SY)
    return PerformanceFigures(
        found.SY or None,
        found.SYPD if simulated else None,
        found.ASYPD if simulated else None,
        found.RSYPD or None,
        found.CHSY if simulated else None,
        found.JPSY if simulated and found.Total_energy else None,
        found.Total_energy or None,
        found.Total_footprint or None,
        found.Parallelization,
        Platform(place.name or None, place.CF or None, place.PUE or None),
        [
            _job(row, counts)
            for rows, counts in ((found.considered, True), (found.not_considered, False))
            for row in rows
        ],
        found.warnings_job_data,
    )


def _job(row: v3.JobPerformance, considered: bool) -> JobFigures:
    simulated = row.yps > 0 and row.running > 0
    return JobFigures(
        row.name,
        row.chunk,
        considered,
        row.queue,
        row.running,
        row.yps or None,
        row.SYPD if simulated else None,
        row.ASYPD if simulated else None,
        row.CHSY if simulated else None,
        row.JPSY if simulated and row.energy else None,
        row.energy or None,
        row.footprint or None,
        row.ncpus,
    )


class Spent(msgspec.Struct, frozen=True, gc=False):
    """Submissions that ended in one way, and the seconds that they waited and ran together."""

    submissions: int
    queue_seconds: int
    run_seconds: int


class JobCost(msgspec.Struct, frozen=True, gc=False):
    """The last retrials of one job. `submissions` counts those that are not over, too."""

    name: str
    processing_elements: int
    wallclock_seconds: Annotated[int, Meta(description="What it may run at most, each time; 0 when unknown.")]
    submissions: int
    completed: Spent
    failed: Spent


class StatisticsFigures(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/statistics`; jobs in order of date, member, section and chunk."""

    since: Annotated[str | None, Meta(description="ISO 8601, UTC; null: everything.")]
    until: Annotated[str | None, Meta(description="ISO 8601, UTC: now, by the minute.")]
    submissions: int
    completed: Spent
    failed: Spent
    core_hours: Annotated[float, Meta(description="Used by all of them.")]
    expected_core_hours: Annotated[float, Meta(description="What their wallclocks allow, once for each job.")]
    jobs: Sequence[JobCost]


def statistics_figures(found: stats.Statistics, asked: stats.Asked) -> StatisticsFigures:
    """The same figures; without jobs where v3 has an error."""
    rows = found.Statistics.JobStatistics if found.Statistics is not None else ()
    jobs = [_cost(row) for row in rows]
    return StatisticsFigures(
        utc_text(moment(asked.since)),
        utc_text(moment(asked.now)),
        sum(job.submissions for job in jobs),
        _together([job.completed for job in jobs]),
        _together([job.failed for job in jobs]),
        found.summary.cpuConsumption if found.summary is not None else 0.0,
        found.summary.expectedCpuConsumption if found.summary is not None else 0.0,
        jobs,
    )


def _cost(row: stats.JobStatistics) -> JobCost:
    return JobCost(
        row.name,
        row.processors,
        _seconds(row.wallclock),
        row.submittedCount,
        Spent(row.completedCount, _seconds(row.completedQueueTime), _seconds(row.completedRunTime)),
        Spent(row.failedCount, _seconds(row.failedQueueTime), _seconds(row.failedRunTime)),
    )


def _together(parts: Sequence[Spent]) -> Spent:
    return Spent(
        sum(part.submissions for part in parts),
        sum(part.queue_seconds for part in parts),
        sum(part.run_seconds for part in parts),
    )


def _seconds(hours: float) -> int:
    return round(hours * 3600)


class Means(msgspec.Struct, frozen=True):
    """Mean seconds of so many jobs, null of none."""

    queue_seconds: float | None
    queue_jobs: int
    run_seconds: float | None
    run_jobs: int


class SummaryFigures(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/summary`. `suspicious`: the job list and the job itself disagree."""

    counters: Annotated[Mapping[str, int], Meta(description="Jobs by the name of their state.")]
    suspicious: int
    times: Means
    sim_jobs: Annotated[int, Meta(description="Jobs with `SIM` as a part of their name.")]
    sim_times: Means
    failed_jobs: Sequence[str]


def summary_figures(counted: Tally, failed_jobs: Sequence[str]) -> SummaryFigures:
    """The same figures."""
    states = {state.name: counted.states[state.name] for state in JobStatus}
    return SummaryFigures(
        states,
        counted.states.total() - sum(states.values()),
        _means(counted.queue, counted.run),
        counted.sims,
        _means(counted.sim_queue, counted.sim_run),
        failed_jobs,
    )


def _means(queue: Total, run: Total) -> Means:
    return Means(_mean(queue), queue.jobs, _mean(run), run.jobs)


def _mean(total: Total) -> float | None:
    return total.seconds / total.jobs if total.jobs else None


class AttemptFigures(msgspec.Struct, frozen=True):
    """One attempt of a job. Times are ISO 8601, UTC; null where they are not known."""

    counter: int | None
    run_id: int | None
    status: str | None
    submit: str | None
    start: str | None
    finish: str | None
    queue_seconds: int
    run_seconds: int
    sypd: Speed
    asypd: Speed
    platform: str | None
    queue: str | None
    processors: int | None
    nodes: int | None
    wallclock: str | None
    remote_id: int | None
    energy_joules: float | None
    out: Annotated[str | None, Meta(description="Name of the log file.")]
    err: str | None


class HistoryFigures(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/history`: newest attempt first."""

    job_name: str
    attempts: Sequence[AttemptFigures]


def history_figures(job_name: str, found: Sequence[Shown]) -> HistoryFigures:
    """The same attempts."""
    return HistoryFigures(job_name, [_attempt(shown) for shown in found])


def _attempt(shown: Shown) -> AttemptFigures:
    attempt, times = shown.attempt, shown.times
    return AttemptFigures(
        attempt.counter,
        attempt.run_id,
        attempt.status,
        utc_text(moment(times.submit)),
        utc_text(moment(times.start)),
        utc_text(moment(times.finish)),
        shown.wait,
        times.run,
        shown.sypd,
        shown.asypd,
        attempt.platform,
        attempt.qos,
        attempt.ncpus or None,
        attempt.nnodes or None,
        attempt.wallclock,
        attempt.job_id or None,
        attempt.energy or None,
        attempt.out,
        attempt.err,
    )
