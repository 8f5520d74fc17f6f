"""Databases that Autosubmit itself made in PostgreSQL: 4.1.17.1 after a whole run, 4.2.0 after `create`.

What is expected here is what Autosubmit API 4.2.0 answers over the same databases, but for
`estimate` and `health`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import SHARED, serve_tree
from tests.postgres import Postgres

EXPERIMENT = "/v4/experiments/a000"
SIM = f"{EXPERIMENT}/jobs/a000_20000101_fc0_1_SIM"
NAMES = [
    "a000_20000101_fc0_1_SIM", "a000_20000101_fc0_INI", "a000_20000101_fc0_TRANSFER", "a000_CLEAN",
    "a000_LOCAL_SETUP", "a000_POST", "a000_REMOTE_SETUP",
]  # fmt: skip


class Dump:
    """A dump in a database of its own, served without any file of the experiment."""

    def __init__(self, version: str, client: TestClient[Any]) -> None:
        self.done = version == "4.1.17.1"
        self.version = version
        self._client = client

    def get(self, path: str) -> Any:
        """The JSON of an answer that is well."""
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=["4.1.17.1", "4.2.0"])
def dump(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dump]:
    file = SHARED / "postgres" / f"schema_{request.param}.sql"
    if not file.exists():
        pytest.skip("the dumps are not there")
    name = postgres.new_database()
    with postgres.connect(name) as connection:
        connection.execute(file.read_bytes())
    folder = tmp_path_factory.mktemp("dump")
    rc_file = folder / "autosubmitrc"
    url = postgres.url(name, "postgresql+psycopg2").replace("%", "%%")
    rc_file.write_text(
        f"[database]\nbackend = postgres\nconnection_url = {url}\n[local]\npath = {folder / 'root'}\n"
    )
    with ExitStack() as stack:
        yield Dump(request.param, serve_tree(stack, rc_file, folder / "state"))


def test_the_lists(dump: Dump) -> None:
    saved = datetime.fromisoformat("2026-11-23T19:35:49").astimezone(
        UTC
    )  # by a machine in our zone, it is taken
    created, modified, total = (
        ("2026-11-23T19:34:20+00:00", saved.isoformat(), 7)
        if dump.done
        else ("2026-11-23T19:33:27+00:00", "2026-11-23T19:33:40+00:00", 1)
    )
    listed = dump.get("/v4/experiments")  # active ones
    assert listed["pagination"] == {
        "page": 1, "page_size": 12, "total_pages": 1, "page_items": 1, "total_items": 1
    }  # fmt: skip
    (shown,) = listed["experiments"]
    assert shown == {
        "id": 1, "name": "a000", "user": "root", "description": "pg dummy", "hpc": "LOCAL",
        "status": "RUNNING", "version": dump.version, "created": created, "modified": modified,
        "completed": 7 if dump.done else 0, "total": total, "submitted": 0, "queuing": 0, "running": 0,
        "failed": 0, "suspended": 0,
    }  # fmt: skip
    for path in ("/v3/running/", "/v3/search/dummy", "/v3/searchowner/root/"):
        (found,) = dump.get(path)["experiment"]
        assert (found["name"], found["total"], found["version"]) == ("a000", total, "Unknown")
    assert dump.get(EXPERIMENT) == {
        "id": 1, "name": "a000", "description": "pg dummy", "autosubmit_version": dump.version
    }  # fmt: skip


def test_the_jobs(dump: Dump) -> None:
    logs = "a000_20000101_fc0_1_SIM.0." if dump.done else None
    found = dump.get(f"{EXPERIMENT}/jobs")
    assert [job["name"] for job in found["jobs"]] == NAMES
    assert found["jobs"][0] == {
        "name": NAMES[0], "status": "COMPLETED" if dump.done else "WAITING", "priority": 3, "section": "SIM",
        "date": "2000-01-01", "member": "fc0", "chunk": 1, "split": None, "splits": None,
        "out_path_local": logs and f"{logs}out", "err_path_local": logs and f"{logs}err",
        "out_path_remote": "", "err_path_remote": "",
    }  # fmt: skip
    assert found["jobs"][5]["date"] is None
    ready = dump.get(f"{EXPERIMENT}/jobs?status=READY&view=quick")["jobs"]
    assert ready == ([] if dump.done else [{"name": "a000_LOCAL_SETUP", "status": "READY"}])
    counted = dump.get("/v3/expcount/a000")
    states = {"COMPLETED": 7} if dump.done else {"WAITING": 6, "READY": 1}
    assert {state: count for state, count in counted["counters"].items() if count} == states
    assert (counted["error"], counted["total"]) == (False, 7)


def test_a_job(dump: Dump) -> None:
    shown = dump.get(SIM)
    run = {name: shown.pop(name) for name in ("remote_id", "platform", "qos", "processors", "wallclock")}
    times = [shown.pop(name) for name in ("submit", "start", "finish")]
    commit = shown.pop("workflow_commit")
    assert shown == {
        "name": NAMES[0], "status": "COMPLETED" if dump.done else "WAITING", "section": "SIM",
        "date": "20000101", "member": "fc0", "chunk": 1, "split": None, "splits": None, "chunk_size": 4,
        "chunk_unit": "month", "out_path_local": None, "err_path_local": None, "last_wrapper": None,
    }  # fmt: skip
    if dump.done:  # the configuration is not there: the history counts
        assert run == {
            "remote_id": 8181, "platform": "LOCAL", "qos": "debug", "processors": 0, "wallclock": "00:05"
        }  # fmt: skip
        assert commit == ""
        assert all(times)
    else:
        assert set(run.values()) == {None}
        assert commit is None
        assert times == [None, None, None]


def test_what_surrounds_a_job(dump: Dump) -> None:
    status = "COMPLETED" if dump.done else "WAITING"
    parents = [{"job_name": "a000_20000101_fc0_INI", "status": status}]
    assert dump.get(f"{SIM}/parents?include_status=true") == {"parents": parents}
    children = [{"job_name": "a000_POST", "status": status}]
    assert dump.get(f"{SIM}/children?include_status=true") == {"children": children}
    assert dump.get(f"{EXPERIMENT}/jobs/a000_LOCAL_SETUP/parents") == {"parents": []}
    assert dump.get(f"{EXPERIMENT}/wrappers") == {"wrappers": []}


def test_the_runs(dump: Dump) -> None:
    runs = (
        [{"run_id": 1, "start": "2026-11-23T19:34:28+00:00", "finish": "2026-11-23T19:35:50+00:00"}]
        if dump.done
        else [
            {"run_id": 1, "start": "2026-11-23T19:33:37+00:00", "finish": "2026-11-23T19:33:40+00:00"},
            {"run_id": 2, "start": "2026-11-23T19:33:40+00:00", "finish": None},
        ]
    )
    assert dump.get(f"{EXPERIMENT}/runs") == {"runs": runs}
    for run in runs:
        shown = dump.get(f"{EXPERIMENT}/runs/{run['run_id']}/config")
        assert shown["run_id"] == run["run_id"]
        assert shown["config"]["CONFIG"]["AUTOSUBMIT_VERSION"] == dump.version
        assert shown["config"]["EXPERIMENT"]["CHUNKSIZE"] == 4
    assert dump.get(f"{EXPERIMENT}/user-metrics-runs") == {"runs": []}
    assert dump.get(f"{EXPERIMENT}/runs/1/user-metrics") == {"run_id": 1, "metrics": []}
    eta = dump.get(f"{EXPERIMENT}/eta")
    del eta["estimate"]
    assert eta == {
        "eta_seconds": 0.0 if dump.done else None, "chunks_total": 1,
        "chunks_remaining": 0 if dump.done else 1,
        "avg_runtime_per_chunk_seconds": 5.0 if dump.done else None,
    }  # fmt: skip


def test_its_health(dump: Dump) -> None:
    parts = {part["part"]: part for part in dump.get(f"{EXPERIMENT}/health")["parts"]}
    assert {name: part["state"] for name, part in parts.items()} == {
        "job_list": "ok", "structure": "ok", "history": "ok", "wrappers": "ok",
        "configuration": "missing", "logs": "missing", "layout": "missing",
    }  # fmt: skip
    assert parts["job_list"]["format"] == ("pickle: dictionaries" if dump.done else "PostgreSQL: table jobs")
