"""`/v4/experiments/{expid}/eta` through the app: contract/API_V4.md 5.5 and 10.1."""

import pickle
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.sources.making import (
    STATUS_TABLE,
    attempts,
    database,
    job_pickle,
    settle,
    tree,
)

START = datetime(2020, 1, 1)


def job_list(*jobs: tuple[str, int, str, int | None]) -> bytes:
    """A pickled job list: name, code of the state, section, chunk."""
    rows = [
        (name, 1, code, 1, section, START, "fc0", chunk, "", "", "", "")
        for name, code, section, chunk in jobs
    ]
    return pickle.dumps(rows, 2)


JOBS = job_list(
    ("ini", 5, "INI", None), ("sim1", 5, "SIM", 1), ("sim2", 4, "SIM", 2), ("post1", 0, "POST", 1)
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Healthy, without a history, with a damaged history, with a damaged list, without a list."""
    root = tmp_path / "data"
    tree(root, "a001", "a002", "a003", "a004", "a005")
    for name in ("a001", "a002", "a003"):
        job_pickle(root, name, JOBS)
    attempts(root, "a001", {"job_name": "sim1", "submit": 100, "start": 110, "finish": 210})
    attempts(root, "a003").write_bytes(b"no database")
    job_pickle(root, "a004", b"no pickle")
    settle(root)
    return root


def get(client: TestClient[Any], expid: str, section: str | None = None) -> tuple[int, Any]:
    params = {} if section is None else {"section": section}
    answer = client.get(f"/v4/experiments/{expid}/eta", params=params)
    return answer.status_code, answer.json().get("error_message", answer.json())


def test_all_that_can_be_said_of_a_section(serve: Serve, root: Path) -> None:
    client = serve(root / "autosubmitrc")
    expected = {
        "eta_seconds": 100.0,
        "chunks_total": 2,
        "chunks_remaining": 1,
        "avg_runtime_per_chunk_seconds": 100.0,
        "estimate": {
            "eta_seconds": 110.0,
            "steps_total": 2,
            "steps_remaining": 1,
            "steps_running": 0,
            "avg_run_seconds": 100.0,
            "avg_wait_seconds": 10.0,
            "concurrency": 1,
            "elapsed_seconds": 0.0,
        },
    }
    assert get(client, "a001") == get(client, "a001", "SIM") == (200, expected)
    status, unknown = get(client, "a002")
    assert (status, unknown["eta_seconds"], unknown["avg_runtime_per_chunk_seconds"]) == (200, None, None)
    assert unknown["chunks_remaining"] == 1


@pytest.mark.parametrize("expid", ["a001", "a003"])
def test_sections_without_chunks_are_refused_before_the_history_is_read(
    serve: Serve, root: Path, expid: str
) -> None:
    client = serve(root / "autosubmitrc")
    for section, message in (
        ("sim", "No jobs found for section 'sim' in experiment '{expid}'"),
        ("", "No jobs found for section '' in experiment '{expid}'"),
        ("É'%", "No jobs found for section 'É'%' in experiment '{expid}'"),
        ("INI", "Section 'INI' in experiment '{expid}' has no chunked jobs"),
    ):
        assert get(client, expid, section) == (400, message.format(expid=expid))


def test_missing_and_damaged(serve: Serve, root: Path) -> None:
    client = serve(root / "autosubmitrc")
    assert get(client, "a003") == get(client, "a004") == (503, "Failed to compute ETA")
    assert get(client, "a005") == (400, "No jobs found for section 'SIM' in experiment 'a005'")
    assert get(client, "zzzz") == (404, "Experiment with expid 'zzzz' not found.")


def test_the_time_of_what_runs_is_deducted_while_the_experiment_runs(serve: Serve, root: Path) -> None:
    now = int(time.time())
    attempts(
        root,
        "a002",
        {"job_name": "sim1", "submit": now - 9000, "start": now - 8000, "finish": now - 4000},
        {"job_name": "sim2", "submit": now - 4000, "start": now - 3000},
    )
    client = serve(root / "autosubmitrc")
    _, stopped = get(client, "a002")
    assert stopped["estimate"]["eta_seconds"] == 5000.0
    database(
        root / "as_times.db", STATUS_TABLE, "INSERT INTO experiment_status VALUES (2, 'a002', 'RUNNING')"
    )
    _, running = get(client, "a002")
    assert running["estimate"]["steps_running"] == 1
    assert 800 < running["estimate"]["eta_seconds"] <= 1000
    assert running["estimate"]["eta_seconds"] + running["estimate"]["elapsed_seconds"] == 4000
    assert running["eta_seconds"] == stopped["eta_seconds"] == 4000.0


@pytest.mark.parametrize(
    ("expid", "section", "figures"),
    [
        ("a007", "SIM", (0.0, 2, 0, 5.0)),
        ("a3tb", "SIM", (0.0, 3, 0, 5046.333333333333)),
        ("a3tb", "CMORATM", (9938.0, 3, 2, 4969.0)),
        ("a003", "SIM", (None, 2, 2, None)),
    ],
)
def test_what_was_recorded_of_the_reference_experiments(
    reference: TestClient[Any], expid: str, section: str, figures: tuple[float | None, ...]
) -> None:
    status, found = get(reference, expid, section)
    assert status == 200
    assert tuple(found.values())[:4] == figures
    if section == "CMORATM":  # they took 82 to 100 seconds each
        assert found["estimate"]["avg_run_seconds"] == 91.75
        assert found["estimate"]["eta_seconds"] < 1200
