"""Runs, their configurations and user metrics through the app: contract/API_V4.md 5.1, 5.2, 5.4 and 10.1."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import serve_tree
from tests.experiments.sources.making import history, metrics, settle, tree

NO_RUN = '{"run_id":null,"config":{"contains_nones":true}}'


def run(run_id: int, start: int | None, finish: int | None, metadata: object = None) -> tuple[object, ...]:
    return (run_id, "2026-01-01", start, finish, "month", 1, 0, 0, 0, 0, 0, 0, 0, metadata)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """An experiment with runs and metrics, one with damaged ones, one without any."""
    root = tmp_path_factory.mktemp("runs")
    rc_file = tree(root, "a001", "a002", "a003")
    odd = '{"JOBS": {"É": 1.0}, "BIG": 1267650600228229401496703205376, "HALF": "\\ud800", "NAN": NaN}'
    history(
        root,
        "a001",
        run(2, 1700000000, None, json.dumps({"z": {"A": "1"}, "a": []})),
        run(1, 0, 1700000001, ""),
        run(3, 10**15, -1, odd),
        run(4, None, None, "no json"),
    )
    value = {"job_name": "a001_SIM", "metric_name": "speed", "metric_value": "1.5", "modified": "2026Z"}
    metrics(root, "a001", value | {"run_id": 1}, value | {"run_id": 3, "metric_value": '{"a":1}'})
    history(root, "a002").write_bytes(b"no database")
    metrics(root, "a002").write_bytes(b"no database")
    settle(root)
    with ExitStack() as stack:
        yield serve_tree(stack, rc_file, tmp_path_factory.mktemp("state"))


def test_runs_are_listed_by_id_in_utc(runs: TestClient[Any]) -> None:
    assert runs.get("/v4/experiments/a001/runs").json() == {
        "runs": [
            {"run_id": 1, "start": None, "finish": "2023-11-14T22:13:21+00:00"},
            {"run_id": 2, "start": "2023-11-14T22:13:20+00:00", "finish": None},
            {"run_id": 3, "start": None, "finish": None},
            {"run_id": 4, "start": None, "finish": None},
        ]
    }
    assert runs.get("/v4/experiments/a003/runs").json() == {"runs": []}


def test_the_configuration_of_a_run(runs: TestClient[Any]) -> None:
    def config(run_id: str) -> str:
        answer = runs.get(f"/v4/experiments/a001/runs/{run_id}/config")
        assert answer.status_code == 200, answer.text
        return answer.text

    second = '{"run_id":2,"config":{"z":{"A":"1"},"a":[],"contains_nones":false}}'
    assert [config(text) for text in ("2", "02", "+2", "2.0", "%202%20")] == [second] * 5
    assert config("1") == '{"run_id":1,"config":{"contains_nones":true}}'
    assert config("3") == (
        '{"run_id":3,"config":{"JOBS":{"É":1.0},"BIG":1267650600228229401496703205376,"HALF":"?","NAN":null,'
        '"contains_nones":true}}'
    )
    for unknown in ("5", "-1", "two", "2.5", "99999999999999999999", "null", "%ff"):
        assert config(unknown) == NO_RUN


def test_user_metrics(runs: TestClient[Any]) -> None:
    assert runs.get("/v4/experiments/a001/user-metrics-runs").text == '{"runs":[{"run_id":3},{"run_id":1}]}'
    assert runs.get("/v4/experiments/a001/runs/3/user-metrics").json() == {
        "run_id": 3,
        "metrics": [
            {
                "job_name": "a001_SIM",
                "metric_name": "speed",
                "metric_value": '{"a":1}',
                "modified": "2026Z",
            }
        ],
    }
    for unknown in ("2", "-3", "99999999999999999999"):
        answer = runs.get(f"/v4/experiments/a001/runs/{unknown}/user-metrics").text
        assert answer == f'{{"run_id":{unknown},"metrics":[]}}'
    assert runs.get("/v4/experiments/a003/user-metrics-runs").json() == {"runs": []}
    assert runs.get("/v4/experiments/a003/runs/1/user-metrics").json() == {"run_id": 1, "metrics": []}


@pytest.mark.parametrize("expid", ["a001", "zzzz"])
@pytest.mark.parametrize("run_id", ["x", "%201", "1.5", "0x1"])
def test_a_run_that_is_no_integer_is_refused_before_the_experiment_is_looked_for(
    runs: TestClient[Any], expid: str, run_id: str
) -> None:
    answer = runs.get(f"/v4/experiments/{expid}/runs/{run_id}/user-metrics")
    assert answer.status_code == 422
    assert answer.json()["error_message"] == (
        "Invalid value for 'run_id': Input should be a valid integer, unable to parse string as an integer"
    )


@pytest.mark.parametrize("expid", ["zzzz", "A001", "%ff", "a001%20"])
def test_an_unknown_experiment(runs: TestClient[Any], expid: str) -> None:
    base = f"/v4/experiments/{expid}"
    assert runs.get(f"{base}/runs/1/config").text == NO_RUN
    assert runs.get(f"{base}/user-metrics-runs").text == '{"runs":[]}'
    for path in ("runs", "runs/1/user-metrics", "eta"):
        answer = runs.get(f"{base}/{path}")
        assert (answer.status_code, answer.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a002/runs", "Error while getting experiment runs"),
        ("a002/runs/1/config", "Error while reading the run configuration"),
        ("a001/runs/4/config", "Error while reading the run configuration"),
        ("a002/user-metrics-runs", "Error while reading the user metrics"),
        ("a002/runs/1/user-metrics", "Error while reading the user metrics"),
    ],
)
def test_damage(runs: TestClient[Any], path: str, message: str) -> None:
    answer = runs.get(f"/v4/experiments/{path}", headers={"origin": "http://gui"})
    assert (answer.status_code, answer.json()["error_message"]) == (503, message)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "a001/runs",
        "a001/runs/2/config",
        "zzzz/runs/2/config",
        "a001/user-metrics-runs",
        "zzzz/user-metrics-runs",
    ],
)
def test_an_unchanged_answer_is_confirmed(runs: TestClient[Any], path: str) -> None:
    etag = runs.get(f"/v4/experiments/{path}").headers["etag"]
    assert runs.get(f"/v4/experiments/{path}", headers={"if-none-match": etag}).status_code == 304


def test_what_was_recorded_of_the_reference_experiments(reference: TestClient[Any]) -> None:
    first = reference.get("/v4/experiments/a003/runs").json()["runs"][0]
    assert first == {
        "run_id": 1,
        "start": "2023-10-16T13:22:24+00:00",
        "finish": "2024-01-12T15:33:21+00:00",
    }
    runs = reference.get("/v4/experiments/a3tb/runs").json()["runs"]
    assert [one["run_id"] for one in runs] == list(range(1, 52))
    assert list(reference.get("/v4/experiments/a3tb/runs/2/config").json()["config"]) == [
        "platforms", "jobs", "exp", "conf", "proj", "contains_nones"
    ]  # fmt: skip
    assert reference.get("/v4/experiments/a6zj/user-metrics-runs").json() == {
        "runs": [{"run_id": 3}, {"run_id": 1}]
    }
    metric = reference.get("/v4/experiments/a6zj/runs/1/user-metrics").json()["metrics"][0]
    assert metric == {
        "job_name": "a6zj_LOCAL_SETUP",
        "metric_name": "metric1",
        "metric_value": "123.45",
        "modified": "2024-10-01T00:00:00Z",
    }


def test_metrics_of_generated_experiments(real: TestClient[Any]) -> None:
    assert real.get("/v4/experiments/a000/user-metrics-runs").json() == {"runs": [{"run_id": 1}]}
    found = real.get("/v4/experiments/a000/runs/1/user-metrics").json()["metrics"]
    assert {metric["metric_name"] for metric in found} >= {"speed"}
