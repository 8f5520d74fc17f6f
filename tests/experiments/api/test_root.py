"""`/` and `/v4`: contract/API_V4.md 1.1; who may use what: contract/AUTH.md A2."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import serve_tree

READ = (
    "/v4/experiments",
    "/v4/experiments/a001",
    "/v4/experiments/a001/jobs",
    "/v4/experiments/a001/runs",
    "/v4/experiments/a001/runs/1/config",
    "/v4/experiments/a001/runs/1/user-metrics",
    "/v4/experiments/a001/user-metrics-runs",
    "/v4/experiments/a001/eta",
    "/v3/expcount/a001",
    "/v3/search/a",
    "/v3/search/a/all/0",
    "/v3/searchowner/a",
    "/v3/running",
)
OPERATE = ("/v3/shutdown/tree",)
PUBLIC = ("/", "/v4", "/v3/filestatus")


def test_the_root_names_the_api(client: TestClient[Any]) -> None:
    answer = client.get("/?ticket=x")
    assert answer.text == '{"name":"Autosubmit API","version":"4.2.0"}'
    assert answer.headers["content-type"] == "application/json"
    assert client.head("/").status_code == 200


def test_the_index_lists_what_is_served_in_order(client: TestClient[Any]) -> None:
    routes = client.get("/v4").json()["routes"]
    paths = [route["path"] for route in routes]
    known = [
        "/v4",
        "/v4/auth/verify-token",
        "/v4/experiments",
        "/v4/experiments/{expid}",
        "/v4/experiments/{expid}/jobs",
        "/v4/experiments/{expid}/runs",
        "/v4/experiments/{expid}/runs/{run_id}/config",
        "/v4/experiments/{expid}/runs/{run_id}/user-metrics",
        "/v4/experiments/{expid}/user-metrics-runs",
        "/v4/experiments/{expid}/eta",
    ]
    assert [path for path in paths if path in known] == known
    assert {tuple(route["methods"]) for route in routes} <= {("GET",), ("POST",)}
    assert routes[0] == {"path": "/v4", "methods": ["GET"]}
    schema = client.get("/openapi.json").json()["paths"]
    for route in routes:
        assert route["methods"][0].lower() in schema[route["path"]]


def test_the_index_shows_paths_as_they_were_asked_for(tree: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tree, tmp_path / "state", **{"server.root_path": "/api"})
        assert client.get("/api/v4").json()["routes"][0]["path"] == "/api/v4"
        assert client.get("/v4").json()["routes"][0]["path"] == "/v4"


@pytest.mark.parametrize(
    ("level", "protected"), [("ALL", (*READ, *OPERATE)), ("WRITEONLY", OPERATE), ("NONE", ())]
)
def test_access_follows_the_protection_level(
    tree: Path, tmp_path: Path, level: str, protected: tuple[str, ...]
) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tree, tmp_path / "state", level)
        for path in (*READ, *OPERATE, *PUBLIC):
            answer = client.get(path)
            assert answer.status_code == (401 if path in protected else 200), path
            if path in protected:
                assert answer.json()["error_message"] == "Unauthorized"
