"""A lock or a damaged file of statuses hides something: not for longer than it lasts, and not silently."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.experiments.api.conftest import Serve
from tests.experiments.sources.making import jobs_database, settle, tree

from mestral.readers.fingerprint import SETTLE_NS
from mestral_experiments.demo import unpack


@pytest.mark.files
def test_what_a_lock_hid_is_shown_as_soon_as_it_is_gone(serve: Serve, tmp_path: Path) -> None:
    rc_file = unpack(tmp_path / "data")
    (history,) = (tmp_path / "data").rglob("job_data_a001.db")
    settle(tmp_path / "data")
    client = serve(rc_file)
    path = "/v4/experiments?only_active=false&query=a001"
    with closing(sqlite3.connect(history, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        hidden = client.get(path)
        writer.execute("ROLLBACK")
    assert hidden.json()["experiments"][0]["total"] == 0
    shown = client.get(path, headers={"if-none-match": hidden.headers["etag"]})
    assert shown.status_code == 200
    assert shown.json()["experiments"][0]["total"] == 104


@pytest.mark.files
def test_a_locked_job_list_loses_the_time_of_its_change_for_as_long_as_the_lock(
    serve: Serve, tmp_path: Path
) -> None:
    rc_file = tree(tmp_path / "data", "a001", version="4.2.0")
    jobs = jobs_database(
        tmp_path / "data", "a001", {"name": "a", "status": "RUNNING", "modified": "2026-01-01 00:00:00"}
    )
    settle(tmp_path / "data")
    time.sleep(SETTLE_NS / 1e9)
    client = serve(rc_file)
    path = "/v4/experiments?only_active=false"
    with closing(sqlite3.connect(jobs, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        hidden = client.get(path)
        writer.execute("ROLLBACK")
    assert hidden.json()["experiments"][0]["modified"] is None
    shown = client.get(path, headers={"if-none-match": hidden.headers["etag"]})
    assert shown.status_code == 200
    assert shown.json()["experiments"][0]["modified"] == "2026-01-01T00:00:00+00:00"


def test_without_the_status_of_experiments_it_is_not_said_that_none_is_running(
    serve: Serve, tmp_path: Path
) -> None:
    client = serve(tree(tmp_path / "data", "a001"))
    assert client.get("/v3/running").json() == {"experiment": []}
    status = tmp_path / "data" / "as_times.db"
    status.write_bytes(b"no database")
    for path in ("/v3/running", "/v3/search/a001/all/active"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {
            "experiment": [],
            "error": True,
            "error_message": "The status of experiments cannot be read",
        }
    (shown,) = client.get("/v4/experiments?only_active=false").json()["experiments"]
    assert shown["status"] == "NOT RUNNING"
    (shown,) = client.get("/v3/search/a001").json()["experiment"]
    assert shown["status"] is None
    status.unlink()
    assert client.get("/v3/running").json() == {"experiment": []}
