"""`POST /v4/experiments:batch`: many experiments by name, read only."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import serve_tree

PATH = "/v4/experiments:batch"


def test_experiments_come_as_in_the_search_in_the_order_asked_for(client: TestClient[Any]) -> None:
    answer = client.post(PATH, json={"expids": ["t002", "zzzz", "d007", "a001", "t002", "yyyy"]})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["experiments", "unknown"]
    assert [item["name"] for item in body["experiments"]] == ["t002", "d007", "a001"]
    assert body["unknown"] == ["zzzz", "yyyy"]
    everything = client.get("/v4/experiments?only_active=false").json()["experiments"]
    assert all(item in everything for item in body["experiments"])


def test_only_some_fields(client: TestClient[Any]) -> None:
    answer = client.post(PATH, json={"expids": ["c006", "a001"], "fields": ["total", "name"]})
    assert answer.text == '{"experiments":[{"name":"c006","total":0},{"name":"a001","total":8}],"unknown":[]}'


def test_the_answer_is_kept_by_nobody(client: TestClient[Any]) -> None:
    answer = client.post(PATH, json={"expids": []}, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()) == (200, {"experiments": [], "unknown": []})
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]


def test_the_answer_is_compressed(client: TestClient[Any]) -> None:
    asked = {"expids": [f"x{number:04}" for number in range(500)]}
    answer = client.post(PATH, json=asked, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["unknown"] == asked["expids"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"expids": ["a001", "A001"]}, "'expids[1]': Expected `str` matching regex '^[a-z0-9]{4,}$'"),
        ({"expids": ["../a"]}, "'expids[0]': Expected `str` matching regex '^[a-z0-9]{4,}$'"),
        ({"expids": ["a001"] * 501}, "'expids': Expected `array` of length <= 500"),
        ({"expids": "a001"}, "'expids': Expected `array`, got `str`"),
        ({}, "'request': Object missing required field `expids`"),
        ({"expids": [], "fields": []}, "'fields': Expected `array` of length >= 1"),
        (
            {"expids": [], "fields": ["name", "size"]},
            "'fields[1]': Unknown field 'size'. Allowed values: id, name, user, description, hpc, version, "
            "created, modified, status, completed, total, submitted, queuing, running, failed, suspended",
        ),
        ([], "'request': Expected `object`, got `array`"),
    ],
)
def test_what_does_not_fit_is_refused(client: TestClient[Any], body: object, message: str) -> None:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.json()["error_message"] == f"Invalid value for {message}"


@pytest.mark.parametrize(("level", "status"), [("ALL", 401), ("WRITEONLY", 200), ("NONE", 200)])
def test_it_only_reads(tree: Path, tmp_path: Path, level: str, status: int) -> None:
    with ExitStack() as stack:
        client = serve_tree(stack, tree, tmp_path / "state", level)
        assert client.post(PATH, json={"expids": ["a001"]}).status_code == status
        assert client.get(PATH).status_code == 405
