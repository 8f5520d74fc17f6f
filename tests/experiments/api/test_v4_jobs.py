"""`/v4/experiments/{expid}/jobs` through the app: contract/API_V4.md 4.1 and 10.1."""

from typing import Any

import pytest
from litestar.testing import TestClient

SIM_1, SIM_2, POST, INI = (
    "a001_20200101_fc0_1_SIM",
    "a001_20200101_fc0_2_SIM",
    "A001_20200101_fc0_2_POST",
    "a001_INI",
)


def found(client: TestClient[Any], expid: str, query: str) -> list[str]:
    answer = client.get(f"/v4/experiments/{expid}/jobs?{query}")
    assert answer.status_code == 200, answer.text
    return [job["name"] for job in answer.json()["jobs"]]


def test_jobs_are_listed_by_name_whatever_its_case(client: TestClient[Any]) -> None:
    answer = client.get("/v4/experiments/a001/jobs").json()
    assert [job["name"] for job in answer["jobs"]] == [SIM_1, POST, SIM_2, INI]
    assert answer["jobs"][0] == {
        "name": SIM_1,
        "status": "COMPLETED",
        "priority": 2,
        "section": "SIM",
        "date": "2020-01-01",
        "member": "fc0",
        "chunk": 1,
        "split": None,
        "splits": None,
        "out_path_local": f"{SIM_1}.out",
        "err_path_local": f"{SIM_1}.err",
        "out_path_remote": "",
        "err_path_remote": None,
    }
    assert answer["jobs"][1]["status"] == "UNKNOWN"
    assert answer["jobs"][3]["date"] is None
    assert answer["pagination"] == {
        "page": 1,
        "page_size": None,
        "total_pages": 1,
        "page_items": 4,
        "total_items": 4,
    }


def test_the_database_of_4_2_is_listed_alike(client: TestClient[Any]) -> None:
    jobs = client.get("/v4/experiments/c006/jobs").json()["jobs"]
    assert [(job["name"], job["status"], job["split"], job["splits"]) for job in jobs] == [
        ("c006_1_SIM", "COMPLETED", None, None),
        ("c006_2_SIM", "RUNNING", 2, 4),
    ]
    assert found(client, "c006", "job_name=!1_sim&status=RUNNING") == ["c006_2_SIM"]
    assert found(client, "c006", "view=quick") == ["c006_1_SIM", "c006_2_SIM"]
    assert found(client, "c006", "job_name=" + "*c" * 3000) == []
    assert found(client, "c006", "job_name=!!2_SIM") == ["c006_2_SIM"]


def test_the_quick_view_has_name_and_status(client: TestClient[Any]) -> None:
    assert client.get("/v4/experiments/a001/jobs?view=quick&page_size=2").text == (
        f'{{"jobs":[{{"name":"{SIM_1}","status":"COMPLETED"}},{{"name":"{POST}","status":"UNKNOWN"}}],'
        '"pagination":{"page":1,"page_size":2,"total_pages":2,"page_items":2,"total_items":4}}'
    )
    assert found(client, "a001", "view=quick") == [SIM_1, POST, SIM_2, INI]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("job_name=", [SIM_1, POST, SIM_2, INI]),
        ("job_name=sim", [SIM_1, SIM_2]),
        ("job_name=*SIM", [SIM_1, SIM_2]),
        ("job_name=!sim", [POST, INI]),
        ("job_name=!!sim", [SIM_1, SIM_2]),
        ("job_name=!", []),
        ("job_name=!!", [SIM_1, POST, SIM_2, INI]),
        ("job_name=_2_", [POST, SIM_2]),
        ("job_name=%25", []),
        ("job_name=.", []),
        ("job_name=[", []),
        ("job_name=a001*fc0*2", [POST, SIM_2]),
        ("job_name=sim*fc0", []),
        ("job_name=" + "*a" * 3000, []),
        ("job_name=" + "*" * 3000, [SIM_1, POST, SIM_2, INI]),
        ("status=RUNNING", [SIM_2]),
        ("status=UNKNOWN", [POST]),
        ("status=HELD", []),
        ("status=COMPLETED&job_name=_2_", []),
        ("page=2", [SIM_1, POST, SIM_2, INI]),
        ("page_size=3&page=2", [INI]),
        ("page_size=3&page=9", []),
    ],
)
def test_filters_and_paging(client: TestClient[Any], query: str, names: list[str]) -> None:
    assert found(client, "a001", query) == names


@pytest.mark.parametrize(
    ("query", "pagination"),
    [
        ("page=7", (1, None, 1, 4, 4)),
        ("page_size=3&page=2", (2, 3, 2, 1, 4)),
        ("page_size=3&page=9", (9, 3, 2, 0, 4)),
        (f"page_size=3&page={10**30}", (10**30, 3, 2, 0, 4)),
        ("page_size=1000", (1, 1000, 1, 4, 4)),
        ("status=HELD", (1, None, 1, 0, 0)),
        ("status=HELD&page_size=5", (1, 5, 1, 0, 0)),
    ],
)
def test_pagination_is_described(
    client: TestClient[Any], query: str, pagination: tuple[int | None, ...]
) -> None:
    answer = client.get(f"/v4/experiments/a001/jobs?{query}")
    keys = ("page", "page_size", "total_pages", "page_items", "total_items")
    assert answer.json()["pagination"] == dict(zip(keys, pagination, strict=True))


STATES = (
    "Invalid value for 'status': Invalid job status. Allowed values: COMPLETED, DELAYED, FAILED, HELD, "
    "PREPARED, QUEUING, READY, RUNNING, SKIPPED, SUBMITTED, SUSPENDED, UNKNOWN, WAITING"
)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("view=", "Invalid value for 'view': Input should be 'quick' or 'base'"),
        ("status=", STATES),
        ("status=running", STATES),
        ("page=0", "Invalid value for 'page': Input should be greater than or equal to 1"),
        ("page_size=0", "Invalid value for 'page_size': Input should be greater than or equal to 1"),
        ("page_size=1001", "Invalid value for 'page_size': Input should be less than or equal to 1000"),
        (
            "page_size=1001&status=x&view=x",
            f"Invalid value for 'view': Input should be 'quick' or 'base'; {STATES}; "
            "Invalid value for 'page_size': Input should be less than or equal to 1000",
        ),
    ],
)
def test_faults_of_parameters_come_before_the_experiment(
    client: TestClient[Any], query: str, message: str
) -> None:
    answer = client.get(f"/v4/experiments/zzzz/jobs?{query}")
    assert (answer.status_code, answer.json()["error_message"]) == (422, message)


def test_a_missing_list_is_empty(client: TestClient[Any]) -> None:
    for expid in ("b005", "o003"):
        assert client.get(f"/v4/experiments/{expid}/jobs").text == (
            '{"jobs":[],"pagination":{"page":1,"page_size":null,"total_pages":1,"page_items":0,"total_items":0}}'
        )
    assert client.get("/v4/experiments/b005/jobs?page=3&page_size=5&view=quick").text == (
        '{"jobs":[],"pagination":{"page":3,"page_size":5,"total_pages":1,"page_items":0,"total_items":0}}'
    )


def test_a_damaged_list_is_unavailable(client: TestClient[Any]) -> None:
    answer = client.get("/v4/experiments/d007/jobs")
    assert answer.status_code == 503
    assert answer.json()["error"] is True
    assert answer.json()["error_message"] == "Error while reading the job list"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("job_name=*sim", 2),
        ("job_name=!sim", 6),
        ("job_name=!", 0),
        ("job_name=_1_", 1),
        ("job_name=!!sim", 2),
    ],
)
def test_the_reference_filters_are_as_recorded(reference: TestClient[Any], query: str, count: int) -> None:
    assert len(found(reference, "a003", query)) == count


def test_the_reference_jobs_are_as_recorded(reference: TestClient[Any]) -> None:
    assert reference.get("/v4/experiments/a003/jobs?view=quick&page_size=3").text == (
        '{"jobs":[{"name":"a003_20220401_fc0_1_SIM","status":"WAITING"},'
        '{"name":"a003_20220401_fc0_2_SIM","status":"WAITING"},{"name":"a003_20220401_fc0_INI","status":"WAITING"}],'
        '"pagination":{"page":1,"page_size":3,"total_pages":3,"page_items":3,"total_items":8}}'
    )
    jobs = reference.get("/v4/experiments/aa6f/jobs?job_name=aa6f_20000101_fc0_1_1_SIM").json()["jobs"]
    assert jobs == [
        {
            "name": "aa6f_20000101_fc0_1_1_SIM",
            "status": "COMPLETED",
            "priority": 1,
            "section": "SIM",
            "date": "2000-01-01",
            "member": "fc0",
            "chunk": 1,
            "split": 1,
            "splits": 4,
            "out_path_local": "aa6f_20000101_fc0_1_1_SIM.20260526145226.out",
            "err_path_local": "aa6f_20000101_fc0_1_1_SIM.20260526145226.err",
            "out_path_remote": "",
            "err_path_remote": "",
        }
    ]


def test_splits_of_a_pickled_graph_are_shown(reference: TestClient[Any]) -> None:
    splits = {job["splits"] for job in reference.get("/v4/experiments/a1ve/jobs").json()["jobs"]}
    assert 3 in splits
