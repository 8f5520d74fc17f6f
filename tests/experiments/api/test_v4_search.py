"""`/v4/experiments` and `/v4/experiments/{expid}` through the app: contract/API_V4.md 3."""

from typing import Any

import pytest
from litestar.testing import TestClient

NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
EVERYTHING = "/v4/experiments?only_active=false"


def found(client: TestClient[Any], url: str) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["experiments"]]


def test_items_show_what_the_files_say(client: TestClient[Any]) -> None:
    items = {item.pop("name"): item for item in client.get(EVERYTHING).json()["experiments"]}
    assert items["a001"] == {
        "id": 1,
        "user": "alice",
        "description": "Zebra first, plain",
        "hpc": "LOCAL",
        "version": "4.1.10",
        "created": "2024-01-08 14:52:35",
        "modified": "2023-11-14T22:13:20+00:00",
        "status": "NOT RUNNING",
        "completed": 3,
        "total": 8,
        "submitted": 1,
        "queuing": 1,
        "running": 1,
        "failed": 1,
        "suspended": 1,
    }
    assert items["b005"] == dict.fromkeys(items["b005"], 0) | {
        "id": 5,
        "user": None,
        "description": "Archived, only its row is left",
        "hpc": None,
        "version": None,
        "created": None,
        "modified": None,
        "status": "NOT RUNNING",
    }
    assert (items["t002"]["failed"], items["t002"]["completed"], items["t002"]["status"]) == (0, 3, "RUNNING")
    assert items["c006"]["modified"] == "2024-05-01T12:30:00+00:00"
    assert (items["o003"]["total"], items["o003"]["modified"]) == (0, None)


def test_damage_to_one_experiment_shows_in_its_own_item_only(client: TestClient[Any]) -> None:
    items = client.get(EVERYTHING).json()["experiments"]
    assert [item["total"] for item in items] == [8, 8, 0, 0, 0, 0, 0]
    damaged = next(item for item in items if item["name"] == "d007")
    assert (damaged["total"], damaged["failed"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "t002 c006"),
        ("only_active=1", "t002 c006"),
        ("only_active=no&page_size=2", "a001 t002"),
        ("only_active=Off&page_size=2&page=4", "a009"),
        ("only_active=true&only_active=false&page_size=1", "a001"),
        ("only_active=f&query=%25", "t002"),
        ("only_active=f&query=_", "t002"),
        ("only_active=f&query=*", ""),
        ("only_active=f&query=ZEBRA", "a001 a009"),
        ("only_active=f&query=%C3%89", "o003 d007"),
        ("only_active=f&query=%ff", ""),
        ("only_active=f&owner=alic*", "a001 o003"),
        ("only_active=f&owner=!alic*", "t002 c006 d007"),
        ("only_active=f&owner=", "a001 t002 o003 b005 c006 d007 a009"),
        ("only_active=f&exp_type=test", "t002"),
        ("only_active=f&exp_type=operational", "o003"),
        ("only_active=f&exp_type=experiment", "a001 b005 c006 d007 a009"),
        ("only_active=f&autosubmit_version=4.1*", "a001 t002 a009"),
        ("only_active=f&hpc=!local", "t002 d007"),
        ("only_active=f&order_by=expid&order_desc=true&page_size=3", "t002 o003 d007"),
        ("only_active=f&order_by=description", "b005 d007 c006 t002 a001 a009 o003"),
        ("only_active=f&order_desc=1&page_size=2", "a001 t002"),
        ("only_active=f&page=99", ""),
        ("only_active=f&unknown=1&Page=7&page_size=1", "a001"),
        ("only_active=f&page_size=1_0.0", "a001 t002 o003 b005 c006 d007 a009"),
        ("only_active=f&owner=" + "*a" * 2000, ""),
    ],
)
def test_filters_order_and_paging(client: TestClient[Any], query: str, names: str) -> None:
    assert found(client, f"/v4/experiments?{query}") == names.split()


@pytest.mark.parametrize(
    ("query", "pagination"),
    [
        ("page_size=3", (1, 3, 3, 3, 7)),
        ("page_size=3&page=3", (3, 3, 3, 1, 7)),
        ("page_size=3&page=4", (4, 3, 3, 0, 7)),
        ("", (1, 12, 1, 7, 7)),
        ("page_size=0&page=3", (3, None, 1, 7, 7)),
        ("page_size=-5", (1, None, 1, 7, 7)),
        ("query=zzzz", (1, 12, 0, 0, 0)),
        ("query=zzzz&page_size=0", (1, None, 1, 0, 0)),
        (f"page={10**25}", (10**25, 12, 1, 0, 7)),
        (f"page={10**25}&page_size={10**40}", (10**25, 10**40, 1, 0, 7)),
        (f"page_size=-{10**30}", (1, None, 1, 7, 7)),
    ],
)
def test_pagination_is_described(
    client: TestClient[Any], query: str, pagination: tuple[int | None, ...]
) -> None:
    answer = client.get(f"{EVERYTHING}&{query}")
    assert answer.status_code == 200
    keys = ("page", "page_size", "total_pages", "page_items", "total_items")
    assert answer.json()["pagination"] == dict(zip(keys, pagination, strict=True))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=0", "Invalid value for 'page': Input should be greater than or equal to 1"),
        (
            "page=",
            f"Invalid value for 'page': {NO_INTEGER}",
        ),
        (
            "page_size=1.5",
            f"Invalid value for 'page_size': {NO_INTEGER}",
        ),
        ("exp_type=", "Invalid value for 'exp_type': Input should be 'test', 'operational' or 'experiment'"),
        (
            "exp_type=Test",
            "Invalid value for 'exp_type': Input should be 'test', 'operational' or 'experiment'",
        ),
        (
            "order_by=name&only_active=2",
            "Invalid value for 'only_active': Input should be a valid boolean, unable to interpret input; "
            "Invalid value for 'order_by': Input should be 'expid', 'created' or 'description'",
        ),
        (
            "page_size=x&page=x&order_desc=x",
            "Invalid value for 'order_desc': Input should be a valid boolean, unable to interpret input; "
            f"Invalid value for 'page': {NO_INTEGER}; "
            f"Invalid value for 'page_size': {NO_INTEGER}",
        ),
    ],
)
def test_faults_of_parameters_are_all_named(client: TestClient[Any], query: str, message: str) -> None:
    answer = client.get(f"/v4/experiments?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"] is True
    assert answer.json()["error_message"] == message


def test_one_experiment(client: TestClient[Any]) -> None:
    assert client.get("/v4/experiments/a001").text == (
        '{"id":1,"name":"a001","description":"Zebra first, plain","autosubmit_version":"4.1.10"}'
    )
    assert client.get("/v4/experiments/b005").json()["autosubmit_version"] is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("zzzz", "zzzz"),
        ("A001", "A001"),
        ("a00", "a00"),
        ("%25zz", "%zz"),
        ("%2e%2e", ".."),
        ("a001%20", "a001 "),
        ("%C3%A9", "é"),
        ("%ff", "\N{REPLACEMENT CHARACTER}"),
        ("a'%22--", "a'\"--"),
        ("%F0%9F%8C%8D", "\N{EARTH GLOBE EUROPE-AFRICA}"),
        ("x" * 3000, "x" * 3000),
    ],
)
def test_an_unknown_name_is_told_in_full(client: TestClient[Any], path: str, name: str) -> None:
    for url in (f"/v4/experiments/{path}", f"/v4/experiments/{path}/jobs"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert answer.json()["error"] is True
        assert answer.json()["error_message"] == f"Experiment with expid '{name}' not found."


def test_the_reference_search_is_as_recorded(reference: TestClient[Any]) -> None:
    answer = reference.get(f"{EVERYTHING}&page_size=1").json()
    (item,) = answer["experiments"]
    assert item.pop("modified").endswith("+00:00")
    assert item == {
        "id": 1,
        "name": "a003",
        "user": "ltenorio",
        "description": "minimal structure dummy",
        "hpc": "LOCAL",
        "version": "4.0.95",
        "created": "2024-01-08 14:52:35",
        "status": "NOT RUNNING",
        "completed": 8,
        "total": 8,
        "submitted": 0,
        "queuing": 0,
        "running": 0,
        "failed": 0,
        "suspended": 0,
    }
    assert answer["pagination"] == {
        "page": 1,
        "page_size": 1,
        "total_pages": 9,
        "page_items": 1,
        "total_items": 9,
    }
    (item,) = reference.get(f"{EVERYTHING}&query=a3tb").json()["experiments"]
    assert (item["completed"], item["total"], item["queuing"], item["suspended"]) == (28, 55, 1, 2)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("owner=LTENORIO", "a003 a007 a3tb a6zj"),
        ("owner=lten", ""),
        ("owner=lten*", "a003 a007 a3tb a6zj"),
        ("owner=!ltenorio", "a8qc"),
        ("owner=!", "a003 a007 a3tb a6zj a8qc"),
        ("owner=!*", ""),
        ("autosubmit_version=4.1.1*", "a8qc a1ve a1vj a1vx aa6f"),
        ("hpc=marenostrum4", "a3tb a6zj"),
        ("order_by=created&order_desc=true", "a8qc a6zj a3tb a003 a007 a1ve a1vj a1vx aa6f"),
        ("order_by=created", "a1ve a1vj a1vx aa6f a003 a007 a3tb a6zj a8qc"),
        ("query=wrapper", "a6zj aa6f"),
    ],
)
def test_the_reference_filters_are_as_recorded(reference: TestClient[Any], query: str, names: str) -> None:
    assert found(reference, f"{EVERYTHING}&{query}") == names.split()


def test_real_experiments_of_two_generations_are_shown(real: TestClient[Any]) -> None:
    items = real.get(EVERYTHING).json()["experiments"]
    assert [(item["name"], item["completed"], item["total"], item["failed"]) for item in items[:4]] == [
        ("a000", 43, 47, 2),
        ("a001", 10, 10, 0),
        ("a002", 0, 12, 0),
        ("a003", 0, 0, 0),
    ]
    assert items[3]["modified"] == "2026-11-23T19:49:08+00:00"
