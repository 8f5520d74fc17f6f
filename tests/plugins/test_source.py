"""A third party's source of experiments: a wheel is installed, enabled and chosen, and v4 answers from it.

`tests/experiments/sources/test_contract.py` holds the same code to the contract.
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.experiments.sources import loom
from tests.plugins.conftest import Site

TOML = """\
[plugins]
enabled = ["loom"]
[plugins.experiments]
source = "loom"
[auth]
protection_level = "NONE"
"""


def ask(address: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of an answer below `/v4/experiments`."""
    request = urllib.request.Request(
        f"{address}/v4/experiments{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_experiments_of_another_workflow_manager_are_served(site: Site) -> None:
    site.add("loom", Path(loom.__file__).read_text())
    found = site.plugins(TOML)
    assert (found["loom"]["state"], found["experiments"]["state"]) == ("active", "active")
    with site.serving(TOML) as address:
        status, page = ask(address, "")
        assert status == 200, (page, (site.folder / "log.txt").read_text())
        assert [(item["name"], item["total"], item["completed"]) for item in page["experiments"]] == [
            ("linen", 4, 0)
        ]
        assert ask(address, "/linen")[1]["description"] == "Table cloth"
        jobs = ask(address, "/linen/jobs?job_name=!W*T&status=COMPLETED")[1]["jobs"]
        assert [(job["name"], job["status"], job["section"]) for job in jobs] == [
            ("warp", "COMPLETED", "TASK")
        ]
        job = ask(address, "/linen/jobs/warp")[1]
        assert (job["status"], job["platform"], job["start"] is not None) == ("COMPLETED", "LOOM", True)
        parents = ask(address, "/linen/jobs/weave/parents?include_status=true")[1]["parents"]
        assert parents == [{"job_name": name, "status": "COMPLETED"} for name in ("warp", "Weft")]
        assert ask(address, "/linen/jobs/weave/children") == (200, {"children": [{"job_name": "cut"}]})
        assert ask(address, "/linen/wrappers") == (200, {"wrappers": []})
        assert [run["run_id"] for run in ask(address, "/linen/runs")[1]["runs"]] == [1]
        assert ask(address, "/linen/runs/1/config")[0] == 200
        assert ask(address, "/linen/user-metrics-runs") == (200, {"runs": []})
        config = ask(address, "/linen/filesystem-config")[1]["config"]
        assert (config["YARN"], config["DYE_TOKEN"], config["LOOMS"]) == ("wool", "********", 1)
        assert ask(address, "/linen/eta?section=TASK")[0] == 400  # Loom has no chunks
        health = ask(address, "/spare/health")[1]
        assert {part["state"] for part in health["parts"]} == {"missing"}
        batch = ask(address, ":batch", {"expids": ["spare", "linen", "nosuch"]})[1]
        assert [item["name"] for item in batch["experiments"]] == ["spare", "linen"]
        assert ask(address, "/nosuch")[0] == ask(address, "/a000")[0] == 404
