"""How fast and how costly the simulation of an experiment is (contract/API_V3.md 2.13, METRICS.md 5).

Guarantees: a chunk that is split into several jobs counts once; the energy of a wrapper counts once. Numbers
are rounded where the contract rounds them, and nowhere else. Linear in jobs, save sorting.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Footprint, Job, Resources, Run, Settings, Times
from mestral_experiments.views.figures.outliers import considered
from mestral_experiments.views.jobtimes import JobTimes
from mestral_experiments.views.runs.runspeed import POST, SIM
from mestral_experiments.views.runs.together import Submitted, submitted
from mestral_experiments.views.units import SECONDS_PER_DAY, years

TRANSFER, CLEAN = "TRANSFER", "CLEAN"
SECTIONS = frozenset((SIM, POST, TRANSFER, CLEAN))
"""The jobs that it is made of, once they are completed."""

_JOULES_PER_MWH = 3.6e9
_SECONDS_PER_HOUR = 3600

_NO_ENERGY = "has no energy information and is not going to be considered for energy calculations."
_OUTLIER = "is an outlier and is not considered."
_NO_SIM = "We couldn't find COMPLETED SIM jobs in the experiment."
_NO_POST = "We couldn't find COMPLETED POST jobs in the experiment. ASYPD can't be calculated."
_NO_END = (
    "RSYPD | There are no TRANSFER nor CLEAN (COMPLETED) jobs in the experiment, RSYPD cannot be computed."
)
_NO_TRANSFER = (
    "RSYPD | There are no TRANSFER (COMPLETED) jobs in the experiment. "
    "We will use (COMPLETED) CLEAN jobs to compute RSYPD."
)


class Done(msgspec.Struct, frozen=True):
    """A completed job of one of the `SECTIONS`, with its times and the row of the history that tells them."""

    job: Job
    times: JobTimes
    row: Times | None


class PlatformInfo(msgspec.Struct, frozen=True):
    """Where the simulation runs."""

    name: Annotated[str, Meta(description="Empty when it is not known.")]
    CF: Annotated[float, Meta(description="Carbon footprint, g CO2 / MWh; 0 when it is not known.")]
    PUE: Annotated[float, Meta(description="Power usage effectiveness, a ratio; 0 when it is not known.")]


class JobPerformance(msgspec.Struct, frozen=True, gc=False):
    """One completed job of SIM; 0 for what cannot be computed."""

    name: str
    queue: Annotated[int, Meta(description="Seconds that it waited, without those of its wrapper.")]
    running: Annotated[int, Meta(description="Seconds that it ran.")]
    CHSY: Annotated[float, Meta(description="Core hours per simulated year.")]
    SYPD: Annotated[float, Meta(description="Simulated years per day.")]
    ASYPD: Annotated[float, Meta(description="The same with waiting and post-processing.")]
    JPSY: Annotated[float, Meta(description="Joules per simulated year.")]
    energy: Annotated[int | float, Meta(description="Joules; an equal share of those of its wrapper.")]
    yps: Annotated[float, Meta(description="Years that it simulated.")]
    ncpus: Annotated[int, Meta(description="Processing elements, as configured.")]
    chunk: int | None
    footprint: Annotated[float, Meta(description="g CO2.")]


class Performance(msgspec.Struct, frozen=True):
    """Answer of `/v3/performance/{expid}`; in a failure what would be computed is null."""

    SY: Annotated[float | None, Meta(description="Simulated years.")]
    SYPD: Annotated[float | None, Meta(description="Simulated years per day; 0 when not computable.")]
    ASYPD: Annotated[float | None, Meta(description="The same with waiting and post-processing.")]
    RSYPD: Annotated[float | None, Meta(description="The same from the first start to the last transfer.")]
    CHSY: Annotated[float | None, Meta(description="Core hours per simulated year.")]
    JPSY: Annotated[float | None, Meta(description="Joules per simulated year.")]
    Parallelization: Annotated[int | None, Meta(description="Processing elements of a SIM job.")]
    PE: Annotated[int | None, Meta(description="The same.")]
    Total_energy: Annotated[int | float, Meta(description="Joules.")]
    Total_footprint: Annotated[float, Meta(description="g CO2.")]
    platform_info: PlatformInfo
    considered: Sequence[JobPerformance]
    not_considered: Annotated[Sequence[JobPerformance], Meta(description="Outliers, and jobs without times.")]
    error: bool
    error_message: str
    warnings_job_data: Sequence[str]
    splits_corrected: Annotated[
        bool,
        Meta(description="Whether chunks are split into several jobs, which 4.2.0 counted as whole ones."),
    ]


def no_performance(message: str) -> Performance:
    """The failure with its message."""
    nothing = (None,) * 8
    return Performance(*nothing, 0, 0.0, PlatformInfo("", 0.0, 0.0), (), (), True, message, (), False)


def performance(
    done: Sequence[Done],
    settings: Settings | None,
    runs: Mapping[int, Run],
    energies: Mapping[Submitted, float],
    wrappers: Mapping[str, str],
) -> Performance:
    """The performance of an experiment.

    Args:
        done: All completed jobs of the `SECTIONS`, in list order.
        settings: None without a configuration.
        runs: By number.
        energies: See `together.energies`; at least of the attempts of SIM.
        wrappers: The wrapper of every wrapped job.
    """
    place = settings.resources_of(SIM) if settings is not None else Resources()
    platform, warnings = _platform(place.platform, settings)
    sims, posts, transfers, cleans = (
        [one for one in done if one.job.section == section] for section in (SIM, POST, TRANSFER, CLEAN)
    )
    took = [one.times.queue + one.times.run for one in posts]
    post = round(sum(took) / len(took), 4) if took else 0.0
    valid = considered([one.times.run for one in sims])
    rows: list[JobPerformance] = []
    others: list[JobPerformance] = []
    years_of = _years(settings, runs)
    for one, counts in zip(sims, valid, strict=True):
        used = energies.get(submitted(one.row), 0) if one.row is not None else 0
        row = _job(one, years_of(one), used, place.elements, post if counts else 0.0, platform)
        (rows if counts else others).append(row)
    simulated = sum(row.yps for row in rows)
    ran, waited = sum(row.running for row in rows), sum(row.queue for row in rows)
    measured = len([row for row in rows if row.energy > 0])
    energy = sum(row.energy for row in rows)
    begun = [one.times.start for one in compress(sims, valid)]
    ended = [one.times.finish for one in transfers or cleans]
    return Performance(
        SY=simulated,
        SYPD=_per_day(simulated, ran, 4),
        ASYPD=_per_day(simulated, ran + waited + post if rows else 0, 4),
        RSYPD=_per_day(simulated, _from_first_to_last(begun, ended), 4),
        CHSY=round(sum(row.CHSY for row in rows) / len(rows), 4) if rows else 0.0,
        JPSY=round(sum(row.JPSY for row in rows) / measured, 4) if measured else 0.0,
        Parallelization=place.elements,
        PE=place.elements,
        Total_energy=energy,
        Total_footprint=_footprint(energy, platform),
        platform_info=platform,
        considered=rows,
        not_considered=others,
        error=False,
        error_message="",
        warnings_job_data=[
            *warnings,
            *(_about(row, _NO_ENERGY, wrappers) for row in rows if not row.energy),
            *(_about(row, _OUTLIER, wrappers) for row in others),
            *([] if sims else [_NO_SIM]),
            *([] if posts else [_NO_POST]),
            *([] if transfers else [_NO_TRANSFER if cleans else _NO_END]),
        ],
        splits_corrected=any((one.job.splits or 1) > 1 for one in sims),
    )


def _job(
    one: Done, length: float, energy: float, elements: int, post: float, platform: PlatformInfo
) -> JobPerformance:
    """One job (METRICS.md 5.6, 5.9).

    Args:
        one: The job.
        length: Years that it simulated.
        energy: Joules.
        elements: Processing elements.
        post: Mean seconds of post-processing.
        platform: Where it ran.
    """
    queue, run = one.times.queue, one.times.run
    return JobPerformance(
        one.job.name,
        queue,
        run,
        round(elements * run / length / _SECONDS_PER_HOUR, 2) if length else 0.0,
        _per_day(length, run, 2),
        _per_day(length, queue + run + post, 2),
        round(energy / length, 2) if length else 0.0,
        energy,
        length,
        elements,
        one.job.chunk,
        _footprint(energy, platform),
    )


def _years(settings: Settings | None, runs: Mapping[int, Run]) -> Callable[[Done], float]:
    """Tells how many years a job simulated: its part of a chunk of its run, else of the configuration."""
    configured = years(settings.chunk_unit, settings.chunk_size) if settings is not None else 0.0
    of_run = {number: years(run.chunk_unit, run.chunk_size) for number, run in runs.items()}

    def told(one: Done) -> float:
        number = one.row.run_id if one.row is not None else None
        chunk = of_run.get(number, 0.0) if number is not None else 0.0
        return (chunk if chunk > 0 else configured) / (one.job.splits or 1)

    return told


def _platform(name: str, settings: Settings | None) -> tuple[PlatformInfo, list[str]]:
    """What is known of the platform, and what is not (METRICS.md 5.7, 5.8)."""
    if not name:
        return PlatformInfo("", 0.0, 0.0), [
            "The platform could not be obtained; therefore the footprint will be 0."
        ]
    said = (settings.platforms.get(name) if settings is not None else None) or Footprint()
    measures = {"CF": said.cf, "PUE": said.pue}
    warnings = [
        f"The {key} for platform {name} could not be obtained; therefore the footprint will be 0."
        for key, value in measures.items()
        if value is None
    ]
    warnings += [
        f"The {key} for platform {name} value is not a valid number; therefore the footprint will be 0."
        for key, value in reversed(measures.items())
        if isinstance(value, str)
    ]
    cf, pue = (value if isinstance(value, int | float) else 0.0 for value in measures.values())
    return PlatformInfo(name, cf, pue), warnings


def _per_day(simulated: float, seconds: float, digits: int) -> float:
    return round(simulated * SECONDS_PER_DAY / seconds, digits) if seconds > 0 else 0.0


def _from_first_to_last(begun: Sequence[int | None], ended: Sequence[int | None]) -> int:
    """Seconds from the first of these times to the last of those; 0 without any, or in another order."""
    starts, finishes = ([each for each in times if each is not None] for times in (begun, ended))
    return max(max(finishes) - min(starts), 0) if starts and finishes else 0


def _footprint(energy: float, platform: PlatformInfo) -> float:
    return energy / _JOULES_PER_MWH * platform.CF * platform.PUE


def _about(row: JobPerformance, what: str, wrappers: Mapping[str, str]) -> str:
    return f"Considered | Job {row.name} (Package {wrappers.get(row.name, 'No Package')}) {what}"
