"""Performance, summary and statistics through the app: contract/API_V3.md 2.11, 2.13, 2.18, METRICS.md 5, 7.

What holds for every experiment is asked of all that are there; what the contract shows is asked of the
reference experiments.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.experiments.api.asking import Client, get, good

Json = dict[str, Any]

PERFORMANCE = [
    "SY", "SYPD", "ASYPD", "RSYPD", "CHSY", "JPSY", "Parallelization", "PE", "Total_energy",
    "Total_footprint", "platform_info", "considered", "not_considered", "error", "error_message",
    "warnings_job_data", "splits_corrected",
]  # fmt: skip
SUMMARY = [
    "n_running", "n_suspended", "n_queuing", "n_failed", "n_submitted", "avg_queue_time", "avg_run_time",
    "n_sim", "avg_sim_queue_time", "avg_sim_run_time", "sim_queue_considered", "sim_run_considered",
    "failed_jobs", "error", "error_message",
]  # fmt: skip
NO_ENERGY = "has no energy information and is not going to be considered for energy calculations."


def names(client: Client) -> Iterator[str]:
    for found in get(client, "/v4/experiments?only_active=false&page_size=0")["experiments"]:
        yield found["name"]


# What the contract shows


@pytest.mark.parametrize(
    ("expid", "expected"),
    [
        ("a3tb", (0.49999999999999994, 15.7895, 12.9109, 0, 1167.36, 57300000.0, 768, 28650000, 0.0)),
        (
            "a8qc",
            (
                0.01917808219178082,
                0.3623,
                0.3538,
                0.3581,
                19075.9429,
                574614285.7143,
                288,
                11020000,
                1180.242,
            ),
        ),
        ("a1vx", (2 / 3, 36.9231, 35.8432, 38.3744, 0.65, 0, 1, 0, 0.0)),
        ("aa6f", (2 / 3, 1440.0, 344.9102, 0, 0.02, 60885.0, 1, 40590, 0.0)),
        ("a007", (2 / 3, 5760, 3840, 1066.6667, 0.03, 0, 8, 0, 0.0)),
        ("a003", (0, 0, 0, 0, 0, 0, 16, 0, 0.0)),
    ],
)
def test_the_performance_of_the_reference(reference: Client, expid: str, expected: tuple[float, ...]) -> None:
    shown = good(reference, f"/v3/performance/{expid}")
    assert list(shown) == PERFORMANCE
    keys = [key for key in PERFORMANCE[:10] if key != "PE"]
    assert [shown[key] for key in keys] == [pytest.approx(each, rel=1e-7) for each in expected]
    assert shown["PE"] == shown["Parallelization"]
    assert shown["splits_corrected"] == (expid == "aa6f")


def test_a_job_of_the_performance(reference: Client) -> None:
    first = good(reference, "/v3/performance/a3tb")["considered"][0]
    assert first == {
        "name": "a3tb_19930101_fc01_1_SIM", "queue": 12, "running": 484, "CHSY": 1239.04, "SYPD": 14.88,
        "ASYPD": 14.52, "JPSY": 69840000.0, "energy": 5820000, "yps": 0.08333333333333333, "ncpus": 768,
        "chunk": 1, "footprint": 0.0,
    }  # fmt: skip
    first = good(reference, "/v3/performance/a8qc")["considered"][0]
    assert (first["CHSY"], first["JPSY"]) == (19067.6, 573050000.0)
    assert first["footprint"] == pytest.approx(168.147)
    wrapped = good(reference, "/v3/performance/aa6f")["considered"]
    assert [job["queue"] for job in wrapped] == [121, 0, 0, 0, 0, 1, 0, 0]
    assert {job["energy"] for job in wrapped} == {5073.75}


@pytest.mark.parametrize(
    ("expid", "platform", "warnings"),
    [
        ("a3tb", ("marenostrum4", 0, 0), ["The CF", "The PUE", "We couldn't find COMPLETED POST", "RSYPD |"]),
        ("a003", ("MN4", 357000, 1.35), ["We couldn't find COMPLETED SIM", "We couldn't", "RSYPD |"]),
    ],
)
def test_warnings_of_the_reference(
    reference: Client, expid: str, platform: tuple[Any, ...], warnings: list[str]
) -> None:
    shown = good(reference, f"/v3/performance/{expid}")
    assert tuple(shown["platform_info"].values()) == platform
    assert len(shown["warnings_job_data"]) == len(warnings)
    for text, begin in zip(shown["warnings_job_data"], warnings, strict=True):
        assert text.startswith(begin)


@pytest.mark.parametrize("expid", ["a1vx", "a007"])
def test_jobs_without_energy_are_named(reference: Client, expid: str) -> None:
    shown = good(reference, f"/v3/performance/{expid}")
    about = [text for text in shown["warnings_job_data"] if text.startswith("Considered")]
    assert about == [
        f"Considered | Job {job['name']} (Package No Package) {NO_ENERGY}" for job in shown["considered"]
    ]
    assert len(about) == 2


def test_the_summary_of_the_reference(reference: Client) -> None:
    assert good(reference, "/v3/summary/a3tb?loggedUser=null") == {
        "n_running": 0, "n_suspended": 2, "n_queuing": 4, "n_failed": 0, "n_submitted": 0,
        "avg_queue_time": "0:05:33", "avg_run_time": "0:04:15", "n_sim": 6, "avg_sim_queue_time": "0:01:41",
        "avg_sim_run_time": "0:07:36", "sim_queue_considered": 6, "sim_run_considered": 6, "failed_jobs": [],
        "error": False, "error_message": "",
    }  # fmt: skip
    assert list(good(reference, "/v3/summary/a3tb")) == SUMMARY
    without_edges = good(reference, "/v3/summary/a1ve")
    assert (without_edges["n_sim"], without_edges["avg_run_time"]) == (1, "0:00:05")


def test_the_summary_of_real_experiments(real: Client) -> None:
    shown = good(real, "/v3/summary/a000")
    assert shown["failed_jobs"] == ["a000_20240101_fc0_2_CHECK", "a000_20240201_fc0_2_CHECK"]
    assert (shown["n_failed"], shown["n_sim"], shown["avg_sim_run_time"]) == (2, 8, "0:00:01")


def test_the_statistics_of_the_reference(reference: Client) -> None:
    shown = good(reference, "/v3/stats/a3tb/0/Any")
    assert list(shown) == ["error", "error_message", "Statistics", "summary"]
    assert shown["summary"] == {
        "cpuConsumptionPercentage": 8.81, "totalQueueTime": 2.83, "submittedCount": 33, "runCount": 33,
        "completedCount": 25, "failedCount": 4, "expectedConsumption": 34.0, "realConsumption": 1.8686,
        "failedRealConsumption": 0.1494, "expectedCpuConsumption": 6943.0, "cpuConsumption": 611.6269,
        "failedCpuConsumption": 25.0769,
    }  # fmt: skip
    jobs = {job["name"]: job for job in shown["Statistics"]["JobStatistics"]}
    assert len(jobs) == 29
    assert jobs["a3tb_19930101_fc01_3_SIM"] == {
        "name": "a3tb_19930101_fc01_3_SIM", "processors": 768, "wallclock": 1.5,
        "completedQueueTime": 0.10194444444444445, "completedRunTime": 0.1338888888888889,
        "failedQueueTime": 0.05527777777777778, "failedRunTime": 0.0325, "cpuConsumption": 127.78666666666666,
        "failedCpuConsumption": 24.96, "expectedCpuConsumption": 1152.0,
        "realConsumption": 0.1663888888888889, "failedRealConsumption": 0.0325, "expectedConsumption": 1.5,
        "retrialCount": 3, "submittedCount": 3, "completedCount": 1, "failedCount": 2,
    }  # fmt: skip
    first = jobs["a3tb_19930101_fc01_1_SIM"]
    assert (first["retrialCount"], first["cpuConsumption"]) == (1, pytest.approx(103.2533333))
    setup = jobs["a3tb_REMOTE_SETUP"]
    assert (setup["processors"], setup["expectedCpuConsumption"]) == (4, 8)
    assert setup["cpuConsumption"] == pytest.approx(2.5477778)
    for name in ("a3tb_19930101_fc01_3_CMOROCE", "a3tb_19930101_fc01_3_SAVEIC"):
        assert (jobs[name]["retrialCount"], jobs[name]["failedCount"], jobs[name]["failedQueueTime"]) == (
            1,
            0,
            0,
        )
    sums = good(reference, "/v3/stats/a003/0/Any")["summary"]
    assert (sums["submittedCount"], sums["completedCount"], sums["cpuConsumptionPercentage"]) == (8, 8, 1.76)
    assert (sums["expectedConsumption"], sums["realConsumption"]) == (0.5, 0.0111)
    assert (sums["expectedCpuConsumption"], sums["cpuConsumption"]) == (3.0, 0.0528)
    assert sums["failedCpuConsumption"] == 0
    first, _ = good(reference, "/v3/stats/a003/0/SIM")["Statistics"]["JobStatistics"]
    assert (first["processors"], first["wallclock"]) == (16, pytest.approx(0.0833333, abs=1e-7))
    assert (first["completedRunTime"], first["cpuConsumption"], first["expectedCpuConsumption"]) == (
        pytest.approx(0.0013889, abs=1e-7),
        pytest.approx(0.0222222, abs=1e-7),
        pytest.approx(1.3333333, abs=1e-7),
    )
    only = good(reference, "/v3/stats/a3tb/0/SIM")["Statistics"]["JobStatistics"]
    assert only == [job for name, job in jobs.items() if name.endswith("_SIM")]
    assert len(only) == 6


def test_old_jobs_are_in_no_short_period(reference: Client) -> None:
    shown = get(reference, "/v3/stats/a3tb/24/Any")
    now = datetime.now().astimezone().replace(second=0, microsecond=0)
    period = [
        f"(Section: Any) in the period from {to - timedelta(hours=24)} to {to}."
        for to in (now, now - timedelta(minutes=1))
    ]
    begin = "Autosubmit API couldn't find jobs that match your search critearia "
    assert shown.pop("error_message") in [begin + text for text in period]
    assert shown == {"error": True, "Statistics": None, "summary": None}


def test_how_a_period_is_written(reference: Client) -> None:
    everything = good(reference, "/v3/stats/a3tb/0/Any")["summary"]
    for period in ("-24", "%200%20", "100000000", "9" * 30, "1000000"):
        assert good(reference, f"/v3/stats/a3tb/{period}/Any")["summary"]["completedCount"] == 25
    assert good(reference, "/v3/stats/a3tb/-5/Any")["summary"] == everything
    for period in ("abc", "1.5"):
        assert get(reference, f"/v3/stats/a3tb/{period}/Any") == {
            "error": True,
            "error_message": f"invalid literal for int() with base 10: '{period}'",
            "Statistics": None,
            "summary": None,
        }


# What holds for every experiment


def test_performance_is_made_of_its_jobs(everything: Client) -> None:
    seen = 0
    for name in names(everything):
        shown = good(everything, f"/v3/performance/{name}")
        rows = shown["considered"]
        seen += len(rows)
        assert shown["SY"] == pytest.approx(sum(row["yps"] for row in rows))
        assert shown["Total_energy"] == pytest.approx(sum(row["energy"] for row in rows))
        assert shown["Total_footprint"] == pytest.approx(sum(row["footprint"] for row in rows))
        assert len(set(shown["warnings_job_data"])) == len(shown["warnings_job_data"])
        listed = get(everything, f"/v4/experiments/{name}/jobs")["jobs"]
        sims = [job["name"] for job in listed if job["section"] == "SIM" and job["status"] == "COMPLETED"]
        assert sorted(row["name"] for row in (*rows, *shown["not_considered"])) == sorted(sims)
        if rows:
            assert shown["SYPD"] == pytest.approx(
                shown["SY"] * 86400 / sum(row["running"] for row in rows), abs=1e-3
            )
    assert seen


def test_the_tree_shows_the_same_times(everything: Client) -> None:
    seen = 0
    for name in names(everything):
        shown = good(everything, f"/v3/performance/{name}")
        jobs = {job["id"]: job for job in get(everything, f"/v3/tree/{name}")["jobs"]}
        for row in (*shown["considered"], *shown["not_considered"]):
            job = jobs[row["name"]]
            assert (row["queue"], row["running"]) == (job["minutes_queue"], job["minutes"])
            if job["chunk"] is not None:
                assert (row["SYPD"] or None) == (job["SYPD"] and round(job["SYPD"], 2))
            seen += 1
    assert seen


def test_summaries_agree_with_the_tree(everything: Client) -> None:
    for name in names(everything):
        shown = good(everything, f"/v3/summary/{name}")
        jobs = get(everything, f"/v3/tree/{name}")["jobs"]
        sure = [job for job in jobs if "SUSPICIOUS" not in job["title"]]
        for key in ("running", "suspended", "queuing", "failed", "submitted"):
            assert shown[f"n_{key}"] == [job["status"] for job in sure].count(key.upper())
        assert shown["failed_jobs"] == [
            job["name"]
            for job in get(everything, f"/v3/quick/{name}")["view_data"]
            if job["name"] in {job["id"] for job in sure if job["status"] == "FAILED"}
        ]
        assert shown["n_sim"] == sum("SIM" in job["id"].split("_") for job in jobs)


def test_statistics_are_the_sum_of_their_jobs(everything: Client) -> None:
    seen = 0
    for name in names(everything):
        shown = good(everything, f"/v3/stats/{name}/0/Any")
        rows, sums = shown["Statistics"]["JobStatistics"], shown["summary"]
        seen += len(rows)
        assert shown["Statistics"]["Period"]["From"] == "None"
        for key in ("submittedCount", "completedCount", "failedCount"):
            assert sums[key] == sum(row[key] for row in rows)
        for key in ("realConsumption", "expectedCpuConsumption", "cpuConsumption", "failedCpuConsumption"):
            assert sums[key] == pytest.approx(sum(row[key] for row in rows), abs=1e-4)
        jobs = get(everything, f"/v3/tree/{name}")["jobs"]
        assert {row["name"] for row in rows} <= {job["id"] for job in jobs}
        sections = {job["section"] for job in jobs}
        of_sections = [get(everything, f"/v3/stats/{name}/0/{section}")["summary"] for section in sections]
        assert sum(each["submittedCount"] for each in of_sections) == sums["submittedCount"]
    assert seen
