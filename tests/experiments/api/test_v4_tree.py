"""`/v4/experiments/{expid}/tree`: every job once, every name in its place, the values of `/v3/tree`."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.api.asking import Client, get
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import make_tree, write_pickle

PARTS = {"expid", "modified", "chunk_size", "chunk_unit", "counters", "dates", "undated", "wrappers", "jobs"}
SAME = ("status", "section", "member", "chunk", "split", "splits", "wrapper", "sypd", "asypd")
OLD_NAMES = {"sypd": "SYPD", "asypd": "ASYPD"}


def sections(tree: dict[str, Any]) -> Iterator[tuple[str | None, str | None, dict[str, Any]]]:
    """Every section of the tree with the date and member that it is below."""
    for section in tree["undated"]:
        yield None, None, section
    for date in tree["dates"]:
        for member in date["members"]:
            for section in member["sections"]:
                yield date["date"], member["member"], section


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def test_every_job_is_once_in_the_list_and_its_name_once_in_its_place(
    everything: Client, expids: list[str]
) -> None:
    for name in expids:
        tree = get(everything, f"/v4/experiments/{name}/tree")
        assert set(tree) == PARTS
        jobs = {job["name"]: job for job in tree["jobs"]}
        assert len(jobs) == len(tree["jobs"]) > 0
        seen = []
        for date, member, section in sections(tree):
            for job in section["jobs"]:
                place = [jobs[job][key] for key in ("date", "section")]
                assert place == [date, section["section"]]
                assert date is None or jobs[job]["member"] == member
                seen.append(job)
        assert sorted(seen) == sorted(jobs)
        wrapped = [(job, wrapper["name"]) for wrapper in tree["wrappers"] for job in wrapper["jobs"]]
        assert sorted(wrapped) == sorted(
            (job, found["wrapper"]) for job, found in jobs.items() if found["wrapper"] is not None
        )


def test_counters_add_up(everything: Client, expids: list[str]) -> None:
    for name in expids:
        tree = get(everything, f"/v4/experiments/{name}/tree")
        states = {job["name"]: job["status"] for job in tree["jobs"]}

        def total(parts: list[dict[str, Any]]) -> Counter[str]:
            return sum((Counter(part["counters"]) for part in parts), Counter())

        for *_, section in sections(tree):
            assert section["counters"] == Counter(states[job] for job in section["jobs"])
        for wrapper in tree["wrappers"]:
            assert wrapper["counters"] == Counter(states[job] for job in wrapper["jobs"])
        for date in tree["dates"]:
            assert date["counters"] == total(date["members"])
            for member in date["members"]:
                assert member["counters"] == total(member["sections"])
        assert tree["counters"] == total(tree["dates"] + tree["undated"]) == Counter(states.values())


def test_values_are_those_of_v3_as_numbers_and_instants(everything: Client, expids: list[str]) -> None:
    for name in expids:
        new = get(everything, f"/v4/experiments/{name}/tree")
        old = get(everything, f"/v3/tree/{name}")
        assert instant(new["modified"]) == datetime.fromtimestamp(
            old["pkl_timestamp"], datetime.fromisoformat(new["modified"]).tzinfo
        )
        assert (new["chunk_size"] or 0) == old["reference"]["chunk_size"]
        assert [job["name"] for job in new["jobs"]] == [job["id"] for job in old["jobs"]]
        for job, was in zip(new["jobs"], old["jobs"], strict=True):
            for key in SAME:
                assert job[key] == was[OLD_NAMES.get(key, key)], (job["name"], key)
            assert (job["parents"], job["children"]) == (was["parent_list"], was["children_list"])
            assert job["remote_id"] == was["rm_id"]
            assert (job["platform"] or "", job["queue"] or "") == (was["platform_name"], was["queue"])
            for key in ("submit", "start", "finish"):
                assert instant(job[key]) == instant(was[key])
                assert job[key] is None or job[key].endswith("+00:00")
            for key in ("out", "err"):
                assert job[key] == (was[key] and was[key].rpartition("/")[2])
            if job["chunk"] is not None and job["date"] is not None:
                days = (job["chunk_start"], job["chunk_end"])
                assert days == tuple(was[key].replace(" ", "-") for key in ("date", "date_plus"))
            else:
                assert (job["chunk_start"], job["chunk_end"]) == (None, None)
            if was["status"] not in ("SUBMITTED", "QUEUING", "RUNNING"):
                assert (job["queue_seconds"] or 0, job["run_seconds"] or 0) == (
                    was["minutes_queue"],
                    was["minutes"],
                )


def test_nothing_is_html(everything: Client, expids: list[str]) -> None:
    for name in expids:
        text = everything.get(f"/v4/experiments/{name}/tree").text
        assert "<" not in text
        assert "&#" not in text


def test_jobs_without_date_or_member_and_what_nobody_recorded(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    start = datetime(1990, 1, 1, 6)
    write_pickle(
        tmp_path,
        "a001",
        [
            ("a001_SETUP", 5, "SETUP", None, None, None),
            ("a001_1990010106_INI", 5, "INI", start, None, None),
            ("a001_1990010106_<b>fc0</b>_1_SIM", -1, "SIM", start, "<b>fc0</b>", 1),
            ("a001_1990010106_<b>fc0</b>_2_SIM", 0, "SIM", start, "<b>fc0</b>", 2),
        ],
    )
    tree = get(serve(rc_file), "/v4/experiments/a001/tree")
    assert tree["counters"] == {"FAILED": 1, "WAITING": 1, "COMPLETED": 2}
    assert tree["undated"] == [{"section": "SETUP", "counters": {"COMPLETED": 1}, "jobs": ["a001_SETUP"]}]
    (date,) = tree["dates"]
    assert date["date"] == "1990-01-01T06:00:00"
    assert [member["member"] for member in date["members"]] == [None, "<b>fc0</b>"]
    setup, ini, sim, _ = tree["jobs"]
    for job in (setup, ini):
        assert [job[key] for key in ("chunk", "chunk_start", "chunk_size", "sypd")] == [None] * 4
    assert sim["name"] == "a001_1990010106_<b>fc0</b>_1_SIM"
    unknown = ("submit", "start", "finish", "queue_seconds", "run_seconds", "out", "workflow_commit")
    assert [sim[key] for key in unknown] == [None] * len(unknown)
    assert sim["suspicious"] is False


def test_what_is_not_there_is_404(client: Client) -> None:
    for path in ("tree", "graph", "graph.svg", "performance.svg"):
        unknown = client.get(f"/v4/experiments/none/{path}")
        assert (unknown.status_code, unknown.json()["error"]) == (404, True)
        assert set(unknown.json()) == {"error", "error_message", "code"}


@pytest.mark.files
def test_a_damaged_job_list_is_503_and_a_damaged_history_is_none(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    client = serve(rc_file)
    (tmp_path / "metadata/data/job_data_a001.db").write_bytes(b"nonsense" * 1000)
    jobs = get(client, "/v4/experiments/a001/tree")["jobs"]
    assert jobs
    assert {job["submit"] for job in jobs} == {None}
    (tmp_path / "a001/pkl/job_list_a001.pkl").write_bytes(b"nonsense")
    for path in ("tree", "graph", "graph.svg", "performance.svg"):
        answer = client.get(f"/v4/experiments/a001/{path}")
        assert (answer.status_code, answer.json()["error"]) == (503, True)
        assert str(tmp_path) not in answer.text


def test_an_unchanged_tree_is_304(client: Client) -> None:
    for path in ("tree", "graph", "graph.svg", "performance.svg"):
        first = client.get(f"/v4/experiments/a001/{path}")
        again = client.get(f"/v4/experiments/a001/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.files
def test_what_a_job_recorded_against_the_list_is_told(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    write_pickle(tmp_path, "a001", [("a001_SIM", -1, "SIM", None, None, None)])
    told = tmp_path / "a001/tmp/a001_SIM_TOTAL_STATS"
    told.write_text("20240101000000 20240101000010 20240101000110 COMPLETED\n")
    (job,) = get(serve(rc_file), "/v4/experiments/a001/tree")["jobs"]
    assert (job["status"], job["suspicious"]) == ("FAILED", True)
    assert (job["queue_seconds"], job["run_seconds"]) == (10, 60)
