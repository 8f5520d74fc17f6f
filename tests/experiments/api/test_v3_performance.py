"""Performance, summary and statistics through the app: contract/API_V3.md 2.11, 2.13, 2.18, METRICS.md 5, 7.

What holds for every experiment is asked of all that are there; what the contract shows is asked of the
reference experiments.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import write_configuration, write_pickle
from tests.experiments.sources.making import STATUS_TABLE, attempts, database, history, settle, tree

from mestral.readers.fingerprint import SETTLE_NS

Client = TestClient[Any]
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
PREFIX = "Exception while reading the pkl content: "


def get(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def good(client: Client, path: str) -> Any:
    answer = get(client, path)
    assert (answer["error"], answer["error_message"]) == (False, ""), path
    return answer


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


# Experiments of the tests' own

SIM_1, SIM_2, DA = "a001_20200101_fc0_1_SIM", "a001_20200101_fc0_2_SIM", "a001_20200101_fc0_1_DA"
START = datetime(2020, 1, 1)
CONF = (
    "DEFAULT:\n  EXPID: a001\n  HPCARCH: local\nEXPERIMENT:\n  CHUNKSIZE: 1\n  CHUNKSIZEUNIT: year\nJOBS:\n"
)
SETTINGS = CONF + "  SIM:\n    PROCESSORS: 4\nPLATFORMS:\n  LOCAL:\n    MAX_WALLCLOCK: '00:10:30'\n"
RUN = (1, "2026-01-01", 1, 0, "year", 1, 0, 0, 0, 0, 0, 0, 0, None)


def attempt(name: str, submit: int, start: int, finish: int, **values: Any) -> Json:
    section = name.rsplit("_", 1)[1]
    made = {"job_name": name, "section": section, "status": "COMPLETED", "run_id": 1, "ncpus": 4, "energy": 0}
    return made | {"submit": submit, "start": start, "finish": finish, "member": "fc0", "chunk": 1} | values


def made(
    root: Path, jobs: list[tuple[str, int]], *rows: Json, running: bool = False, settings: str = SETTINGS
) -> Path:
    """A tree of one experiment with these jobs and their states, and these attempts."""
    root.mkdir()
    rc_file = tree(root, "a001")
    status = "RUNNING" if running else "NOT RUNNING"
    database(
        root / "as_times.db", STATUS_TABLE, f"INSERT INTO experiment_status VALUES (1, 'a001', '{status}')"
    )
    write_pickle(root, "a001", [(name, code, name.rsplit("_", 1)[1], START, "fc0", 1) for name, code in jobs])
    write_configuration(root, "a001", settings)
    if rows:
        history(root, "a001", RUN)
        attempts(root, "a001", *rows)
    settle(root)
    return rc_file


def record(root: Path, job: str, *lines: str) -> None:
    """What a job records about its submissions."""
    (root / "a001" / "tmp" / f"{job}_TOTAL_STATS").write_text("\n".join(lines))


def test_jobs_of_a_wrapper_share_its_energy(serve: Serve, tmp_path: Path) -> None:
    inside = {"rowtype": 1, "job_id": 7, "energy": 900}
    client = serve(
        made(
            tmp_path / "tree",
            [(SIM_1, 5), (SIM_2, 5), (DA, -1)],
            attempt(SIM_1, 1000, 1000, 1100, **inside),
            attempt(SIM_2, 1000, 1100, 1200, last=0, **inside),
            # recorded again, without what was measured
            attempt(SIM_2, 1000, 1100, 1200, counter=1, rowtype=2, job_id=7, ncpus=0),
            # a job of another section that failed in the same wrapper
            attempt(DA, 1000, 1200, 1300, status="FAILED", **inside),
        )
    )
    shown = good(client, "/v3/performance/a001")
    assert [(row["energy"], row["JPSY"]) for row in shown["considered"]] == [(300, 300), (300, 300)]
    assert (shown["Total_energy"], shown["JPSY"]) == (600, 300)


def test_a_job_that_is_recorded_again_keeps_its_energy(serve: Serve, tmp_path: Path) -> None:
    client = serve(
        made(
            tmp_path / "tree",
            [(SIM_1, 5), (SIM_2, 5)],
            attempt(SIM_1, 1000, 1010, 1110, energy=500, last=0),
            attempt(SIM_1, 1000, 1010, 1110, counter=1, ncpus=0),
            attempt(SIM_2, 1000, 1010, 1110, energy=800, last=0),
            attempt(SIM_2, 2000, 2010, 2110, counter=1),  # another submission
        )
    )
    shown = good(client, "/v3/performance/a001")
    assert [row["energy"] for row in shown["considered"]] == [500, 0]
    assert [text for text in shown["warnings_job_data"] if text.startswith("Considered")] == [
        f"Considered | Job {SIM_2} (Package No Package) {NO_ENERGY}"
    ]


def test_without_a_history_jobs_tell_their_times_themselves(serve: Serve, tmp_path: Path) -> None:
    rc_file = made(tmp_path / "tree", [(SIM_1, 5), (SIM_2, 5)])
    record(tmp_path / "tree", SIM_1, "20240101000000 20240101000100 20240101000200 COMPLETED")
    client = serve(rc_file)
    shown = good(client, "/v3/performance/a001")
    assert [(row["name"], row["queue"], row["running"]) for row in shown["considered"]] == [(SIM_1, 60, 60)]
    assert [row["name"] for row in shown["not_considered"]] == [SIM_2]
    assert (shown["SYPD"], shown["CHSY"]) == (1440.0, round(4 * 60 / 3600, 2))
    assert shown["warnings_job_data"][3] == (
        f"Considered | Job {SIM_2} (Package No Package) is an outlier and is not considered."
    )
    shown = good(client, "/v3/summary/a001")
    assert (shown["avg_queue_time"], shown["sim_run_considered"]) == ("0:00:30", 2)


@pytest.mark.parametrize("running", [True, False])
def test_who_waits_or_runs_counts_while_the_experiment_is_running(
    serve: Serve, tmp_path: Path, running: bool
) -> None:
    now = int(time.time())
    client = serve(
        made(
            tmp_path / "tree",
            [(SIM_1, 5), (SIM_2, 4), (DA, 3)],
            attempt(SIM_1, 1000, 1010, 1030),
            attempt(SIM_2, now - 300, now - 200, 0, status="RUNNING"),
            attempt(DA, now - 500, 0, 0, status="QUEUING"),
            running=running,
        )
    )
    time.sleep(SETTLE_NS / 1e9)
    first = client.get("/v3/summary/a001")
    shown = first.json()
    assert (shown["n_running"], shown["n_queuing"], shown["n_sim"]) == (1, 1, 2)
    assert shown["sim_run_considered"] == (2 if running else 1)
    assert (shown["avg_run_time"] == "0:00:20") is not running
    assert (shown["avg_queue_time"] == "0:00:10") is not running
    performance = client.get("/v3/performance/a001")
    time.sleep(5.1)  # longer than an answer that depends on now stays the same
    again = client.get("/v3/summary/a001", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == (200 if running else 304)
    if running:
        assert again.json()["avg_run_time"] > shown["avg_run_time"]
        assert again.json()["avg_queue_time"] > shown["avg_queue_time"]
    same = client.get("/v3/performance/a001", headers={"If-None-Match": performance.headers["ETag"]})
    assert same.status_code == 304


def test_statistics_follow_what_jobs_record(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    rc_file = made(root, [(SIM_1, 5), (SIM_2, 5), (DA, 5)])
    record(
        root,
        SIM_1,
        "20240101000000 20240101000100 20240101000200 COMPLETED",
        "",
        "20240102000000 20240102000100 20240102000200 FAILED",
        "20240103000000 20240103000100 20240103000300 COMPLETED",
    )
    record(root, SIM_2, "20240104000000 20240104000100 20240104000200 SUSPENDED")
    record(root, DA)
    client = serve(rc_file)
    jobs = {job["name"]: job for job in good(client, "/v3/stats/a001/0/Any")["Statistics"]["JobStatistics"]}
    assert list(jobs) == [SIM_1, SIM_2]
    assert [jobs[SIM_1][key] for key in ("retrialCount", "completedCount", "failedCount")] == [2, 1, 1]
    assert (jobs[SIM_1]["completedRunTime"], jobs[SIM_1]["failedRunTime"]) == (120 / 3600, 60 / 3600)
    assert (jobs[SIM_1]["wallclock"], jobs[SIM_1]["processors"]) == (0.175, 4)
    assert [jobs[SIM_2][key] for key in ("retrialCount", "completedCount", "failedCount")] == [1, 0, 0]
    assert jobs[SIM_2]["realConsumption"] == 0
    record(root, DA, f"{datetime.now():%Y%m%d%H%M%S} {datetime.now():%Y%m%d%H%M%S} FAILED")
    shown = good(client, "/v3/stats/a001/24/Any")["Statistics"]
    assert [job["name"] for job in shown["JobStatistics"]] == [DA]
    assert len(good(client, "/v3/stats/a001/0/Any")["Statistics"]["JobStatistics"]) == 3


# What goes wrong


def no_performance(message: str) -> Json:
    nothing = dict.fromkeys(PERFORMANCE[:8])
    platform = {"name": "", "CF": 0.0, "PUE": 0.0}
    return nothing | {
        "Total_energy": 0, "Total_footprint": 0.0, "platform_info": platform, "considered": [],
        "not_considered": [], "error": True, "error_message": message, "warnings_job_data": [],
        "splits_corrected": False,
    }  # fmt: skip


def no_summary(message: str) -> Json:
    none = {key: "NA" if key.startswith("avg") else 0 for key in SUMMARY}
    return none | {"failed_jobs": [], "error": True, "error_message": PREFIX + message}


@pytest.mark.parametrize(
    ("expid", "message", "list_message"),
    [
        ("zzzz", "Experiment zzzz does not exist", "Experiment with expid 'zzzz' not found."),
        ("%2e%2e", "Experiment .. does not exist", "Experiment with expid '..' not found."),
        ("b005", "Experiment b005 does not exist", "The job list does not exist."),
        ("c006", "Experiment c006/conf does not exist", None),
        ("o003", f"{PREFIX}The job list does not exist.", "The job list does not exist."),
    ],
)
def test_what_is_not_there_is_an_error_with_every_key(
    client: Client, expid: str, message: str, list_message: str | None
) -> None:
    assert get(client, f"/v3/performance/{expid}") == no_performance(message)
    for section in ("Any", "SIM"):
        assert get(client, f"/v3/stats/{expid}/0/{section}") == {
            "error": True,
            "error_message": message,
            "Statistics": None,
            "summary": None,
        }
    if list_message is not None:
        assert get(client, f"/v3/summary/{expid}") == no_summary(list_message)
    else:
        assert good(client, f"/v3/summary/{expid}")["n_sim"] == 2


def test_a_damaged_job_list_is_an_error_that_names_it(client: Client, serve: Serve, tmp_path: Path) -> None:
    message = "Error while reading the job list"
    assert get(client, "/v3/summary/d007") == no_summary(message)
    rc_file = made(tmp_path / "tree", [(SIM_1, 5)])
    (tmp_path / "tree" / "a001" / "pkl" / "job_list_a001.pkl").write_bytes(
        b"\x80\x02]q\x00(this is no pickle"
    )
    client = serve(rc_file)
    assert get(client, "/v3/performance/a001") == no_performance(PREFIX + message)
    assert get(client, "/v3/stats/a001/0/Any")["error_message"] == PREFIX + message


def test_a_damaged_history_counts_as_missing(serve: Serve, tmp_path: Path) -> None:
    rc_file = made(tmp_path / "tree", [(SIM_1, 5)], attempt(SIM_1, 1000, 1010, 1030))
    record(tmp_path / "tree", SIM_1, "20240101000000 20240101000100 20240101000200 COMPLETED")
    data = tmp_path / "tree" / "metadata" / "data" / "job_data_a001.db"
    data.write_bytes(b"this is not a database" * 100)
    client = serve(rc_file)
    assert good(client, "/v3/performance/a001")["considered"][0]["running"] == 60
    assert good(client, "/v3/summary/a001")["avg_run_time"] == "0:01:00"


@pytest.mark.files
def test_a_damaged_configuration_is_an_error(serve: Serve, tmp_path: Path) -> None:
    rc_file = made(tmp_path / "tree", [(SIM_1, 5)], settings="JOBS: {")
    client = serve(rc_file)
    message = "Error while reading the experiment configuration"
    assert get(client, "/v3/performance/a001") == no_performance(message)
    assert get(client, "/v3/stats/a001/0/Any")["error_message"] == message
    assert good(client, "/v3/summary/a001")["n_sim"] == 1
