"""`GET /v3/expinfo/{expid}` and `/v3/ifrun/{expid}`: contract/API_V3.md 1.1, 2.2, 2.6."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree, write_configuration, write_pickle, write_run
from tests.experiments.sources.making import MODIFIED, settle

from mestral.readers.fingerprint import SETTLE_NS

KEYS = [
    "expid", "path", "owner_id", "owner", "time_last_access", "time_last_mod", "error_message", "description",
    "version", "model", "branch", "hpc", "updateTime", "error", "running", "pkl_timestamp", "chunk_size",
    "chunk_unit", "total_jobs", "completed_jobs", "db_historic_version", "workflow_commit",
]  # fmt: skip
NO_FOLDER = {"path": "NA", "owner_id": 0, "owner": "NA", "time_last_access": "", "time_last_mod": ""}
NO_CONFIGURATION = {
    "model": "", "branch": "", "hpc": "", "updateTime": 0, "chunk_size": 0, "chunk_unit": "default",
    "workflow_commit": None,
}  # fmt: skip
UNREADABLE = "Error while reading the experiment configuration\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of the test's own without files of experiments; returns its folder."""
    root = tmp_path / "root"
    root.mkdir()
    make_tree(root, only_rows=True)
    return root


def ask(client: TestClient[Any], expid: str) -> dict[str, Any]:
    answer = client.get(f"/v3/expinfo/{expid}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == KEYS
    assert body["error"] is bool(body["error_message"])
    assert body["db_historic_version"] == "NA"
    return body


def some(body: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: body[key] for key in keys}


def test_all_of_an_experiment(root: Path, serve: Serve) -> None:
    write_configuration(
        root,
        "t002",
        "CONFIG:\n  AUTOSUBMIT_VERSION: 4.1.5\n  SAFETYSLEEPTIME: 7\nDEFAULT:\n  HPCARCH: mn5\n"
        "AUTOSUBMIT:\n  WORKFLOW_COMMIT: 947903f\nEXPERIMENT:\n  CHUNKSIZE: 4\n  CHUNKSIZEUNIT: month\n"
        "PROJECT:\n  PROJECT_TYPE: git\nGIT:\n  PROJECT_ORIGIN: https://h/x.git\n  PROJECT_BRANCH: main\n",
    )
    jobs = write_pickle(root, "t002")
    os.utime(jobs, (MODIFIED, MODIFIED))
    write_run(root, "t002", 1, 9, 0, 0, 0, 0, 0)
    write_run(root, "t002", 3, 8, 0, 0, 0, 0, 0)
    folder = root / "t002"
    os.utime(folder, (MODIFIED, MODIFIED))
    body = ask(serve(root / "autosubmitrc"), "t002")
    for key in ("time_last_access", "time_last_mod"):
        assert body.pop(key).startswith("2023-11-1")
    assert body == {
        "expid": "t002",
        "path": str(folder),
        "owner_id": folder.stat().st_uid,
        "owner": folder.owner(),
        "error_message": "",
        "description": "Test of 100% and_more",
        "version": "4.1.10",
        "model": "https://h/x.git",
        "branch": "main",
        "hpc": "MN5",
        "updateTime": 7,
        "error": False,
        "running": True,
        "pkl_timestamp": MODIFIED,
        "chunk_size": 4,
        "chunk_unit": "month",
        "total_jobs": 8,
        "completed_jobs": 3,
        "db_historic_version": "NA",
        "workflow_commit": "947903f",
    }


@pytest.mark.parametrize(("path", "expid"), [("zzzz", "zzzz"), ("%2e%2e", ".."), ("%ff", "\ufffd")])
def test_an_unknown_experiment_has_all_keys(client: TestClient[Any], path: str, expid: str) -> None:
    body = ask(client, path)
    assert body == {
        "expid": expid,
        **NO_FOLDER,
        "error_message": f"Experiment with expid '{expid}' not found.\n",
        "description": "",
        "version": "",
        **NO_CONFIGURATION,
        "error": True,
        "running": False,
        "pkl_timestamp": 0,
        "total_jobs": 0,
        "completed_jobs": 0,
        "db_historic_version": "NA",
    }


def test_a_row_alone(client: TestClient[Any]) -> None:
    body = ask(client, "b005")
    assert some(body, *NO_FOLDER) == NO_FOLDER
    assert some(body, *NO_CONFIGURATION) == NO_CONFIGURATION
    assert body["error_message"] == "Experiment b005 does not exist\n"
    assert (body["description"], body["version"]) == ("Archived, only its row is left", None)
    assert body["pkl_timestamp"] == 0


def test_what_is_missing_or_damaged_is_told_and_the_rest_is_there(root: Path, serve: Serve) -> None:
    for expid in ("a001", "t002", "o003", "a009"):
        write_configuration(root, expid, "EXPERIMENT:\n  CHUNKSIZE: 4\n")
        write_run(root, expid, 3, 8, 0, 0, 0, 0, 0)
    (root / "a001" / "tmp").rmdir()
    (root / "t002" / "conf" / "minimal.yml").write_text("A: [")
    (root / "o003" / "conf" / "minimal.yml").unlink()
    (root / "o003" / "conf").rmdir()
    client = serve(root / "autosubmitrc")
    for expid, message in (
        ("a001", "Required folder tmp not found.\n"),
        ("t002", UNREADABLE),
        ("o003", "Experiment o003/conf does not exist\n"),
        ("a009", ""),
    ):
        body = ask(client, expid)
        assert body["error_message"] == message
        assert (some(body, *NO_CONFIGURATION) == NO_CONFIGURATION) is bool(message)
        assert some(body, "path", "total_jobs", "completed_jobs") == {
            "path": str(root / expid),
            "total_jobs": 8,
            "completed_jobs": 3,
        }


def test_a_file_of_autosubmit_3_that_is_missing_is_told(root: Path, serve: Serve) -> None:
    conf = root / "d007" / "conf"
    conf.mkdir(parents=True)
    (root / "d007" / "tmp").mkdir()
    names = ("autosubmit", "expdef", "jobs", "platforms")
    for name in names:
        (conf / f"{name}_d007.conf").write_text("[experiment]\nCHUNKSIZE = 2\n")
    client = serve(root / "autosubmitrc")
    assert some(ask(client, "d007"), "error_message", "chunk_size") == {"error_message": "", "chunk_size": 2}
    (conf / "platforms_d007.conf").unlink()
    assert some(ask(client, "d007"), "error_message", "chunk_size") == {
        "error_message": "The configuration is incomplete.\n", "chunk_size": 0,
    }  # fmt: skip


@pytest.mark.files
def test_a_history_and_a_job_list_that_are_damaged_are_no_error(root: Path, serve: Serve) -> None:
    write_configuration(root, "a001", "EXPERIMENT:\n  CHUNKSIZE: 4\n")
    write_pickle(root, "a001").write_bytes(b"\x80\x02]q\x00(this is no pickle")
    (root / "metadata" / "data" / "job_data_a001.db").write_bytes(b"this is not a database" * 100)
    (root / "as_times.db").write_bytes(b"this is not a database" * 100)
    body = ask(serve(root / "autosubmitrc"), "a001")
    assert some(body, "error", "total_jobs", "completed_jobs", "running", "chunk_size") == {
        "error": False,
        "total_jobs": 0,
        "completed_jobs": 0,
        "running": False,
        "chunk_size": 4,
    }


def test_a_run_without_jobs_counts_none(root: Path, serve: Serve) -> None:
    write_run(root, "a001", 3, 8, 0, 0, 0, 0, 0)
    write_run(root, "a001", 3, 0, 0, 0, 0, 0, 0)
    assert some(ask(serve(root / "autosubmitrc"), "a001"), "total_jobs", "completed_jobs") == {
        "total_jobs": 0,
        "completed_jobs": 0,
    }


@pytest.mark.files
def test_that_somebody_looked_into_the_folder_is_told(root: Path, serve: Serve) -> None:
    write_configuration(root, "a001", "A: 1\n")
    settle(root)
    folder = root / "a001"
    os.utime(folder, (MODIFIED - 90, MODIFIED))
    client = serve(root / "autosubmitrc")
    time.sleep(SETTLE_NS / 1e9)
    before = client.get("/v3/expinfo/a001")
    known = {"If-None-Match": before.headers["etag"]}
    assert client.get("/v3/expinfo/a001", headers=known).status_code == 304
    list(folder.iterdir())
    if folder.stat().st_atime == MODIFIED - 90:
        pytest.skip("the file system does not say when something was looked at")
    answer = client.get("/v3/expinfo/a001", headers=known)
    assert answer.status_code == 200
    assert {key for key in KEYS if answer.json()[key] != before.json()[key]} == {"time_last_access"}


def test_what_changed_is_told(root: Path, serve: Serve) -> None:
    path = write_configuration(root, "a001", "EXPERIMENT:\n  CHUNKSIZE: 4\n")
    client = serve(root / "autosubmitrc")
    assert some(ask(client, "a001"), "chunk_size", "total_jobs", "running") == {
        "chunk_size": 4, "total_jobs": 0, "running": False,
    }  # fmt: skip
    path.write_text("EXPERIMENT:\n  CHUNKSIZE: 5\n")
    write_run(root, "a001", 3, 8, 0, 0, 0, 0, 0)
    with closing(sqlite3.connect(root / "as_times.db")) as connection, connection:
        connection.execute("UPDATE experiment_status SET status = 'RUNNING' WHERE exp_id = 1")
    assert some(ask(client, "a001"), "chunk_size", "total_jobs", "running") == {
        "chunk_size": 5, "total_jobs": 8, "running": True,
    }  # fmt: skip
    assert client.get("/v3/ifrun/a001").json()["running"] is True


@pytest.mark.parametrize(
    ("expid", "running"), [("t002", True), ("c006", True), ("a001", False), ("b005", False), ("o003", False)]
)
def test_what_runs(client: TestClient[Any], expid: str, running: bool) -> None:
    answer = client.get(f"/v3/ifrun/{expid}")
    assert answer.text == f'{{"running":{str(running).lower()},"error":false,"error_message":""}}'
    assert ask(client, expid)["running"] is running


@pytest.mark.parametrize(("path", "expid"), [("zzzz", "zzzz"), ("%2e%2e", ".."), ("A001", "A001")])
def test_what_is_unknown_does_not_run_and_is_an_error(client: TestClient[Any], path: str, expid: str) -> None:
    assert client.get(f"/v3/ifrun/{path}").json() == {
        "running": False,
        "error": True,
        "error_message": f"Experiment with expid '{expid}' not found.",
    }


@pytest.mark.files
def test_a_status_that_cannot_be_read_is_no_error(root: Path, serve: Serve) -> None:
    (root / "as_times.db").write_bytes(b"this is not a database" * 100)
    client = serve(root / "autosubmitrc")
    assert client.get("/v3/ifrun/t002").json() == {"running": False, "error": False, "error_message": ""}


def test_without_the_main_database_all_keys_are_there(root: Path, serve: Serve) -> None:
    execute(root / "as_times.db", "DELETE FROM experiment_status")
    (root / "autosubmit.db").write_bytes(b"this is not a database" * 100)
    client = serve(root / "autosubmitrc")
    message = "The experiment database cannot be read"
    assert some(ask(client, "a001"), "error", "error_message") == {
        "error": True,
        "error_message": f"{message}\n",
    }
    assert client.get("/v3/ifrun/a001").json() == {"running": False, "error": True, "error_message": message}


RECORDED = {
    "a003": ("minimal structure dummy", "4.0.95", "NA", "NA", "LOCAL", 10, 4, "month", 8, 8, None),
    "a1vj": ("test new pkl 2", "4.1.12", "NA", "NA", "LOCAL", 10, 4, "month", 8, 0, None),
    "a1vx": (
        "test 4.1.13", "4.1.13", "NA", "NA", "LOCAL", 10, 4, "month", 8, 8,
        "947903ff8b5859ac623abeae4cbc3cf40d36a013",
    ),
    "a3tb": (
        "test case a3tb", "3.13.0", "https://earth.bsc.es/gitlab/es/auto-ecearth3.git", "trunk",
        "marenostrum4", 10, 1, "month", 55, 28, None,
    ),
    "a6zj": ("wrapper test case", "4.0.101", "NA", "NA", "MARENOSTRUM4", 10, 4, "month", 10, 0, None),
    "a8qc": (
        "pre-offlineA with AS4", "4.1.11", "https://earth.bsc.es/gitlab/es/auto-monarch.git",
        "705-pre-offline-DA-AS4", "MARENOSTRUM5", 10, 1, "day", 79, 79, None,
    ),
    "aa6f": ("test wrappers 4.1.17", "4.1.17", "NA", "NA", "LOCAL", 10, 4, "month", 10, 10, None),
}  # fmt: skip
FIELDS = (
    "description", "version", "model", "branch", "hpc", "updateTime", "chunk_size", "chunk_unit",
    "total_jobs", "completed_jobs", "workflow_commit",
)  # fmt: skip


@pytest.mark.parametrize("expid", RECORDED)
def test_the_reference_is_as_recorded(reference: TestClient[Any], expid: str) -> None:
    body = ask(reference, expid)
    assert tuple(body[field] for field in FIELDS) == RECORDED[expid]
    assert (body["error"], body["running"]) == (False, False)


def test_real_experiments(real: TestClient[Any]) -> None:
    found = {expid: ask(real, expid) for expid in ("a000", "a002", "a003")}
    fields = ("running", "hpc", "updateTime", "total_jobs", "completed_jobs")
    assert {expid: tuple(body[field] for field in fields) for expid, body in found.items()} == {
        "a000": (True, "LOCAL", 2, 47, 43),
        "a002": (False, "FAKECLUSTER", 2, 12, 0),
        "a003": (True, "LOCAL", 2, 0, 0),
    }
    assert found["a003"]["pkl_timestamp"] == 1795463348
