"""Serving changes nothing in the tree that is served: no file, no time, no journal."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.sources.making import digest

from mestral_experiments.demo import unpack


def every_get(client: TestClient[Any], expids: list[str]) -> Iterator[str]:
    """Each route for GET, with values for its parameters."""
    others = {
        "owner": "demo",
        "route": "tree",
        "exptype": "all",
        "onlyactive": "0",
        "run_id": "1",
        "runid": "1",
        "timestamp": "0",
        "layout": "standard",
        "grouped": "date-member",
        "filter_period": "0",
        "filter_type": "Any",
    }
    paths = client.get("/openapi.json").json()["paths"]
    for path in (path for path, operations in paths.items() if "get" in operations):
        for expid in expids:
            job = f"{expid}_SIM"
            named = path.format(expid=expid, job_name=job, jobname=job, logfile=f"{job}.1.out", **others)
            if named == "/v4/experiments":
                named += "?only_active=false&page_size=0"
            elif named.startswith("/v4") and named.endswith("/history"):
                named += f"?job_name={job}"
            yield named


@pytest.mark.files
def test_all_gets_leave_the_tree_as_it_was(serve: Serve, tmp_path: Path) -> None:
    rc_file = unpack(tmp_path / "data")
    (main,) = (tmp_path / "data").rglob("autosubmit.db")
    for database in sorted(main.parent.rglob("job_data_*.db"))[:2]:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = wal")  # closed: no -wal and no -shm beside it
    before = digest(tmp_path / "data")
    client = serve(rc_file)
    found = client.get("/v4/experiments?only_active=false&page_size=0").json()["experiments"]
    expids = [experiment["name"] for experiment in found]
    assert len(expids) == 8
    for path in every_get(client, [*expids, "none"]):
        assert client.get(path).status_code in (200, 400, 404, 401), path
    assert digest(tmp_path / "data") == before
