"""Performance, summary and statistics of experiments made for one question each, and of damaged ones."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.api.asking import Client, get, good
from tests.experiments.api.conftest import Serve
from tests.experiments.api.test_v3_performance import NO_ENERGY, PERFORMANCE, SUMMARY
from tests.experiments.api.tree import write_configuration, write_pickle
from tests.experiments.sources.making import STATUS_TABLE, attempts, database, history, settle, tree

from mestral.readers.fingerprint import SETTLE_NS

Json = dict[str, Any]

PREFIX = "Exception while reading the pkl content: "


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


def test_a_row_of_another_state_tells_neither_energy_nor_run(serve: Serve, tmp_path: Path) -> None:
    monthly = SETTINGS.replace("year", "month")
    rows = [attempt(SIM_1, 1000, 1010, 1110, status="FAILED", energy=500, rowtype=1, job_id=3)]
    rows.append(attempt(SIM_2, 1000, 1010, 1110, energy=600, rowtype=1, job_id=4))
    rc_file = made(tmp_path / "tree", [(SIM_1, 5), (SIM_2, 5)], *rows, settings=monthly)
    record(tmp_path / "tree", SIM_1, "20240101000000 20240101000100 20240101000200 COMPLETED")
    shown = good(serve(rc_file), "/v3/performance/a001")
    assert [(row["running"], row["energy"], row["yps"]) for row in shown["considered"]] == [
        (60, 0, 1 / 12),
        (100, 600, 1.0),
    ]


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


def test_kept_statistics_follow_what_jobs_record(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    rc_file = made(root, [(SIM_1, 5)])
    record(root, SIM_1, "20240101000000 20240101000100 20240101000200 COMPLETED")
    settle(root)
    client = serve(rc_file)
    time.sleep(SETTLE_NS / 1e9)  # from now on answers are kept
    assert good(client, "/v3/stats/a001/0/Any")["summary"]["completedCount"] == 1
    record(root, SIM_1, "20240101000000 20240101000100 20240101000200 FAILED")
    assert good(client, "/v3/stats/a001/0/Any")["summary"]["completedCount"] == 0


def test_statistics_of_thousands_of_jobs_follow_what_they_record(serve: Serve, tmp_path: Path) -> None:
    root, jobs = tmp_path / "tree", [f"a001_20200101_fc0_{n}_SIM" for n in range(5000)]
    rc_file = made(root, [(job, 5) for job in jobs])
    for job in jobs:
        record(root, job, "20240101000000 20240101000100 20240101000200 COMPLETED")
    client = serve(rc_file)
    time.sleep(SETTLE_NS / 1e9)
    assert good(client, "/v3/stats/a001/0/Any")["summary"]["completedCount"] == 5000
    record(root, jobs[-1], "20240101000000 20240101000100 20240101000200 FAILED")
    assert good(client, "/v3/stats/a001/0/Any")["summary"]["completedCount"] == 4999


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


def test_v4_names_it_in_its_own_words(client: Client) -> None:
    for figures in ("performance", "statistics", "summary"):
        answer = client.get(f"/v4/experiments/o003/{figures}")
        assert (answer.status_code, answer.json()["error_message"]) == (404, "The job list does not exist.")


def test_numbers_that_are_no_times_harm_nothing(serve: Serve, tmp_path: Path) -> None:
    largest = 2**63 - 1
    odd = {"energy": largest, "job_id": largest, "counter": largest, "ncpus": largest}
    absurd = SETTINGS.replace("CHUNKSIZE: 1", "CHUNKSIZE: -4").replace("00:10:30", "9" * 400 + ":00")
    rows = [
        attempt(SIM_1, 1000, 1010, 1040) | odd,
        attempt(SIM_2, largest, 1, largest),
        attempt(DA, 1, largest, 1),
    ]
    client = serve(
        made(tmp_path / "tree", [(SIM_1, 5), (SIM_2, 5), (DA, 4)], *rows, running=True, settings=absurd)
    )
    record(tmp_path / "tree", SIM_1, "99991231235959 99991231235959 99991231235959 COMPLETED")
    assert good(client, "/v3/performance/a001")["Total_energy"] == largest
    assert good(client, "/v3/summary/a001")["avg_sim_run_time"] == "0:00:15"
    (job,) = good(client, "/v3/stats/a001/0/Any")["Statistics"]["JobStatistics"]
    assert job["wallclock"] == 0
    for figures in ("performance", "statistics", "summary", "performance.svg"):
        assert client.get(f"/v4/experiments/a001/{figures}").status_code == 200


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
