"""`GET /v4/experiments/{expid}/health`: the state of every part, and 200 whatever it is."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import make_tree
from tests.experiments.sources.making import MODIFIED

PARTS = ["job_list", "structure", "history", "configuration", "logs", "wrappers", "layout"]


def ask(client: TestClient[Any], expid: str) -> dict[str, Any]:
    answer = client.get(f"/v4/experiments/{expid}/health")
    assert answer.status_code == 200
    health: dict[str, Any] = answer.json()
    assert list(health) == ["expid", "state", "checked", "parts"]
    assert [part["part"] for part in health["parts"]] == PARTS
    return health


def states(health: dict[str, Any]) -> dict[str, str]:
    return {part["part"]: part["state"] for part in health["parts"] if part["state"] != "missing"}


def test_an_experiment_that_is_well(client: TestClient[Any], tmp_path: Path) -> None:
    health = ask(client, "a001")
    assert (health["expid"], health["state"]) == ("a001", "ok")
    assert states(health) == {"job_list": "ok", "history": "ok", "configuration": "ok", "logs": "ok"}
    pickle = make_tree(tmp_path).parent / "a001/pkl/job_list_a001.pkl"  # made anew: a database has no files
    age = int(datetime.fromisoformat(health["checked"]).timestamp()) - MODIFIED
    assert health["parts"][0] == {
        "part": "job_list",
        "state": "ok",
        "format": "pickle: tuples",
        "size_bytes": pickle.stat().st_size,
        "modified": "2023-11-14T22:13:20+00:00",
        "age_seconds": age,
        "reason": None,
    }


def test_an_archived_experiment_is_well_too(client: TestClient[Any]) -> None:
    health = ask(client, "b005")
    assert health["state"] == "ok"
    assert states(health) == {}
    assert health["parts"][0] == {
        "part": "job_list",
        "state": "missing",
        "format": None,
        "size_bytes": None,
        "modified": None,
        "age_seconds": None,
        "reason": "There is no job list: the experiment was never created, or it is archived.",
    }


def test_damage_is_an_answer_without_paths(client: TestClient[Any], tree: Path) -> None:
    health = ask(client, "d007")
    assert health["state"] == "damaged"
    assert states(health) == {"job_list": "damaged", "structure": "damaged", "history": "damaged"}
    reasons = {part["part"]: part["reason"] for part in health["parts"]}
    assert reasons["history"] == (
        "The history is there and cannot be used: it is damaged, incomplete or of an unknown form."
    )
    assert reasons["structure"] == (
        "The job list, which may hold the structure, is there and cannot be used: "
        "it is damaged, incomplete or of an unknown form."
    )
    assert str(tree.parent) not in str(health)


@pytest.mark.parametrize("name", ["zzzz", "A001", "%2e%2e"])
def test_unknown_experiments_have_no_health(client: TestClient[Any], name: str) -> None:
    assert client.get(f"/v4/experiments/{name}/health").status_code == 404


def test_a_change_is_seen_at_once(tmp_path: Path, serve: Serve) -> None:
    root = tmp_path / "root"
    root.mkdir()
    client = serve(make_tree(root))
    assert states(ask(client, "c006")) == {"job_list": "ok"}
    (root / "c006/db/job_list.db").unlink()
    assert states(ask(client, "c006")) == {}
    answer = client.get("/v4/experiments/c006/health")
    headers = {"If-None-Match": answer.headers["etag"]}
    again = client.get("/v4/experiments/c006/health", headers=headers)
    assert again.status_code in (200, 304), "only until the clock moves on"


@pytest.mark.parametrize("expid", ["a003", "a007", "a1ve", "a1vj", "a1vx", "a3tb", "a6zj", "a8qc", "aa6f"])
def test_the_reference_experiments_are_well(reference: TestClient[Any], expid: str) -> None:
    found = states(ask(reference, expid))
    assert set(found.values()) == {"ok"}
    assert {"job_list", "structure", "history", "configuration"} <= set(found)


@pytest.mark.parametrize("expid", ["a000", "a001", "a002", "a003", "a004", "a005"])
def test_the_real_experiments_are_well(real: TestClient[Any], expid: str) -> None:
    found = states(ask(real, expid))
    assert set(found.values()) == {"ok"}
    assert {"job_list", "structure", "history", "configuration", "logs", "wrappers"} <= set(found)
