"""The v3 endpoints through the app: contract/API_V3.md 1.1, 2.3, 2.4, 2.12, 2.21."""

from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree

STATES = [
    "SUSPENDED",
    "UNKNOWN",
    "FAILED",
    "WAITING",
    "READY",
    "SUBMITTED",
    "QUEUING",
    "RUNNING",
    "COMPLETED",
    "HELD",
    "PREPARED",
    "SKIPPED",
    "DELAYED",
]


def names(client: TestClient[Any], path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["experiment"]
    return " ".join(row["name"] for row in answer.json()["experiment"])


def test_jobs_are_counted_by_state(client: TestClient[Any]) -> None:
    answer = client.get("/v3/expcount/a001").json()
    assert list(answer) == ["error", "error_message", "expid", "total", "counters"]
    assert (answer["error"], answer["error_message"], answer["expid"], answer["total"]) == (
        False,
        "",
        "a001",
        4,
    )
    assert list(answer["counters"]) == STATES
    assert {state: number for state, number in answer["counters"].items() if number} == {
        "WAITING": 1,
        "RUNNING": 1,
        "COMPLETED": 1,
        "UNKNOWN": 1,
    }
    assert client.get("/v3/expcount/t002").json()["total"] == 0
    assert client.get("/v3/expcount/c006").json()["total"] == 2


@pytest.mark.parametrize(
    ("path", "expid", "message"),
    [
        ("zzzz", "zzzz", "Experiment with expid 'zzzz' not found."),
        ("%25zz", "%zz", "Experiment with expid '%zz' not found."),
        ("%2e%2e", "..", "Experiment with expid '..' not found."),
        ("d007", "d007", "Error while reading the job list"),
        ("o003", "o003", "The job list does not exist."),
    ],
)
def test_what_cannot_be_counted_is_zero_with_a_message(
    client: TestClient[Any], path: str, expid: str, message: str
) -> None:
    answer = client.get(f"/v3/expcount/{path}")
    assert answer.status_code == 200
    assert answer.json() == {
        "error": True,
        "error_message": f"Exception while reading the pkl content: {message}",
        "expid": expid,
        "total": 0,
        "counters": dict.fromkeys(STATES, 0),
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v3/search/a00", "a001 a009"),
        ("/v3/search/ZEBRA", "a001 a009"),
        ("/v3/search/bob", "t002 c006"),
        ("/v3/search/%25", "t002"),
        ("/v3/search/_", "t002"),
        ("/v3/search/zzzz", ""),
        ("/v3/search/a/test/0", "t002"),
        ("/v3/search/a/operational/x", "o003"),
        ("/v3/search/a/experiment/0", "a001 b005 c006 d007 a009"),
        ("/v3/search/a/all/0", "a001 t002 o003 b005 c006 d007 a009"),
        ("/v3/search/a/all/active", "t002 c006"),
        ("/v3/search/a/all/True", "t002 c006"),
        ("/v3/search/a/experiment/1", "c006"),
        ("/v3/searchowner/BOB", "t002 c006"),
        ("/v3/searchowner/alice*", "a001 o003"),
        ("/v3/searchowner/!alice*", "t002 c006 d007"),
        ("/v3/searchowner/%25", ""),
        ("/v3/running", "t002 c006"),
        ("/v3/running/", "t002 c006"),
        ("/v3//running//", "t002 c006"),
    ],
)
def test_the_search_family_finds(client: TestClient[Any], path: str, found: str) -> None:
    assert names(client, path) == found


def test_a_row_shows_what_the_files_say(client: TestClient[Any]) -> None:
    rows = {row["name"]: row for row in client.get("/v3/search/a/all/0").json()["experiment"]}
    assert rows["a001"] == {
        "id": 1,
        "name": "a001",
        "user": "alice",
        "description": "Zebra first, plain",
        "hpc": "LOCAL",
        "status": "NOT RUNNING",
        "completed": 3,
        "total": 8,
        "version": "4.1.5",
        "wrapper": "VERTICAL",
        "submitted": 1,
        "queuing": 1,
        "running": 1,
        "failed": 1,
        "suspended": 1,
        "modified": rows["a001"]["modified"],
    }
    assert rows["a001"]["modified"].startswith("2023-11-1")
    assert (rows["b005"]["status"], rows["b005"]["user"], rows["b005"]["total"]) == (None, None, "NA")
    assert (rows["d007"]["hpc"], rows["d007"]["version"], rows["d007"]["total"]) == ("a*b", "Unknown", "NA")


def test_running_answers_when_a_configuration_is_missing(client: TestClient[Any]) -> None:
    (first, _) = client.get("/v3/running").json()["experiment"]
    assert (first["name"], first["hpc"], first["version"]) == ("t002", "MARENOSTRUM5", "Unknown")


def test_a_running_experiment_without_details_shows_the_user_none(tmp_path: Path, serve: Serve) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    execute(root / "as_times.db", "INSERT INTO experiment_status VALUES (5, 'b005', 'RUNNING', 0, '')")
    client = serve(rc_file)
    rows = {row["name"]: row["user"] for row in client.get("/v3/running").json()["experiment"]}
    assert rows == {"t002": "bob", "b005": "None", "c006": "bob"}
    assert client.get("/v3/search/b005").json()["experiment"][0]["user"] is None


def test_without_the_main_database_v3_keeps_its_shape_and_v4_is_unavailable(
    tmp_path: Path, serve: Serve
) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    (root / "autosubmit.db").write_bytes(b"this is not a database" * 100)
    client = serve(rc_file)
    message = "The experiment database cannot be read"
    for path in ("/v3/running", "/v3/search/a", "/v3/search/a/all/0", "/v3/searchowner/a"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"experiment": [], "error": True, "error_message": message}
    counted = client.get("/v3/expcount/a001").json()
    assert (counted["error"], counted["total"], list(counted["counters"])) == (True, 0, STATES)
    for path in ("/v4/experiments", "/v4/experiments/a001", "/v4/experiments/a001/jobs"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error_message"]) == (503, message)


def test_filestatus_and_shutdown_are_constant(client: TestClient[Any]) -> None:
    status = client.get("/v3/filestatus").json()
    assert (status.pop("status"), status.pop("error")) == (False, False)
    assert isinstance(status.pop("error_message"), str)
    assert list(status) == [
        "avg_latency",
        "avg_bandwidth",
        "current_latency",
        "current_bandwidth",
        "reponse_time",
        "datetime",
        "latency_warning",
        "bandwidth_warning",
        "response_warning",
    ]
    assert set(status.values()) == {None}
    for path in ("/v3/shutdown/tree?loggedUser=null&expid=a001", "/v3/shutdown/graph?loggedUser=alice"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (200, '""')


@pytest.mark.parametrize(
    "path", ["/v3", "/v3/search", "/v3/search/a/all", "/v3/expcount", "/v3/expcount/a001%2fb"]
)
def test_other_paths_are_not_found(client: TestClient[Any], path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"] is True


def test_the_reference_counters_are_as_recorded(reference: TestClient[Any]) -> None:
    answer = reference.get("/v3/expcount/a3tb").json()
    assert answer["total"] == 55
    assert {state: number for state, number in answer["counters"].items() if number} == {
        "SUSPENDED": 2,
        "WAITING": 24,
        "QUEUING": 4,
        "RUNNING": 1,
        "COMPLETED": 24,
    }


def test_the_reference_rows_are_as_recorded(reference: TestClient[Any]) -> None:
    (row,) = reference.get("/v3/search/a3tb").json()["experiment"]
    assert row.pop("modified") is not None
    assert row == {
        "id": 3,
        "name": "a3tb",
        "user": "ltenorio",
        "description": "test case a3tb",
        "hpc": "marenostrum4",
        "status": "NOT RUNNING",
        "completed": 28,
        "total": 55,
        "version": "3.13.0",
        "wrapper": None,
        "submitted": 0,
        "queuing": 1,
        "running": 0,
        "failed": 0,
        "suspended": 2,
    }
    (row,) = reference.get("/v3/search/a003").json()["experiment"]
    assert row["version"] == "4.0.0"


def test_real_running_experiments_are_found(real: TestClient[Any]) -> None:
    assert names(real, "/v3/running") == "a000 a001 a003 a004"
