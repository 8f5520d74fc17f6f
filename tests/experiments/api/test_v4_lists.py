"""`fields`, `sort_by`, time ranges and `cursor` of the lists, beside what the contract has."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import EXPERIMENTS, JOBS, execute, make_tree, write_pickle

EXPERIMENTS_PATH = "/v4/experiments?only_active=false"
JOBS_PATH = "/v4/experiments/a001/jobs?"
EVERYTHING = "a001 t002 o003 b005 c006 d007 a009"
FIELDS = (
    "id", "name", "user", "description", "hpc", "version", "created", "modified", "status", "completed",
    "total", "submitted", "queuing", "running", "failed", "suspended",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_madrid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Madrid")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def ask(client: TestClient[Any], path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def names(client: TestClient[Any], query: str) -> str:
    return " ".join(item["name"] for item in ask(client, f"{EXPERIMENTS_PATH}&{query}")["experiments"])


def test_only_the_fields_that_are_asked_for_are_shown(client: TestClient[Any]) -> None:
    answer = client.get(f"{EXPERIMENTS_PATH}&page_size=2&fields=total,name,total")
    assert answer.text == (
        '{"experiments":[{"name":"a001","total":8},{"name":"t002","total":8}],'
        '"pagination":{"page":1,"page_size":2,"total_pages":4,"page_items":2,"total_items":7}}'
    )
    whole = ask(client, EXPERIMENTS_PATH)
    assert ask(client, f"{EXPERIMENTS_PATH}&fields={','.join(FIELDS)}") == whole
    for field in FIELDS:
        found = ask(client, f"{EXPERIMENTS_PATH}&fields={field}")["experiments"]
        assert found == [{field: item[field]} for item in whole["experiments"]]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("id", EVERYTHING),
        ("name", "a001 a009 b005 c006 d007 o003 t002"),
        ("user", "b005 a009 o003 a001 t002 c006 d007"),
        ("description", "b005 d007 c006 t002 a001 a009 o003"),
        ("hpc", "b005 a009 a001 c006 t002 d007 o003"),
        ("version", "b005 d007 o003 a009 a001 t002 c006"),
        ("created", "b005 c006 a009 o003 a001 d007 t002"),
        ("modified", "o003 b005 a009 a001 t002 d007 c006"),
        ("status", "a001 o003 b005 d007 a009 t002 c006"),
        ("completed", "o003 b005 c006 d007 a009 a001 t002"),
        ("total", "o003 b005 c006 d007 a009 a001 t002"),
        ("failed", "t002 o003 b005 c006 d007 a009 a001"),
    ],
)
def test_every_field_orders_ties_by_id_nulls_first(client: TestClient[Any], order: str, found: str) -> None:
    assert names(client, f"sort_by={order}") == found
    items = {item["name"]: item[order] for item in ask(client, EXPERIMENTS_PATH)["experiments"]}
    backwards = names(client, f"sort_by={order}&sort_desc=true").split()
    assert sorted(backwards) == sorted(found.split())
    if order not in ("created", "version"):
        values = [items[name] for name in backwards if items[name] is not None]
        assert values == sorted(values, reverse=True)
        assert [items[name] for name in backwards][: len(values)] == values, "nulls come last"
    rows = {name: number for number, name in enumerate(EVERYTHING.split())}
    alike = [(items[a] == items[b], rows[a] < rows[b]) for a, b in pairwise(backwards)]
    assert all(ascending for equal, ascending in alike if equal)


def test_sort_by_counts_instead_of_order_by(client: TestClient[Any]) -> None:
    assert names(client, "order_by=expid&order_desc=1&sort_by=id") == EVERYTHING
    assert names(client, "sort_desc=1") == EVERYTHING, "there is nothing to run backwards"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("created_since=2024-01-08", "a001 t002 o003 d007"),
        ("created_since=2024-01-08T14:52:35", "a001 t002 d007"),
        ("created_since=2024-01-08T14:52:36", "t002 d007"),
        ("created_since=2024-01-08T13:52:35Z", "a001 t002 d007"),
        ("created_before=2024-01-08T14:52:35%2B01:00", "o003"),
        ("created_before=2024-01-08T14:52:36+01:00", "a001 o003"),
        ("created_since=2024-01-08T14:52:35&created_before=2025-01-01", "a001 d007"),
        ("created_since=2030-01-01", ""),
        ("modified_since=2024-01-01", "c006"),
        ("modified_before=2024-01-01", "a001 t002 d007"),
        ("modified_since=2023-11-14T23:13:20&sort_by=name", "a001 c006 d007 t002"),
        ("modified_since=2023-11-14T23:13:21", "c006"),
        ("modified_before=2023-11-14T22:13:20Z", ""),
    ],
)
def test_ranges_of_time_leave_out_what_has_no_time(client: TestClient[Any], query: str, found: str) -> None:
    assert names(client, query) == found
    assert ask(client, f"{EXPERIMENTS_PATH}&{query}")["pagination"]["total_items"] == len(found.split())


@pytest.mark.parametrize("order", ["", *FIELDS])
@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("descending", ["0", "1"])
def test_a_cursor_goes_through_all_in_the_same_order(
    client: TestClient[Any], order: str, size: int, descending: str
) -> None:
    query = f"{EXPERIMENTS_PATH}&sort_desc={descending}" + (f"&sort_by={order}" if order else "")
    whole = ask(client, f"{query}&page_size=0")["experiments"]
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = ask(client, f"{query}&page_size={size}&page=9&cursor={cursor}")
        found += page["experiments"]
        cursor = page["pagination"]["next_cursor"]
        pages += 1
    assert found == whole
    assert pages == -(-7 // size)


def test_the_pagination_of_a_cursor(client: TestClient[Any]) -> None:
    page = ask(client, f"{EXPERIMENTS_PATH}&page_size=5&cursor=")["pagination"]
    cursor = page.pop("next_cursor")
    assert page == {"page_size": 5, "page_items": 5, "total_items": 7}
    page = ask(client, f"{EXPERIMENTS_PATH}&page_size=5&cursor={cursor}&fields=id")["pagination"]
    assert page == {"page_size": 5, "page_items": 2, "total_items": 7, "next_cursor": None}
    page = ask(client, f"{EXPERIMENTS_PATH}&page_size=0&cursor=")["pagination"]
    assert page == {"page_size": None, "page_items": 7, "total_items": 7, "next_cursor": None}
    huge = ask(client, f"{EXPERIMENTS_PATH}&page_size={10**30}&cursor=")["pagination"]
    assert huge["page_size"] == 10**30


def test_a_cursor_is_stable_under_inserts_and_removals(tmp_path: Path, serve: Serve) -> None:
    root = tmp_path / "root"
    root.mkdir()
    client = serve(make_tree(root))
    path = f"{EXPERIMENTS_PATH}&sort_by=name&page_size=3&cursor="
    first = ask(client, path)
    assert [item["name"] for item in first["experiments"]] == ["a001", "a009", "b005"]
    fresh = [(20, "a000"), (21, "c000")]
    execute(root / "autosubmit.db", "INSERT INTO experiment VALUES (?, ?, 'new', '4.2.0')", fresh)
    execute(root / "autosubmit.db", "DELETE FROM experiment WHERE name IN ('b005', 'a001')")
    second = ask(client, path + first["pagination"]["next_cursor"])
    assert [item["name"] for item in second["experiments"]] == ["c000", "c006", "d007"]
    assert second["pagination"]["total_items"] == len(EXPERIMENTS)


BAD = "Invalid value for 'cursor': Input should be empty or the 'next_cursor' of an answer in the same order"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "!", "é", "A" * 5000, "%ff", "gA=="])
def test_what_no_answer_gave_is_no_cursor(client: TestClient[Any], cursor: str) -> None:
    for path in (EXPERIMENTS_PATH, JOBS_PATH):
        answer = client.get(f"{path}&cursor={quote(cursor)}")
        assert (answer.status_code, answer.json()["error_message"]) == (422, BAD)


def test_a_cursor_belongs_to_its_order(client: TestClient[Any]) -> None:
    page = f"{EXPERIMENTS_PATH}&page_size=2"
    cursor = ask(client, f"{page}&sort_by=total&cursor=")["pagination"]["next_cursor"]
    assert client.get(f"{page}&sort_by=total&cursor={cursor}").status_code == 200
    for other in ("sort_by=total&sort_desc=1", "sort_by=failed", "", "order_by=expid"):
        assert client.get(f"{page}&{other}&cursor={cursor}").json()["error_message"] == BAD
    assert client.get(f"{JOBS_PATH}&cursor={cursor}").json()["error_message"] == BAD
    spoiled = cursor[:-1] + ("A" if cursor[-1] != "A" else "E")
    assert client.get(f"{page}&sort_by=total&cursor={spoiled}").status_code == 422


def test_faults_name_what_is_allowed(client: TestClient[Any]) -> None:
    listed = f"{', '.join(repr(field) for field in FIELDS[:-1])} or 'suspended'"
    message = client.get("/v4/experiments?fields=name,&sort_by=size&created_since=soon").json()[
        "error_message"
    ]
    assert message == (
        f"Invalid value for 'fields': Input should be {listed}; "
        f"Invalid value for 'sort_by': Input should be {listed}; "
        "Invalid value for 'created_since': Input should be a valid date or time, in ISO 8601"
    )
    message = client.get(f"{JOBS_PATH}fields=id").json()["error_message"]
    assert message.startswith("Invalid value for 'fields': Input should be 'name', 'status', ")


def test_only_the_fields_of_jobs_that_are_asked_for_are_shown(client: TestClient[Any]) -> None:
    answer = client.get(f"{JOBS_PATH}fields=chunk,name&page_size=2&page=2")
    assert answer.text == (
        '{"jobs":[{"name":"a001_20200101_fc0_2_SIM","chunk":2},{"name":"a001_INI","chunk":null}],'
        '"pagination":{"page":2,"page_size":2,"total_pages":2,"page_items":2,"total_items":4}}'
    )
    whole = ask(client, JOBS_PATH)
    for fields in (["status"], ["name", "status"], ["name", "date", "err_path_local"]):
        found = ask(client, f"{JOBS_PATH}fields={','.join(fields)}")
        assert found["jobs"] == [{field: job[field] for field in fields} for job in whole["jobs"]]
        assert found["pagination"] == whole["pagination"]
    assert ask(client, f"{JOBS_PATH}view=quick&fields=chunk")["jobs"][0] == {"chunk": 1}
    empty = ask(client, "/v4/experiments/t002/jobs?fields=name&page_size=5")
    assert empty["pagination"]["total_pages"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "20200101_fc0_1_SIM A001_20200101_fc0_2_POST 20200101_fc0_2_SIM INI"),
        ("sort_desc=1", "INI 20200101_fc0_2_SIM A001_20200101_fc0_2_POST 20200101_fc0_1_SIM"),
        ("sort_by=chunk", "INI 20200101_fc0_1_SIM A001_20200101_fc0_2_POST 20200101_fc0_2_SIM"),
        ("sort_by=chunk&sort_desc=1", "A001_20200101_fc0_2_POST 20200101_fc0_2_SIM 20200101_fc0_1_SIM INI"),
        ("sort_by=status", "20200101_fc0_1_SIM 20200101_fc0_2_SIM A001_20200101_fc0_2_POST INI"),
        ("sort_by=status&view=quick", "20200101_fc0_1_SIM 20200101_fc0_2_SIM A001_20200101_fc0_2_POST INI"),
        ("sort_by=priority&view=quick", "INI 20200101_fc0_1_SIM 20200101_fc0_2_SIM A001_20200101_fc0_2_POST"),
        ("sort_by=section&job_name=sim", "20200101_fc0_1_SIM 20200101_fc0_2_SIM"),
        ("sort_by=priority&sort_desc=1&page_size=1&page=2", "20200101_fc0_2_SIM"),
        ("sort_by=priority&page_size=1&page=9", ""),
    ],
)
def test_jobs_are_in_any_order(client: TestClient[Any], query: str, found: str) -> None:
    body = ask(client, JOBS_PATH + query)
    assert " ".join(job["name"].removeprefix("a001_") for job in body["jobs"]) == found
    if "quick" in query:
        assert all(list(job) == ["name", "status"] for job in body["jobs"])


@pytest.mark.parametrize("expid", ["a001", "c006", "b005", "t002"])
@pytest.mark.parametrize(
    "query", ["", "job_name=sim", "sort_by=chunk", "sort_desc=1", "sort_by=status&sort_desc=1"]
)
@pytest.mark.parametrize("more", ["", "&view=quick", "&fields=name", "&fields=priority,member"])
def test_a_cursor_goes_through_all_jobs(client: TestClient[Any], expid: str, query: str, more: str) -> None:
    path = f"/v4/experiments/{expid}/jobs?{query}{more}"
    whole = ask(client, path)
    for size in (1, 2, 1000):
        found, cursor = [], ""
        while cursor is not None:
            page = ask(client, f"{path}&page_size={size}&cursor={cursor}")
            found += page["jobs"]
            pagination = page["pagination"]
            cursor = pagination.pop("next_cursor")
            assert pagination == {
                "page_size": size,
                "page_items": len(page["jobs"]),
                "total_items": len(whole["jobs"]),
            }
        assert found == whole["jobs"]
    everything = ask(client, f"{path}&cursor=")["pagination"]
    assert (everything["page_size"], everything["next_cursor"]) == (None, None)


def test_a_cursor_of_jobs_is_stable_when_a_list_is_created_anew(tmp_path: Path, serve: Serve) -> None:
    root = tmp_path / "root"
    root.mkdir()
    client = serve(make_tree(root))
    for order in ("name", "priority"):
        write_pickle(root, "a001")
        path = f"{JOBS_PATH}sort_by={order}&page_size=2&cursor="
        first = ask(client, path)
        kept = [job for job in JOBS if job[0] != first["jobs"][-1]["name"]]
        write_pickle(root, "a001", [*kept, ("0_FIRST", 5, "FIRST", None, None, None)])
        second = ask(client, path + first["pagination"]["next_cursor"])
        shown = {job["name"] for job in first["jobs"]}
        assert not shown & {job["name"] for job in second["jobs"]}
        assert {job[0] for job in JOBS} <= shown | {job["name"] for job in second["jobs"]}


def test_the_jobs_of_a_database_are_the_same(real: TestClient[Any]) -> None:
    path = "/v4/experiments/a003/jobs?page_size=7"
    whole = ask(real, "/v4/experiments/a003/jobs")["jobs"]
    found, cursor = [], ""
    while cursor is not None:
        page = ask(real, f"{path}&cursor={cursor}")
        found += page["jobs"]
        cursor = page["pagination"]["next_cursor"]
    assert found == whole
    by_member = ask(real, "/v4/experiments/a003/jobs?sort_by=member&sort_desc=1&fields=member")["jobs"]
    members = [job["member"] for job in by_member]
    known = [member for member in members if member is not None]
    assert members == sorted(known, reverse=True) + [None] * (len(members) - len(known))
