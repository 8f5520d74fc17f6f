"""Folders, titles, groups of tree, graph, their monitors and the quick view: contract/API_V3.md 2, 3, 4."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest

from mestral_experiments.model import Job, JobStatus, LogFiles, Times
from mestral_experiments.views.datetext import date_texts
from mestral_experiments.views.workflow.graph import Grouping, graph
from mestral_experiments.views.workflow.pkl import pkl_info, pkl_tree_info
from mestral_experiments.views.workflow.quick import quick
from mestral_experiments.views.workflow.tree import tree
from mestral_experiments.views.workflow.workflow import Loaded, Workflow
from mestral_experiments.views.workflow.workflowgraph import workflow_graph
from mestral_experiments.views.workflow.workflowtree import workflow_tree

NOW = 1_700_000_000
DAY, LATER = datetime(2000, 1, 1), datetime(2001, 1, 1)
Json = dict[str, Any]


def job(
    name: str,
    status: str = "WAITING",
    section: str = "SIM",
    date: datetime | None = DAY,
    member: str | None = "fc0",
    chunk: int | None = None,
) -> Job:
    state = JobStatus[status]
    return Job(f"a000_{name}", 1, state, 0, section, date, member, chunk, None, None, None, None, None, None)


def made(
    *jobs: Job,
    edges: Sequence[tuple[str, str]] = (),
    wrappers: Mapping[str, str] | None = None,
    rows: Sequence[Times] = (),
    logs: Mapping[str, LogFiles] | None = None,
) -> Workflow:
    named = [(f"a000_{one}", f"a000_{other}") for one, other in edges]
    inside = {f"a000_{name}": wrapper for name, wrapper in (wrappers or {}).items()}
    attempts = {row.name: row for row in rows}
    return Workflow(Loaded("a000", jobs, named, inside, attempts, {}, None, logs or {}, {}, None), NOW)


def plain(value: object) -> Json:
    found: Json = msgspec.json.decode(msgspec.json.encode(value))
    return found


def names(node: Json) -> Any:
    """Names of jobs, and pairs of a folder and what is in it."""
    if not node.get("folder"):
        return node["refKey"].removeprefix("a000_")
    return node["refKey"], [names(child) for child in node["children"]]


def test_what_is_neither_done_nor_waiting_comes_first_and_sections_of_several_jobs_last() -> None:
    shown = plain(
        tree(
            made(
                job("1_SIM", "COMPLETED"),
                job("INI", "READY", "INI"),
                job("2_SIM", "RUNNING"),
                job("1_POST", "COMPLETED", "POST"),
                job("PREP", "QUEUING", "PREP"),
                job("3_SIM", "FAILED"),
                job("4_SIM", "SUSPENDED"),
                job("2_POST", "WAITING", "POST"),
                job("COPY", "SUBMITTED", "COPY"),
            )
        )
    )
    ((_, ((_, inside),)),) = (names(node) for node in shown["tree"])
    assert inside == [
        "COPY",
        "PREP",
        "INI",
        ("a000_20000101_fc0_SIM", ["3_SIM", "2_SIM", "1_SIM", "4_SIM"]),
        ("a000_20000101_fc0_POST", ["1_POST", "2_POST"]),
    ]
    sim, post = shown["tree"][0]["children"][0]["children"][3:]
    assert [(node["title"], node["expanded"], node["data"]) for node in (sim, post)] == [
        ("SIM", True, "Empty"),
        ("POST", False, "Empty"),
    ]


@pytest.mark.parametrize(
    ("states", "badge"),
    [
        (("WAITING", "WAITING"), "#aaa'> 2 / 2 WAITING "),
        (("SUSPENDED",), "orange'> 1 / 1 SUSPENDED "),
        (("COMPLETED",), "yellow'> 1 / 1 COMPLETED "),
        (("READY", "READY"), None),
        (("COMPLETED", "WAITING"), None),
    ],
)
@pytest.mark.parametrize("dates", [1, 5, 6])
def test_a_date_whose_jobs_are_all_in_one_state_says_so(
    states: tuple[str, ...], badge: str | None, dates: int
) -> None:
    jobs = [
        job(f"{year}_{n}", state, date=datetime(year, 1, 1))
        for year in range(2000, 2000 + dates)
        for n, state in enumerate(states)
    ]
    folders = plain(tree(made(*jobs)))["tree"]
    end = f" <span class='badge' style='background-color:{badge}</span>" if badge else ""
    assert [node["title"] for node in folders] == [f"a000_{2000 + n}0101{end}" for n in range(dates)]
    assert all(node["refKey"] == node["title"] for node in folders)
    assert {node["expanded"] for node in folders} == {badge is None or dates <= 5}


def test_dates_and_members_come_by_their_first_jobs_and_undated_jobs_after_them() -> None:
    shown = plain(
        tree(
            made(
                job("SETUP", date=None, member=None),
                job("A", date=LATER, member="fc1"),
                job("B", member="fc0"),
                job("C", member="fc1"),
                job("D", member=None),
                job("CLEAN", date=None, member=None),
            )
        )
    )
    assert [names(node)[1] for node in shown["tree"]] == [
        [("a000_20010101_fc1", ["A"])],
        [("a000_20000101_fc1", ["C"]), ("a000_20000101_fc0", ["B"]), ("a000_20000101_DEFAULT", ["D"])],
        ["SETUP", "CLEAN"],
    ]
    keys = shown["tree"][-1]
    assert (keys["title"], keys["refKey"], keys["expanded"], keys["data"]) == ("Keys", "Keys", True, "Empty")
    parents = {one["id"].removeprefix("a000_"): one["tree_parents"] for one in shown["jobs"]}
    assert (parents["SETUP"], parents["D"]) == ([], ["a000_20000101_DEFAULT"])


def test_wrappers_come_by_name_and_their_jobs_by_chunk() -> None:
    wrappers = {"2": "a000_T_9_1_2", "1": "a000_T_9_1_2", "X": "a000_T_10_1_2", "gone": "a000_T_0_1_2"}
    workflow = made(
        job("X", "HELD"), job("2", "RUNNING", chunk=2), job("1", "FAILED", chunk=1), wrappers=wrappers
    )
    shown = plain(tree(workflow))
    folder = shown["tree"][-1]
    assert names(folder) == (
        "Wrappers_a000",
        [("Wrapper: a000_T_10_1_2", ["X"]), ("Wrapper: a000_T_9_1_2", ["1", "2"])],
    )
    assert folder["children"][1]["data"] == {
        "completed": 0, "failed": 1, "running": 1, "queuing": 0, "held": 0, "total": 2
    }  # fmt: skip
    assert folder["children"][1]["title"] == (
        "Wrapper: a000_T_9_1_2 <span class='badge' style='background-color:#ffffb3'> 0 / 2 COMPLETED</span> "
        "<span class='badge' style='background-color:red'>1 FAILED</span> "
        "<span class='badge' style='background-color:green; color:#fff'>1 RUNNING</span>"
    )
    assert shown["reference"]["packages"] == ["a000_T_10_1_2", "a000_T_9_1_2"]
    nodes = plain(graph(workflow, [(0, 0)] * 3, True, "none"))["nodes"]
    assert [(node["shape"], node["dashed"]) for node in nodes] == [
        ("hexagon", True), ("square", True), ("square", True)
    ]  # fmt: skip
    content = plain(pkl_info(workflow))["pkl_content"]
    assert [one["shape"] for one in content] == ["hexagon", "square", "square"]


BADGES = {
    "TARGET": " <span class='badge' style='background-color:#99ff66'>TARGET</span>",
    "SOURCE": " <span class='badge' style='background-color:#80d4ff'>SOURCE</span>",
    "SYNC": " <span class='badge' style='background-color:#0066ff; color:white'>SYNC</span>",
}


@pytest.mark.parametrize(
    ("status", "colours"),
    [
        ("WAITING", "#aaaaaa; color:#000;"), ("READY", "lightblue; color:#000;"),
        ("SUBMITTED", "cyan; color:#000;"), ("QUEUING", "lightpink; color:#000;"),
        ("RUNNING", "green; color:#fff;"), ("COMPLETED", "yellow; color:#000;"),
        ("FAILED", "red; color:#fff;"), ("HELD", "salmon; color:#fff;"),
        ("SUSPENDED", "orange; color:#000;"), ("UNKNOWN", "white; color:#000;"),
        ("PREPARED", "lightsalmon; color:#000;"), ("SKIPPED", "lightyellow; color:#000;"),
        ("DELAYED", "lightcyan; color:#000;"),
    ],
)  # fmt: skip
def test_titles_say_state_and_place(status: str, colours: str) -> None:
    workflow = made(
        job("A", status), job("B", member=None), job("C", date=None, member=None),
        edges=[("A", "B"), ("B", "C")], wrappers={"C": "a000_T_1_1_2"},
    )  # fmt: skip
    first, second, third = (one["title"] for one in plain(tree(workflow))["jobs"])
    said = " ~ ( 0:00:00 )" if status in ("SUBMITTED", "QUEUING", "HELD") else ""
    said = " ~ ( 0:00:00 ) + 0:00:00" if status in ("RUNNING", "COMPLETED", "FAILED") else said
    badge = f" <span class='badge' style='background-color: {colours}'>#{status}</span>"
    assert first == f"a000_A{badge}{said}{BADGES['SOURCE']}"
    waiting = " <span class='badge' style='background-color: #aaaaaa; color:#000;'>#WAITING</span>"
    assert second == f"a000_B{waiting}{BADGES['SYNC']}"
    wrapped = " <span class='badge' style='background-color:#94b8b8'>Wrapped a000_T_1_1_2 </span>"
    assert third == f"a000_C{waiting}{BADGES['TARGET']}{wrapped}"
    monitored = plain(pkl_tree_info(workflow))
    assert [one["title"] for one in monitored["pkl_content"]] == [first, second, third]
    assert [one["wrapper_tag"] for one in monitored["pkl_content"]] == [None, None, wrapped]
    assert {word: monitored[f"{word.lower()}_tag"] for word in BADGES} == BADGES


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("COMPLETED", (True, True, True)), ("FAILED", (True, True, True)), ("RUNNING", (True, True, False)),
        ("SUBMITTED", (True, False, False)), ("QUEUING", (True, False, False)),
        ("HELD", (False, False, False)), ("SUSPENDED", (False, False, False)),
        ("READY", (False, False, False)),
    ],
)  # fmt: skip
def test_times_and_logs_are_told_in_states_that_have_them(status: str, told: tuple[bool, ...]) -> None:
    row = Times("a000_A", NOW - 300, NOW - 200, NOW - 100, status)
    logs = {"a000_A": LogFiles("/a.out", "/a.err")}
    workflow = made(job("A", status), rows=[row], logs=logs)
    expected = tuple(
        f"2023-11-14T{clock}" if here else None
        for here, clock in zip(told, ("22:08:20", "22:10:00", "22:11:40"), strict=True)
    )
    for shown in (plain(tree(workflow))["jobs"][0], plain(pkl_info(workflow))["pkl_content"][0]):
        times = [shown[key] for key in ("submit", "start", "finish")]
        assert tuple(time is not None for time in times) == told
        ends = ("/a.out", "/a.err") if told[2] else (None, None)
        assert (shown["out"], shown["err"]) == ends
    (same,) = workflow_tree(workflow).jobs
    assert tuple(time and time[:19] for time in (same.submit, same.start, same.finish)) == expected


def test_a_chunk_of_unknown_length_has_no_end_and_no_speed_for_programs() -> None:
    row = Times("a000_A", NOW - 300, NOW - 200, NOW - 100, "COMPLETED")
    (shown,) = workflow_tree(made(job("A", "COMPLETED", chunk=2), rows=[row])).jobs
    assert (shown.chunk, shown.chunk_start, shown.chunk_end) == (2, None, None)
    assert (shown.sypd, shown.asypd, shown.run_seconds) == (None, None, 100)


def test_what_users_can_choose_is_escaped_in_titles() -> None:
    evil, safe = "<img src=x>&", "&lt;img src=x&gt;&amp;"
    workflow = made(
        job(f"{evil}_1", section=evil, member=evil), job(f"{evil}_2", section=evil, member=evil),
        wrappers={f"{evil}_1": evil},
    )  # fmt: skip
    shown = plain(tree(workflow))
    member = shown["tree"][0]["children"][0]
    assert member["title"].startswith(f"a000_20000101_{safe} ")
    assert member["refKey"] == f"a000_20000101_{evil}" == shown["jobs"][0]["tree_parents"][0]
    assert member["children"][0]["title"] == safe
    assert shown["tree"][1]["children"][0]["title"].startswith(f"Wrapper: {safe} ")
    titles = [one["title"] for one in shown["jobs"]]
    titles += [one["title"] for one in plain(pkl_tree_info(workflow))["pkl_content"]]
    titles += [one["wrapper_tag"] or "" for one in plain(pkl_tree_info(workflow))["pkl_content"]]
    titles += [
        leaf["title"] for leaf in plain(quick([view.job for view in workflow.jobs], {}, "/"))["tree_view"]
    ]
    assert not [title for title in titles if "<img" in title]


def test_the_quick_view() -> None:
    jobs = [
        job("A", "COMPLETED"), job("B", "RUNNING"), job("C", "WAITING"), job("D", "SUSPENDED"),
        job("E", "READY"), job("F", "FAILED"), job("G", "QUEUING"),
    ]  # fmt: skip
    jobs[0] = msgspec.structs.replace(jobs[0], out_local="a.out", err_local="a.err")
    shown = plain(quick(jobs, {"a000_B": "odd", "a000_C": "a000_T_SIM_77_1_2"}, "/root/LOG"))
    assert "".join(leaf["refKey"][-1] for leaf in shown["tree_view"]) == "GFDBACE"
    assert [shown[key] for key in ("total", "completed", "failed", "running", "queuing")] == [7, 1, 1, 1, 1]
    assert shown["view_data"][:2] == [
        {"name": "a000_A", "path_log": "/root/LOG", "out": "/a.out", "err": "/a.err"},
        {"name": "a000_B", "path_log": "/root/LOG", "out": "/", "err": "/"},
    ]
    titles = {leaf["refKey"][-1]: leaf["title"] for leaf in shown["tree_view"]}
    wrapped = "<span class='badge' style='background-color:#94b8b8'>Wrapped"
    assert titles["A"] == "a000_A <span class='badge' style='background-color: yellow'>#COMPLETED</span>"
    assert titles["B"].endswith(f"#RUNNING</span> {wrapped} odd</span>")
    assert titles["C"].endswith(f"#WAITING</span> {wrapped} 77</span>")


def grouped(grouping: Grouping, *jobs: Job) -> Json:
    return plain(graph(made(*jobs), [(1000 * n, -n) for n in range(len(jobs))], True, grouping))


@pytest.mark.parametrize(
    ("states", "colour"),
    [
        ("COMPLETED QUEUING SUBMITTED SUSPENDED RUNNING FAILED", "red"),
        ("COMPLETED QUEUING SUBMITTED SUSPENDED RUNNING", "green"),
        ("COMPLETED QUEUING SUBMITTED SUSPENDED", "orange"),
        ("COMPLETED QUEUING SUBMITTED", "cyan"),
        ("COMPLETED QUEUING", "lightpink"),
        ("WAITING COMPLETED", "yellow"),
        ("READY HELD", "#aaaaaa"),
    ],
)
def test_a_group_has_the_colour_of_what_matters_most(states: str, colour: str) -> None:
    shown = grouped("date-member", *(job(f"20000101_fc0_{n}", s) for n, s in enumerate(states.split())))
    assert [group["color"] for group in shown["groups_data"].values()] == [colour]


def test_groups_are_by_date_and_then_by_member_and_only_of_jobs_that_have_both() -> None:
    shown = grouped(
        "date-member",
        job("20010101_fc1_A", date=LATER, member="fc1"), job("20010101_fc0_A", date=LATER),
        job("20000101_fc1_A", member="fc1"), job("20000101_B", member=None), job("C", date=None),
    )  # fmt: skip
    assert shown["groups"] == ["a000_20000101_fc1_", "a000_20010101_fc0_", "a000_20010101_fc1_"]
    assert shown["groups_data"]["a000_20010101_fc1_"] == {"color": "#aaaaaa", "x": 0, "y": 0}
    assert grouped("date-member", job("C", date=None))["groups_data"] == {}


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        # the text in the names
        ([("a000_2000010100_fc0_SIM", datetime(2000, 1, 1))], ["2000010100"]),
        ([("a000_SIM", datetime(2000, 1, 1)), ("a000_20000101_x", datetime(2000, 1, 1))], ["20000101"]),
        ([("a000_200001010000_x", datetime(2000, 1, 1))], ["200001010000"]),
        ([("a000_08500101_fc0_SIM", datetime(850, 1, 1))], ["08500101"]),
        # a number of that length that is not the date
        ([("a000_20000102_SIM", datetime(2000, 1, 1))], ["20000101"]),
        # the rule of Autosubmit: the last date that asks for hours or minutes decides
        ([("a", datetime(2000, 1, 1)), ("b", datetime(2000, 1, 1, 6))], ["2000010100", "2000010106"]),
        ([("a", datetime(2000, 1, 1, 1)), ("b", datetime(850, 1, 1))], ["20000101", "08500101"]),
        ([("a", datetime(2000, 1, 1, 0, 30)), ("b", datetime(2000, 1, 1, 6))], ["2000010100", "2000010106"]),
        (
            [("a", datetime(2000, 1, 1, 6)), ("b", datetime(2000, 1, 1, 0, 30))],
            ["200001010600", "200001010030"],
        ),
    ],
)  # fmt: skip
def test_texts_of_dates(jobs: list[tuple[str, datetime]], expected: list[str]) -> None:
    assert list(date_texts(jobs).values()) == expected


def test_of_several_jobs_of_one_name_the_first_is_shown() -> None:
    workflow = made(
        job("A", "COMPLETED"), job("B"), job("A", "FAILED"), job("C"),
        edges=[("A", "B"), ("B", "C")], wrappers={"A": "a000_T_1_1_2", "C": "a000_T_1_1_2"},
    )  # fmt: skip
    shown = plain(tree(workflow))
    assert [(one["id"], one["status"]) for one in shown["jobs"]] == [
        ("a000_A", "COMPLETED"), ("a000_B", "WAITING"), ("a000_C", "WAITING")
    ]  # fmt: skip
    assert [one["children_list"] for one in shown["jobs"]] == [["a000_B"], ["a000_C"], []]
    assert len(plain(workflow_graph(workflow, [(0, 0)] * 3, "standard"))["nodes"]) == 3


def test_an_experiment_without_jobs() -> None:
    workflow = made()
    assert plain(tree(workflow))["tree"] == []
    drawn = plain(graph(workflow, [], True, "date-member"))
    assert (drawn["nodes"], drawn["max_children"], drawn["groups"]) == ([], 0, [])
    assert plain(pkl_tree_info(workflow))["pkl_content"] == []
    assert plain(workflow_tree(workflow))["counters"] == {}


def test_any_number_can_be_shown() -> None:
    largest = 2**63 - 1
    rows = [
        Times("a000_A", 1, largest - 1, largest, "COMPLETED"),
        Times("a000_B", 1, 2, largest, "COMPLETED"),
    ]
    far = datetime(9999, 12, 31, 23, 59)
    workflow = made(
        job("A", "COMPLETED", chunk=largest), job("B", "COMPLETED", date=far, chunk=1), rows=rows,
        wrappers={"A": "w", "B": "w"},
    )  # fmt: skip
    first, second = plain(tree(workflow))["jobs"]
    assert (first["minutes_queue"], second["minutes"]) == (largest - 2, largest - 2)
    assert first["title"].count(" days, ") == 1
    plain(workflow_graph(workflow, [(0, 0), (1, 1)], "standard"))
