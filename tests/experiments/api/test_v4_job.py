"""`/v4/experiments/{expid}/jobs/{job_name}` through the app: contract/API_V4.md 4.2 and 10.1."""

import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree, write_configuration, write_pickle, write_run

from mestral.readers.fingerprint import SETTLE_NS

SIM, RUNNING, FAILED = "a001_20200101_fc0_1_SIM", "a001_20200101_fc0_2_SIM", "a001_20200101_fc0_3_SIM"
SUSPENDED, WAITING, INI = "a001_20200101_fc0_4_SIM", "a001_20200101_fc0_5_SIM", "a001_INI"
STATES = {SIM: 5, RUNNING: 4, FAILED: -1, SUSPENDED: -3, WAITING: 0, INI: 5}
JOBS = [
    (name, code, name.split("_")[-1], datetime(2020, 1, 1, 12), "fc0", 1) for name, code in STATES.items()
]
CONFIGURATION = """
CONFIG: {AUTOSUBMIT_VERSION: 4.1.5}
DEFAULT: {EXPID: a001, HPCARCH: local}
EXPERIMENT: {CHUNKSIZE: '4', CHUNKSIZEUNIT: month}
JOBS:
  SIM: {QUEUE: debug, PROCESSORS: '37:5', WALLCLOCK: 00:20, PLATFORM: mn5}
"""
ATTEMPT = {
    "counter": 1, "job_name": SIM, "submit": 1_705_316_400, "start": 1_721_037_600, "finish": 1_721_037_700,
    "status": "COMPLETED", "rowtype": 2, "ncpus": 16, "wallclock": "01:00", "qos": "old", "last": 1,
    "platform": "Ran", "job_id": 77, "workflow_commit": "abc",
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    write_pickle(root, "a001", JOBS)
    write_configuration(root, "a001", CONFIGURATION)
    logs = root / "a001" / "tmp" / "LOG_a001"
    logs.mkdir()
    for name in (f"{SIM}.1.out", f"{SIM}.2.out.xz", f"{SIM}.1.err", f"{SIM}2.3.out", f"{RUNNING}.1.out"):
        (logs / name).touch()
    columns = ", ".join(
        name + (" TEXT" if isinstance(value, str) else " INTEGER") for name, value in ATTEMPT.items()
    )
    execute(history(root), f"CREATE TABLE job_data (id INTEGER PRIMARY KEY, {columns})")
    add_attempt(root)
    packages = root / "a001" / "pkl" / "job_packages_a001.db"
    execute(packages, "CREATE TABLE job_package (exp_id, package_name, job_name)")
    execute(packages, f"INSERT INTO job_package VALUES (1, 'first', '{SIM}'), (1, 'second', '{SIM}')")
    return root


def history(root: Path) -> Path:
    return root / "metadata" / "data" / "job_data_a001.db"


def add_attempt(root: Path, **changed: object) -> None:
    row = ATTEMPT | changed
    execute(
        history(root),
        f"INSERT INTO job_data ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        [list(row.values())],
    )


def stamps(root: Path, job: str, content: str) -> None:
    (root / "a001" / "tmp" / f"{job}_TOTAL_STATS").write_text(content)


def detail(client: TestClient[Any], job: str = SIM, expid: str = "a001") -> dict[str, Any]:
    answer = client.get(f"/v4/experiments/{expid}/jobs/{job}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def chosen(found: dict[str, Any], *keys: str) -> tuple[Any, ...]:
    return tuple(found[key] for key in keys)


def test_configuration_comes_before_history(
    root: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    client = serve(root / "autosubmitrc")
    assert list(detail(client).items()) == list(
        {
            "name": SIM, "status": "COMPLETED", "section": "SIM", "date": "20200101", "member": "fc0",
            "chunk": 1, "split": None, "splits": None,
            "out_path_local": f"{root}/a001/tmp/LOG_a001/{SIM}.2.out.xz",
            "err_path_local": f"{root}/a001/tmp/LOG_a001/{SIM}.1.err",
            "chunk_size": 4, "chunk_unit": "month", "platform": "MN5", "remote_id": 77, "qos": "debug",
            "workflow_commit": "abc", "processors": 108, "submit": "2024-01-15T12:00:00+01:00",
            "start": "2024-07-15T12:00:00+02:00", "finish": "2024-07-15T12:01:40+02:00", "wallclock": "00:20",
            "last_wrapper": "second",
        }.items()
    )  # fmt: skip


SETTINGS = ("platform", "qos", "processors", "wallclock", "chunk_size", "chunk_unit")


def test_history_speaks_where_the_configuration_cannot(root: Path, serve: Serve) -> None:
    client = serve(root / "autosubmitrc")
    recorded = ("Ran", "old", 16, "01:00", 1, "month")
    write_configuration(root, "a001", "JOBS: [broken\n")
    assert chosen(detail(client), *SETTINGS) == recorded
    write_configuration(root, "a001", CONFIGURATION.replace("SIM:", "OTHER:"))
    assert chosen(detail(client), *SETTINGS) == (*recorded[:4], 4, "month")
    write_configuration(root, "a001", CONFIGURATION)
    assert chosen(detail(client), *SETTINGS) == ("MN5", "debug", 108, "00:20", 4, "month")
    (root / "a001" / "conf").rename(root / "a001" / "gone")
    assert chosen(detail(client), *SETTINGS) == recorded
    history(root).unlink()
    assert chosen(detail(client), *SETTINGS) == (None,) * 6
    (root / "a001" / "gone").rename(root / "a001" / "conf")
    assert chosen(detail(client), *SETTINGS) == ("MN5", "debug", 108, "00:20", 4, "month")
    (root / "a001" / "tmp").rename(root / "a001" / "gone")
    assert chosen(detail(client), *SETTINGS) == (None,) * 6


def test_the_attempt_with_the_largest_counter_counts(root: Path, serve: Serve) -> None:
    add_attempt(root, counter=5, job_id=5)
    add_attempt(root, counter=3, job_id=3)
    add_attempt(root, counter=8, job_id=8, last=0)
    add_attempt(root, counter=9, job_id=9, rowtype=0)
    client = serve(root / "autosubmitrc")
    assert detail(client)["remote_id"] == 5
    add_attempt(root, counter=6, job_id=6, rowtype=1)
    assert detail(client)["remote_id"] == 6


TIMES = ("submit", "start", "finish")
A, B, C = "2024-01-02T03:04:05+00:00", "2024-01-02T04:05:06+00:00", "2024-01-02T05:06:07+00:00"


@pytest.mark.parametrize(
    ("job", "content", "times"),
    [
        (RUNNING, "20240102030405 20240102040506 20240102050607", (A, B, None)),
        (FAILED, "20240102030405 20240102040506 20240102050607 FAILED", (A, B, C)),
        (FAILED, "20240102030405 soon 20240102050607 FAILED", (A, None, C)),
        (FAILED, "20240102030405", (A, A, A)),
        (FAILED, "20240102030405 20240102040506", (A, B, B)),
        (FAILED, "20240102030405 20240102040506 FAILED", (A, B, None)),
        (RUNNING, "20240102030405", (A, A, None)),
        (FAILED, "", (None, None, None)),
        (FAILED, None, (None, None, None)),
        (WAITING, "20240102030405 20240102040506 20240102050607", (None, None, None)),
        (SUSPENDED, "20240102030405 20240102040506 20240102050607", (None, None, None)),
    ],
)
def test_no_time_is_made_up(
    root: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, job: str, content: str | None, times: object
) -> None:
    monkeypatch.setenv("TZ", "UTC0")
    if content is not None:
        stamps(root, job, content)
    client = serve(root / "autosubmitrc")
    for _ in range(2):
        assert chosen(detail(client, job), *TIMES) == times
        # An attempt in another state changes nothing, but that it has a number.
        add_attempt(root, job_name=job, job_id=9, counter=_)
    assert detail(client, job)["remote_id"] == 9


def test_times_of_the_history_count_when_its_state_is_that_of_the_job(root: Path, serve: Serve) -> None:
    add_attempt(root, job_name=RUNNING, status="RUNNING", finish=0)
    add_attempt(root, job_name=SUSPENDED, status="SUSPENDED")
    client = serve(root / "autosubmitrc")
    submit, start, finish = chosen(detail(client, RUNNING), *TIMES)
    assert datetime.fromisoformat(submit).timestamp() == 1_705_316_400
    assert datetime.fromisoformat(start).timestamp() == 1_721_037_600
    assert finish is None
    assert chosen(detail(client, SUSPENDED), *TIMES) == (None, None, None)


def test_logs_are_those_of_finished_jobs(root: Path, serve: Serve) -> None:
    assert chosen(detail(serve(root / "autosubmitrc"), RUNNING), "out_path_local", "err_path_local") == (
        None,
        None,
    )


def test_what_appears_later_is_seen(root: Path, serve: Serve) -> None:
    time.sleep(SETTLE_NS / 1e9)  # the first answer is kept
    client = serve(root / "autosubmitrc")
    first = client.get(f"/v4/experiments/a001/jobs/{FAILED}")
    tags = {first.headers["etag"]}
    stamps(root, FAILED, "20240102030405")
    answer = client.get(
        f"/v4/experiments/a001/jobs/{FAILED}", headers={"if-none-match": first.headers["etag"]}
    )
    assert answer.status_code == 200 and answer.json()["submit"]
    tags.add(answer.headers["etag"])
    (root / "a001" / "tmp" / "LOG_a001" / f"{FAILED}.1.err").touch()
    answer = client.get(f"/v4/experiments/a001/jobs/{FAILED}")
    assert answer.json()["err_path_local"]
    tags.add(answer.headers["etag"])
    write_run(root, "a001", 1, 1, 1, 1, 1, 1, 1)
    tags.add(client.get(f"/v4/experiments/a001/jobs/{FAILED}").headers["etag"])
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a001/jobs/zzzz", "Job with name 'zzzz' not found in experiment 'a001'"),
        (f"a001/jobs/{SIM.lower()}", f"Job with name '{SIM.lower()}' not found in experiment 'a001'"),
        ("a001/jobs/%20", "Job with name ' ' not found in experiment 'a001'"),
        ("a001/jobs/%2e%2e", "Job with name '..' not found in experiment 'a001'"),
        ("a001/jobs/%ff", "Job with name '\N{REPLACEMENT CHARACTER}' not found in experiment 'a001'"),
        ("b005/jobs/x", "Job with name 'x' not found in experiment 'b005'"),
        ("c006/jobs/c006_1_sim", "Job with name 'c006_1_sim' not found in experiment 'c006'"),
        ("zzzz/jobs/x", "Experiment with expid 'zzzz' not found."),
    ],
)
def test_what_is_not_found(client: TestClient[Any], path: str, message: str) -> None:
    answer = client.get(f"/v4/experiments/{path}")
    assert (answer.status_code, answer.json()["error_message"]) == (404, message)


def test_a_name_with_a_slash_is_no_path(root: Path, serve: Serve) -> None:
    write_pickle(root, "a001", [("../LOG_a001/x", -1, "SIM", None, None, None)])
    (root / "a001" / "tmp" / "LOG_a001" / "x_TOTAL_STATS").write_text("20240102030405")
    client = serve(root / "autosubmitrc")
    assert client.get("/v4/experiments/a001/jobs/..%2fLOG_a001%2fx").status_code == 404


def test_a_damaged_job_list_is_unavailable(client: TestClient[Any]) -> None:
    answer = client.get("/v4/experiments/d007/jobs/x")
    assert (answer.status_code, answer.json()["error_message"]) == (503, "Error while retrieving job details")


@pytest.mark.parametrize("damaged", ["history", "packages", "both"])
def test_other_damage_leaves_its_place_empty(root: Path, serve: Serve, damaged: str) -> None:
    packages = root / "a001" / "pkl" / "job_packages_a001.db"
    if damaged != "packages":
        history(root).write_bytes(b"no database" * 1000)
    if damaged != "history":
        packages.write_bytes(b"no database" * 1000)
    found = detail(serve(root / "autosubmitrc"))
    assert found["remote_id"] == (77 if damaged == "packages" else None)
    assert found["last_wrapper"] == ("second" if damaged == "history" else None)
    assert found["platform"] == "MN5"


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.files
def test_what_was_locked_is_asked_again(root: Path, serve: Serve) -> None:
    time.sleep(SETTLE_NS / 1e9)  # an answer would be kept
    client = serve(root / "autosubmitrc")
    # In a process of its own: whoever stamps the file here would drop a lock of this process.
    command = [sys.executable, "-c", LOCK, str(history(root))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"locked\n"
        hidden = client.get(f"/v4/experiments/a001/jobs/{SIM}")
        holder.communicate()
    assert hidden.json()["remote_id"] is None
    shown = client.get(f"/v4/experiments/a001/jobs/{SIM}", headers={"if-none-match": hidden.headers["etag"]})
    assert shown.status_code == 200
    assert shown.json()["remote_id"] == 77


def test_the_database_of_4_2(client: TestClient[Any]) -> None:
    found = detail(client, "c006_2_SIM", "c006")
    assert chosen(found, "status", "date", "chunk", "split", "splits", "remote_id") == (
        "RUNNING", "20200101", 1, 2, 4, None,
    )  # fmt: skip


def test_the_reference_is_as_recorded(reference: TestClient[Any]) -> None:
    found = detail(reference, "a3tb_19930101_fc01_1_SIM", "a3tb")
    times = [datetime.fromisoformat(found.pop(key)).timestamp() for key in TIMES]
    assert times == [1647354636, 1647354648, 1647355132]
    logs = [found.pop(key) for key in ("out_path_local", "err_path_local")]
    assert [Path(path).name for path in logs] == [
        "a3tb_19930101_fc01_1_SIM.20220315153049.out",
        "a3tb_19930101_fc01_1_SIM.20220315153049.err",
    ]
    assert all(Path(path).is_absolute() and "/a3tb/tmp/LOG_a3tb/" in path for path in logs)
    assert found == {
        "name": "a3tb_19930101_fc01_1_SIM", "status": "COMPLETED", "section": "SIM", "date": "19930101",
        "member": "fc01", "chunk": 1, "split": None, "splits": None, "chunk_size": 1, "chunk_unit": "month",
        "platform": "", "remote_id": 21131708, "qos": "debug", "workflow_commit": None, "processors": 768,
        "wallclock": "1:30", "last_wrapper": None,
    }  # fmt: skip


def test_a_waiting_job_of_the_reference_has_a_number_and_no_times(reference: TestClient[Any]) -> None:
    found = detail(reference, "a003_20220401_fc0_1_SIM", "a003")
    assert found["remote_id"] is not None
    assert chosen(found, *TIMES) == (None, None, None)


def test_every_job_of_the_samples_has_a_detail(reference: TestClient[Any], real: TestClient[Any]) -> None:
    for client in (reference, real):
        for row in client.get("/v4/experiments?only_active=false&page_size=0").json()["experiments"]:
            for job in client.get(f"/v4/experiments/{row['name']}/jobs").json()["jobs"]:
                found = detail(client, job["name"], row["name"])
                for key in ("name", "status", "section", "member", "chunk", "split", "splits"):
                    assert found[key] == job[key]
