"""`/v3/expinfo` through the app: contract/API_V3.md 2.2, GUI_CONTRACT.md 4.2."""

import os
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import make_tree

Client = TestClient[Any]


def ask(client: Client, expid: str) -> dict[str, Any]:
    answer = client.get(f"/v3/expinfo/{expid}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_reference_is_the_contract_s(reference: Client) -> None:
    info = ask(reference, "a003")
    assert info.pop("path").endswith("/a003")
    assert info.pop("time_last_access")[:2] == info.pop("time_last_mod")[:2] == "20"
    assert info.pop("pkl_timestamp") > 0
    assert info.pop("owner_id") == os.getuid()
    assert info.pop("owner")
    assert info == {
        "expid": "a003",
        "error_message": "",
        "description": "minimal structure dummy",
        "version": "4.0.95",
        "model": "NA",
        "branch": "NA",
        "hpc": "LOCAL",
        "updateTime": 10,
        "error": False,
        "running": False,
        "chunk_size": 4,
        "chunk_unit": "month",
        "total_jobs": 8,
        "completed_jobs": 8,
        "db_historic_version": "NA",
        "workflow_commit": None,
    }


def test_what_is_running_says_so(demo: Client) -> None:
    infos = {expid: ask(demo, expid) for expid in ("o000", "a000")}
    assert {expid: info["running"] for expid, info in infos.items()} == {"o000": True, "a000": False}
    assert not any(info["error"] for info in infos.values())


def test_an_unknown_experiment_has_every_key(client: Client, reference: Client) -> None:
    info = ask(client, "zzzz")
    assert list(info) == list(ask(reference, "a003"))
    assert (info["error"], info["error_message"]) == (True, "Experiment with expid 'zzzz' not found.\n")
    assert (info["path"], info["owner"], info["chunk_unit"]) == ("NA", "NA", "default")


@pytest.mark.files
def test_what_is_missing_is_said_and_the_rest_is_there(tmp_path: Path, serve: Serve) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    client = serve(root / "autosubmitrc")
    conf = root / "a001" / "conf"
    conf.mkdir(exist_ok=True)
    (root / "a001" / "tmp").mkdir(exist_ok=True)
    (conf / "minimal.yml").write_text("DEFAULT:\n  HPCARCH: far\nCONFIG:\n  SAFETYSLEEPTIME: 30\n")
    info = ask(client, "a001")
    assert (info["error"], info["hpc"], info["updateTime"]) == (False, "FAR", 30)
    (conf / "minimal.yml").write_text("DEFAULT: [\n")
    info = ask(client, "a001")
    assert info["error"] is True
    assert info["error_message"] == "Error while reading the experiment configuration\n"
    assert (info["description"], info["hpc"], info["chunk_unit"]) == ("Zebra first, plain", "", "default")
    assert info["path"].endswith("/a001")
    conf.rename(root / "gone")
    info = ask(client, "a001")
    assert info["error_message"] == "Experiment a001/conf does not exist\n"
