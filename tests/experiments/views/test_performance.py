"""How fast and how costly a simulation is: the tables of contract/METRICS.md 5 and its FIX items."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.rows import run

from mestral_experiments.model import Footprint, Job, JobStatus, Resources, Run, Settings, Times
from mestral_experiments.views.figures.figures import performance_figures
from mestral_experiments.views.figures.performance import Done, Performance, no_performance, performance
from mestral_experiments.views.jobtimes import JobTimes
from mestral_experiments.views.runs.together import submitted

NONE: dict[str, Any] = dict.fromkeys(Job.__struct_fields__)
NO_SIM = "We couldn't find COMPLETED SIM jobs in the experiment."
NO_POST = "We couldn't find COMPLETED POST jobs in the experiment. ASYPD can't be calculated."
NO_END = (
    "RSYPD | There are no TRANSFER nor CLEAN (COMPLETED) jobs in the experiment, RSYPD cannot be computed."
)
NO_TRANSFER = (
    "RSYPD | There are no TRANSFER (COMPLETED) jobs in the experiment. "
    "We will use (COMPLETED) CLEAN jobs to compute RSYPD."
)


def settings(
    unit: str | None = "month",
    size: int | None = 1,
    elements: int = 1,
    platform: str = "MN5",
    footprint: Footprint | None = None,
) -> Settings:
    return Settings(
        chunk_size=size,
        chunk_unit=unit,
        workflow_commit=None,
        version=None,
        hpc="OTHER",
        model="NA",
        branch="NA",
        update_seconds=10,
        sections={},
        resources={"SIM": Resources(platform=platform, elements=elements)},
        no_resources=Resources(platform="OTHER", elements=99),
        platforms={} if footprint is None else {platform: footprint},
        as3=False,
    )


def done(
    ran: int,
    queue: int = 0,
    section: str = "SIM",
    *,
    start: int = 10000,
    splits: int | None = None,
    name: str | None = None,
    run_id: int | None = 1,
) -> Done:
    """A completed job, from its last row; a name for each start and length."""
    name = name or f"x_{start}_{ran}_{section}"
    made = {"name": name, "status": JobStatus.COMPLETED, "priority": 0, "section": section, "chunk": 1}
    times = JobTimes(queue, ran, start - queue, start, start + ran, "COMPLETED")
    row = Times(name, times.submit, times.start, times.finish, "COMPLETED", run_id)
    return Done(Job(**NONE | made | {"splits": splits}), times, row)


def computed(
    jobs: Sequence[Done],
    of: Settings | None = None,
    *,
    energies: Sequence[float] = (),
    runs: Sequence[Run] = (),
    wrappers: dict[str, str] | None = None,
) -> Performance:
    sims = [one.row for one in jobs if one.job.section == "SIM" and one.row is not None]
    known = {submitted(row): energy for row, energy in zip(sims, energies, strict=False)}
    return performance(jobs, of or settings(), {each.run_id: each for each in runs}, known, wrappers or {})


def test_a3tb() -> None:
    queues, seconds = (12, 22, 367, 51, 3, 155), (484, 442, 482, 431, 419, 478)
    energies = (5820000, 4310000, 4800000, 4590000, 4410000, 4720000)
    jobs = [done(ran, queue) for ran, queue in zip(seconds, queues, strict=True)]
    shown = computed(jobs, settings(elements=768), energies=energies)
    assert pytest.approx(0.49999999999999994, rel=1e-15) == shown.SY
    assert (shown.SYPD, shown.ASYPD, shown.RSYPD, shown.CHSY) == (15.7895, 12.9109, 0, 1167.36)
    assert (shown.JPSY, shown.Total_energy, shown.Total_footprint) == (57300000.0, 28650000, 0.0)
    assert shown.Parallelization == shown.PE == 768
    assert [(row.CHSY, row.SYPD, row.ASYPD, row.JPSY) for row in shown.considered] == [
        (1239.04, 14.88, 14.52, 69840000),
        (1131.52, 16.29, 15.52, 51720000),
        (1233.92, 14.94, 8.48, 57600000),
        (1103.36, 16.71, 14.94, 55080000),
        (1072.64, 17.18, 17.06, 52920000),
        (1223.68, 15.06, 11.37, 56640000),
    ]
    assert {row.ncpus for row in shown.considered} == {768}
    assert (shown.not_considered, shown.splits_corrected) == ([], False)


def test_a8qc() -> None:
    seconds, queues = (653, 657, 658, 655, 651, 651, 648), (18, 17, 1, 17, 17, 17, 24)
    energies = [1e6 * each for each in (1.57, 1.61, 1.61, 1.52, 1.54, 1.6, 1.57)]
    starts = (1741797315, 1741797310, 1741797289, 1741797306, 1741797306, 1741797306, 1741797313)
    jobs = [
        done(ran, queue, start=start, name=f"x_{start}_{n}_SIM")
        for n, (ran, queue, start) in enumerate(zip(seconds, queues, starts, strict=True))
    ]
    # the last to finish is not the last of the list
    cleans = [done(10, section="CLEAN", start=1741801906), done(1, section="CLEAN", start=1741799128)]
    footprint = Footprint(357000.0, 1.08)
    shown = computed(
        [*jobs, *cleans],
        settings("month", 4, 288, footprint=footprint),
        energies=energies,
        runs=[run(1, "day", 1)],
    )
    assert pytest.approx(0.01917808219178082, rel=1e-15) == shown.SY
    assert (shown.SYPD, shown.ASYPD, shown.CHSY, shown.JPSY) == (0.3623, 0.3538, 19075.9429, 574614285.7143)
    assert shown.RSYPD == 0.3581
    assert shown.Total_energy == pytest.approx(11020000)
    assert shown.Total_footprint == pytest.approx(1180.242)
    first = shown.considered[0]
    assert (first.CHSY, first.JPSY) == (19067.6, 573050000.0)
    assert first.footprint == pytest.approx(168.147)
    assert shown.warnings_job_data == [NO_POST, NO_TRANSFER]


def test_a1vx() -> None:
    jobs = [done(1501), done(59), done(47, section="POST")]
    clean = done(1, section="CLEAN", start=10000 + 1500)
    shown = computed([*jobs, clean], settings("month", 4))
    assert pytest.approx(0.6667, abs=1e-4) == shown.SY
    assert (shown.SYPD, shown.ASYPD, shown.CHSY, shown.RSYPD) == (36.9231, 35.8432, 0.65, 38.3744)
    assert [(row.CHSY, row.SYPD, row.ASYPD) for row in shown.considered] == [
        (1.25, 19.19, 18.6),
        (0.05, 488.14, 271.7),
    ]
    assert computed(jobs, settings("Month", 4)).SYPD == 36.9231


def test_a007() -> None:
    jobs = [done(5, start=1), done(5, start=2), done(5, section="POST")]
    transfer = done(5, section="TRANSFER", start=1 + 54 - 5)
    shown = computed([*jobs, transfer], settings("month", 4, 8))
    assert (shown.SYPD, shown.ASYPD, shown.CHSY, shown.RSYPD) == (5760, 3840, 0.03, 1066.6667)
    nothing = [done(0, start=1), done(0, start=2)]
    shown = computed(nothing, settings("month", 4, 8))
    assert [row.running for row in shown.not_considered] == [0, 0]
    assert (shown.considered, shown.SY, shown.SYPD, shown.ASYPD, shown.CHSY) == ([], 0, 0, 0, 0)
    assert {(row.SYPD, row.ASYPD, row.CHSY, row.JPSY) for row in shown.not_considered} == {(0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("queues", "energies", "asypd", "jpsy", "total"),
    [
        ((121, 126, 131, 136, 141, 147, 152, 157), (0, 0, 0, 0, 0, 0, 40590, 40590), 49.827, 487080.0, 81180),
        ((121, 0, 0, 0, 0, 1, 0, 0), (5073.75,) * 8, 344.9102, 60885.0, 40590),
    ],
)
def test_aa6f(
    queues: tuple[int, ...], energies: tuple[float, ...], asypd: float, jpsy: float, total: float
) -> None:
    jobs = [done(5, queue, start=n * 9, splits=4) for n, queue in enumerate(queues)]
    shown = computed([*jobs, done(5, section="POST")], settings("month", 4), energies=energies)
    assert pytest.approx(2 / 3) == shown.SY
    assert (1440.0, asypd, 0.02, jpsy) == (shown.SYPD, shown.ASYPD, shown.CHSY, shown.JPSY)
    assert (shown.Total_energy, shown.splits_corrected) == (total, True)
    assert {(row.CHSY, row.SYPD) for row in shown.considered} == {(0.02, 1440.0)}
    assert {row.JPSY for row in shown.considered if row.energy} == {jpsy}


def test_a003() -> None:
    of = settings(elements=16, platform="MN4", footprint=Footprint(357000.0, 1.35))
    shown = computed([], of)
    assert (shown.SY, shown.SYPD, shown.ASYPD, shown.RSYPD, shown.CHSY, shown.JPSY) == (0,) * 6
    assert (shown.platform_info.name, shown.platform_info.CF, shown.platform_info.PUE) == (
        "MN4",
        357000,
        1.35,
    )
    assert shown.warnings_job_data == [NO_SIM, NO_POST, NO_END]


def test_outliers_do_not_count_and_are_named() -> None:
    seconds = (100, 101, 99, 100, 1000)
    jobs = [done(ran, start=n) for n, ran in enumerate(seconds)]
    jobs.append(done(0, start=9))
    names = [one.job.name for one in jobs]
    shown = computed(jobs, energies=(5, 5, 5, 0, 5), wrappers={names[3]: "p_1", names[5]: "p_1"})
    assert [row.running for row in shown.considered] == [100, 101, 99, 100]
    assert [row.running for row in shown.not_considered] == [1000, 0]
    assert round(4 / 12 * 86400 / 400, 4) == shown.SYPD
    assert shown.Total_energy == 15
    assert shown.warnings_job_data[2:5] == [
        f"Considered | Job {names[3]} (Package p_1) has no energy information "
        "and is not going to be considered for energy calculations.",
        f"Considered | Job {names[4]} (Package No Package) is an outlier and is not considered.",
        f"Considered | Job {names[5]} (Package p_1) is an outlier and is not considered.",
    ]


def test_post_processing_does_not_count_for_outliers() -> None:
    jobs = [*(done(ran, 10, start=n) for n, ran in enumerate((100, 101, 99, 100, 1000)))]
    shown = computed([*jobs, done(60, 30, section="POST"), done(61, 30, section="POST")])
    year = 86400 / 12
    assert round(year / (110 + 90.5), 2) == shown.considered[0].ASYPD
    assert round(year / 1010, 2) == shown.not_considered[0].ASYPD
    assert round(4 * year / (400 + 40 + 90.5), 4) == shown.ASYPD


@pytest.mark.parametrize(
    ("platform", "footprint", "cf", "pue", "warnings"),
    [
        ("MN5", Footprint(357000.0, 1.08), 357000.0, 1.08, []),
        ("MN5", None, 0.0, 0.0, ["The CF for platform MN5 could not", "The PUE for platform MN5 could not"]),
        ("MN5", Footprint(None, 1.08), 0.0, 1.08, ["The CF for platform MN5 could not"]),
        (
            "MN5",
            Footprint("much", "more"),
            0.0,
            0.0,
            ["The PUE for platform MN5 value is not", "The CF for platform MN5 value is not"],
        ),
        (
            "MN5",
            Footprint("much", None),
            0.0,
            0.0,
            ["The PUE for platform MN5 could not", "The CF for platform MN5 value is not"],
        ),
        ("", Footprint(357000.0, 1.08), 0.0, 0.0, ["The platform could not be obtained"]),
    ],
)
def test_what_is_not_known_of_the_platform(
    platform: str, footprint: Footprint | None, cf: float, pue: float, warnings: list[str]
) -> None:
    shown = computed([], settings(platform=platform, footprint=footprint))
    assert (shown.platform_info.name, shown.platform_info.CF, shown.platform_info.PUE) == (platform, cf, pue)
    found = [text for text in shown.warnings_job_data if text.endswith("therefore the footprint will be 0.")]
    assert len(found) == len(warnings)
    assert all(text.startswith(begin) for text, begin in zip(found, warnings, strict=True))


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (done(10, run_id=1), 1 / 365),
        (done(10, run_id=2), 1 / 12),  # a run that does not say it
        (done(10, run_id=3), 1 / 12),  # an unknown run
        (done(10, run_id=None), 1 / 12),
        (Done(done(10).job, done(10).times, None), 1 / 12),  # the history does not tell its times
    ],
)
def test_the_run_tells_the_length_of_a_chunk(job: Done, expected: float) -> None:
    shown = computed([job], runs=[run(1, "day", 1), run(2, "NA", 1)])
    assert (shown.SY, shown.considered[0].yps) == (expected, expected)


def test_without_a_length_of_a_chunk_speeds_are_nothing() -> None:
    shown = computed([done(10)], settings(None, None), energies=[5])
    assert (shown.SYPD, shown.ASYPD, shown.CHSY, shown.JPSY, shown.Total_energy) == (0, 0, 0, 0, 5)
    shown = performance([done(10)], None, {}, {}, {})
    assert (shown.SYPD, shown.Parallelization, shown.platform_info.name) == (0, 1, "")


def test_rsypd_goes_from_the_first_start_to_the_last_finish() -> None:
    jobs = [done(100, start=500), done(100, start=100)]
    ends = [done(10, section="TRANSFER", start=990), done(10, section="TRANSFER", start=600)]
    year = 2 * 86400 / 12
    shown = computed([*jobs, *ends, done(10, section="CLEAN", start=5000)])
    assert round(year / 900, 4) == shown.RSYPD
    assert NO_TRANSFER not in shown.warnings_job_data
    assert computed([*jobs, done(1, section="TRANSFER", start=5)]).RSYPD == 0
    outlier = done(0, start=5)
    assert computed([*jobs, outlier, *ends]).RSYPD == shown.RSYPD


def test_for_programs_what_is_not_known_is_null_and_what_rounds_to_nothing_is_not() -> None:
    shown = performance_figures(computed([done(1), done(0, 7, start=5)], settings("year", 9)))
    assert (shown.simulated_years, shown.sypd, shown.core_hours_per_simulated_year) == (9, 777600, 0)
    assert (shown.joules_per_simulated_year, shown.energy_joules, shown.rsypd) == (None, None, None)
    ran, stood = shown.jobs
    assert (ran.considered, ran.core_hours_per_simulated_year, ran.sypd) == (True, 0, 777600)
    assert (stood.considered, stood.core_hours_per_simulated_year, stood.asypd) == (False, None, None)
    shown = performance_figures(computed([done(10)], settings(None, None), energies=[5]))
    assert (shown.simulated_years, shown.sypd, shown.asypd, shown.joules_per_simulated_year) == (None,) * 4
    assert (shown.energy_joules, shown.jobs[0].sypd) == (5, None)


def test_a_failure_has_all_keys() -> None:
    shown = no_performance("No.")
    assert (shown.error, shown.error_message, shown.considered, shown.not_considered) == (True, "No.", (), ())
    assert {
        shown.SYPD,
        shown.ASYPD,
        shown.RSYPD,
        shown.CHSY,
        shown.JPSY,
        shown.PE,
        shown.Parallelization,
    } == {None}


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 9), st.integers(1, 4))),
    st.integers(1, 999),
)
def test_totals_are_those_of_the_jobs(jobs: list[tuple[int, int, int, int]], elements: int) -> None:
    made = [done(ran, queue, start=n, splits=splits) for n, (ran, queue, _, splits) in enumerate(jobs)]
    footprint = Footprint(1000.0, 1.5)
    shown = computed(
        made, settings(elements=elements, footprint=footprint), energies=[job[2] for job in jobs]
    )
    rows = shown.considered
    assert len(rows) + len(shown.not_considered) == len(jobs)
    assert pytest.approx(sum(row.yps for row in rows)) == shown.SY
    assert sum(row.energy for row in rows) == shown.Total_energy
    assert pytest.approx(sum(row.footprint for row in rows)) == shown.Total_footprint
    if rows:
        assert all(row.running > 0 for row in rows)
        assert round((shown.SY or 0) * 86400 / sum(row.running for row in rows), 4) == shown.SYPD
        assert (shown.ASYPD or 0) <= (shown.SYPD or 0)
        assert pytest.approx(sum(row.CHSY for row in rows) / len(rows), abs=1e-3) == shown.CHSY
    assert len(set(shown.warnings_job_data)) == len(shown.warnings_job_data)
