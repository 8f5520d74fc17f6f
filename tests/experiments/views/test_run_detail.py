"""The history of a job and the detail of a run: contract/API_V3.md 2.19, 5, METRICS.md 3, 6, 8."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.rows import ran, row, run

from mestral_experiments.model import Attempt, JobStatus, Run
from mestral_experiments.views.jobhistory import attempts_of_job, job_history
from mestral_experiments.views.rundetail import run_detail

NOW = 1700000600
TEMPLATES = [
    "completed_tag", "running_tag", "queuing_tag", "failed_tag", "held_tag", "checkmark", "check_mark",
]  # fmt: skip
Json = dict[str, Any]


def detail(attempts: list[Attempt], of: Run | None = None, runs: list[Run] | None = None) -> Json:
    of = of or run()
    shown, _ = run_detail("a001", runs or [of], of, attempts, "/logs", NOW)
    found: Json = msgspec.json.decode(msgspec.json.encode(shown))
    return found


def history(attempts: list[Attempt], *mates: Attempt, of: Run | None = None) -> list[Json]:
    shown = job_history(attempts_of_job(attempts, mates, [of or run()], {}, NOW), "/logs")
    found: list[Json] = msgspec.json.decode(msgspec.json.encode(shown))["history"]
    return found


def walk(nodes: list[Json]) -> Iterator[Json]:
    for node in nodes:
        yield node
        yield from walk(node["children"])


def titles(node: Json) -> Any:
    return [titles(child) for child in node["children"]] if node.get("folder") else node["refKey"]


def test_speed_of_an_attempt() -> None:
    # contract/METRICS.md 3: a3tb_19930101_fc01_1_SIM and aa6f_20000101_fc0_1_1_SIM
    (shown,) = history([ran("a3tb_19930101_fc01_1_SIM", 12, 484)])
    assert (shown["SYPD"], shown["ASYPD"]) == (14.87603305785124, 14.516129032258064)
    assert (shown["queue_time"], shown["run_time"]) == ("0:00:12", "0:08:04")
    wrapped = ran("aa6f_20000101_fc0_1_1_SIM", 121, 5, splits=4)
    posted = ran("aa6f_POST", 0, 5, section="POST", chunk=None, date=None)
    (one,) = attempts_of_job([wrapped], [], [run(1, "month", 4)], {1: 5.0}, NOW)
    assert (one.sypd, one.asypd) == (1440.0, 54.961832061068705)
    assert not one.times.live
    jobs = {job["id"]: job for job in detail([wrapped, posted], run(1, "month", 4))["jobs"]}
    job = jobs["aa6f_20000101_fc0_1_1_SIM"]
    assert (job["SYPD"], job["ASYPD"]) == (1440.0, 54.961832061068705)
    assert (jobs["aa6f_POST"]["SYPD"], jobs["aa6f_POST"]["ASYPD"]) == (None, None)


@pytest.mark.parametrize("values", [{"status": "FAILED"}, {"chunk": None}])
def test_only_completed_chunks_have_a_speed(values: Json) -> None:
    (shown,) = history([ran("x_SIM", 1, 5, **values)])
    assert (shown["SYPD"], shown["ASYPD"]) == (None, None)


def test_an_attempt_of_which_nothing_is_known_is_shown_without_it() -> None:
    shown = history([row("x", status="SUBMITTED", counter=None, run_id=None, ncpus=None, energy=None)])
    assert shown == [
        {
            "counter": None, "created": None, "submit": None, "start": None, "finish": None,
            "queue_time": "0:00:00", "run_time": "0:00:00", "ncpus": 0, "wallclock": "", "qos": "debug",
            "platform": "NA", "job_id": 0, "nodes": 0, "energy": 0, "status": "SUBMITTED", "ASYPD": "NA",
            "SYPD": "NA", "run_id": None, "run_created": "NA", "out": "", "err": "",
        }
    ]  # fmt: skip


def test_a_run_that_is_gone_is_not_available() -> None:
    (shown,) = history([ran("x_SIM", 1, 5)], of=run(created=None))
    assert (shown["run_id"], shown["run_created"]) == (1, "NA")  # the GUI cuts it into pieces
    (shown,) = history([ran("x_SIM", 1, 5, run_id=9)])
    assert (shown["run_id"], shown["run_created"], shown["SYPD"], shown["ASYPD"]) == (9, "NA", "NA", "NA")


def test_attempts_are_shown_newest_first_with_the_wait_of_their_wrapper_left_out() -> None:
    own = [ran("D", 370, 63, rowtype=777, counter=3), ran("D", 9, 1, counter=5), ran("D", 8, 1, counter=4)]
    mates = [ran("A", 100, 60, rowtype=777), ran("B", 190, 61, rowtype=777), ran("D", 1, 999, rowtype=777)]
    shown = history(own, *mates)
    assert [each["counter"] for each in shown] == [5, 4, 3]
    assert [each["queue_time"] for each in shown] == ["0:00:09", "0:00:08", "0:01:59"]
    assert shown[2]["ASYPD"] == 1 / 12 * 86400 / (119 + 63)


def test_an_attempt_that_runs_depends_on_now() -> None:
    running = row(status="RUNNING", submit=NOW - 70, start=NOW - 60)
    (one,) = attempts_of_job([running], [], [run()], {}, NOW)
    assert (one.times.run, one.wait, one.times.live) == (60, 10, True)
    (told,) = history([running])
    assert (told["run_time"], told["queue_time"]) == ("0:01:00", "0:00:10")
    assert told["finish"] is not None
    shown, live = run_detail("a001", [run()], run(), [running], "/logs", NOW)
    assert (shown.jobs[0].minutes, shown.jobs[0].minutes_queue, live) == (60, 10, True)
    assert shown.jobs[0].finish is None
    older, live = run_detail("a001", [run(finish=NOW - 59), run(2)], run(), [running], "/logs", NOW)
    assert (older.jobs[0].minutes, live) == (1, False)


def test_folders_of_members_hold_sections() -> None:
    rows = [
        ran("a001_20000101_fc0_INI", 1, 1, section="INI", chunk=None),
        ran("a001_20000101_fc0_2_SIM", 1, 1, chunk=2),
        ran("a001_20000101_fc0_1_SIM", 1, 1, section="fc0", member="SIM"),
        ran("a001_20000101_fc1_1_SIM", 1, 1, member="fc1", status="FAILED"),
        ran("a001_20000101_GATHER", 1, 1, section="GATHER", member="", chunk=None),
        ran("a001_POST", 1, 1, section="POST", member="", chunk=None, date=""),
        ran("a001_19990101_fc0_1_SIM", 1, 1, date="1999-01-01 00:00:00"),
        ran("a001_1_ODD", 1, 1, section="", member="", chunk=None),
    ]
    shown = detail(rows)
    assert [(node["refKey"], titles(node)) for node in shown["tree"]] == [
        ("a001_19990101", [["a001_19990101_fc0_1_SIM"]]),
        (
            "a001_20000101",
            [
                ["a001_20000101_GATHER"],
                ["a001_20000101_fc0_INI", ["a001_20000101_fc0_1_SIM", "a001_20000101_fc0_2_SIM"]],
                ["a001_20000101_fc1_1_SIM"],
            ],
        ),
        ("Keys", ["a001_1_ODD", "a001_POST"]),
    ]
    first, second, _ = shown["tree"]
    assert first["title"] == (
        "a001_19990101 <span class='badge' style='background-color:yellow'> 1 / 1 COMPLETED </span>"
    )
    assert (second["title"], second["expanded"]) == ("a001_20000101", True)
    assert [child["refKey"] for child in second["children"]] == [
        "a001_20000101_DEFAULT",
        "a001_20000101_fc0",
        "a001_20000101_fc1",
    ]
    assert second["children"][2]["title"] == (
        "a001_20000101_fc1 <span class='badge' style='background-color:#ffffb3'> 0 / 1 COMPLETED</span> "
        "<span class='badge' style='background-color:red'>1 FAILED</span>"
    )
    jobs = {job["id"]: job for job in shown["jobs"]}
    assert [(job["section"], job["member"], job["sync"]) for job in jobs.values() if job["date"]] == [
        ("SIM", "fc0", False),
        ("GATHER", "", True),
        ("SIM", "fc1", False),
        ("SIM", "fc0", False),
        ("SIM", "fc0", False),
        ("INI", "fc0", False),
    ]
    assert shown["reference"]["a001_20000101_fc0"] == {
        "completed": 3, "running": 0, "queuing": 0, "failed": 0, "held": 0, "total": 3,
    }  # fmt: skip


def test_a_wrapper_has_its_folder() -> None:
    rows = [
        ran("a001_20000101_fc0_1_SIM", 100, 60, rowtype=777, chunk=1),
        ran("a001_20000101_fc0_2_SIM", 370, 63, rowtype=777, chunk=2),  # shown first: recorded last
        ran("a001_LATE", 1, 1, rowtype=55, section="LATE", member="", chunk=None, date=None, status="HELD"),
    ]
    shown = detail(rows)
    wrappers = shown["tree"][-1]
    assert (wrappers["title"], wrappers["refKey"]) == ("Wrappers", "Wrappers_a001")
    late, early = wrappers["children"]
    assert (late["refKey"], early["refKey"]) == ("Wrapper: 55", "Wrapper: 777")
    assert early["title"] == (
        "Wrapper: 777 <span class='badge' style='background-color:yellow'>2 / 2 COMPLETED</span>"
        " <span class='badge' style='background-color:#4dffa6'>&#10004;</span>"
    )
    assert late["title"] == (
        "Wrapper: 55 <span class='badge' style='background-color:#ffffb3'>0 / 1 COMPLETED</span>"
        " <span class='badge' style='background-color:#fa8072; color:#fff'>1 HELD</span>"
    )
    assert early["data"] == {"completed": 2, "failed": 0, "running": 0, "queuing": 0, "held": 0, "total": 2}
    state = "<span class='badge' style='background-color: yellow'>#COMPLETED</span>"
    assert [leaf["title"] for leaf in early["children"]] == [
        f"a001_20000101_fc0_1_SIM {state} ~ ( 0:01:40 ) + 0:01:00",
        f"a001_20000101_fc0_2_SIM {state} ~ ( 0:03:30 ) + 0:01:03",
    ]
    job = next(job for job in shown["jobs"] if job["chunk"] == 2)
    assert job["title"] == (
        f"a001_20000101_fc0_2_SIM {state} ~ ( 0:03:30 ) + 0:01:03"
        " <span class='badge' style='background-color:#94b8b8'>Wrapped 777</span>"
    )
    assert job["tree_parents"] == ["a001_20000101_fc0", "Wrapper: 777"]
    assert (job["wrapper"], job["wrapper_code"], job["minutes_queue"]) == (777, 777, 210)
    assert shown["reference"]["packages"] == ["55", "777"]
    assert shown["jobs"][0]["id"] == "a001_LATE"
    assert shown["jobs"][0]["tree_parents"] == ["Wrapper: 55"]


def test_every_repetition_of_a_job_gets_a_sign() -> None:
    rows = [
        ran("a001_SIM", 1, 1, counter=3, chunk=None, date=None),
        ran("a001_SIM", 2, 1, counter=1, chunk=None, date=None, status="FAILED"),
        ran("a001_SIM", 3, 1, counter=2, chunk=None, date=None, status="FAILED"),
        ran("a001_INI", 4, 1, counter=1, chunk=None, date=None),
    ]
    jobs = [(job["id"], job["minutes_queue"]) for job in detail(rows)["jobs"]]
    assert jobs == [("a001_INI", 4), ("a001_SIM", 2), ("a001_SIM+", 3), ("a001_SIM++", 1)]


@pytest.mark.parametrize(
    ("text", "chunk", "begin", "end"),
    [
        ("2022-04-01 00:00:00", None, "2022 04 01", "2022 04 01"),
        ("2022-04-01 00:00:00", 1, "2022 04 01", "2022 05 01"),
        ("20220401", 2, "2022 05 01", "2022 06 01"),
        ("2022040106", 1, "2022 04 01", "2022 05 01"),
        ("202204010630", 1, "2022 04 01", "2022 05 01"),
        ("2022-04-01T06:00:00+02:00", 1, "2022 04 01", "2022 05 01"),
        (" 2022-04-01 ", 1, "2022 04 01", "2022 05 01"),
        ("  ", 1, "", ""),
        ("next spring", 1, "", ""),
        ("20221301", 1, "", ""),
        ("2022040", 1, "", ""),
        (None, 1, "", ""),
    ],
)
def test_dates_are_read_leniently(text: str | None, chunk: int | None, begin: str, end: str) -> None:
    shown = detail([ran("a001_x_fc0_1_SIM", 1, 1, date=text, chunk=chunk)])
    (job,) = shown["jobs"]
    assert (job["date"], job["date_plus"], job["chunk"]) == (begin, end, chunk or 0)
    assert (shown["tree"][0]["refKey"] == "Keys") is (begin == "")


def test_a_job_has_every_key_and_its_logs() -> None:
    (job,) = detail(
        [row("a001_<b>", section="<b>", member=None, date=None, chunk=None, out="o.xz", err="NA")]
    )["jobs"]
    assert list(job) == [
        "id", "internal_id", "label", "status", "status_code", "platform_name", "chunk", "member", "sync",
        "title", "date", "date_plus", "SYPD", "ASYPD", "minutes_queue", "minutes", "submit", "start",
        "finish", "section", "queue", "processors", "wallclock", "wrapper", "wrapper_code", "children",
        "children_list", "parents", "out", "err", "tree_parents", "parent_list", "custom_directives",
        "rm_id", "status_color",
    ]  # fmt: skip
    assert (job["out"], job["err"], job["id"]) == ("/logs/o.xz", "NA", "a001_<b>")
    assert job["title"].startswith("a001_&lt;b&gt; <span")
    assert detail([row()])["jobs"][0]["out"] == "/logs/"


def test_a_run_without_attempts_is_empty() -> None:
    assert detail([row(rowtype=0), row(rowtype=None)]) == {
        "tree": [], "jobs": [], "total": 0, "reference": {}, "error": False, "error_message": "",
        "pkl_timestamp": 10000000,
    }  # fmt: skip
    assert detail([row(rowtype=1)])["total"] == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a001_20000101_fc0_1_SIM", "a001_20000201_1_POST", "a001_INI", "x"]),
            st.sampled_from(["SIM", "POST", "INI", "fc0", "", None]),
            st.sampled_from(["SIM", "fc0", "", None]),
            st.sampled_from(["2000-01-01 00:00:00", "20000101", "2000-01-01 00:01:00", "?", "", None]),
            st.sampled_from([1, 2, 777, 778]),
            st.sampled_from([*[state.name for state in JobStatus], "ODD", None]),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_leaves_are_attempts_and_counters_add_up(rows: list[tuple[Any, ...]]) -> None:
    names = ("name", "section", "member", "date", "rowtype", "status", "counter")
    shown = detail([row(**dict(zip(names, values, strict=True))) for values in rows])
    jobs, reference = {job["id"]: job for job in shown["jobs"]}, shown["reference"]
    assert len(jobs) == shown["total"] == len(rows)
    wrappers = [node for node in shown["tree"] if node["refKey"] == "Wrappers_a001"]
    others = [node for node in shown["tree"] if node not in wrappers]
    assert sorted(n["refKey"] for n in walk(others) if not n.get("folder")) == sorted(jobs)
    folders = {node["refKey"]: node for node in walk(shown["tree"]) if node.get("folder")}
    assert all(node["children"] for node in folders.values())
    if jobs:
        assert list(reference)[-len(TEMPLATES) - 3 : -3] == TEMPLATES
    counted = list(reference)[: -len(TEMPLATES) - 3]
    for job in jobs.values():
        assert set(job["tree_parents"]) <= set(counted)
    for key in counted:
        inside = [n["refKey"] for n in walk([folders[key]]) if not n.get("folder")]
        assert sorted(inside) == sorted(job["id"] for job in jobs.values() if key in job["tree_parents"])
        states = [jobs[name]["status"] for name in inside]
        for state in ("completed", "running", "queuing", "failed", "held"):
            assert reference[key][state] == states.count(state.upper())
        assert reference[key]["total"] == len(inside)
