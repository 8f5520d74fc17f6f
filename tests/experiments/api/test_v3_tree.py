"""Tree, graph and their monitors through the app: contract/API_V3.md 1.6, 2.16, 2.17, 3, 4.

What holds for every experiment is asked of all that are there; what the contract shows is asked of the
reference experiments.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.experiments.api.asking import Client, good

TEMPLATES = ["completed_tag", "running_tag", "queuing_tag", "failed_tag", "held_tag", "checkmark"]
COUNTERS = ["completed", "running", "queuing", "failed", "held", "total"]


def walk(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from walk(node["children"])


def test_every_job_is_a_leaf_and_every_leaf_a_job(everything: Client, expids: list[str]) -> None:
    for name in expids:
        tree = good(everything, f"/v3/tree/{name}")
        jobs = [job["id"] for job in tree["jobs"]]
        wrappers = [folder for folder in tree["tree"] if folder["refKey"] == f"Wrappers_{name}"]
        others = [folder for folder in tree["tree"] if folder not in wrappers]
        leaves = [node["refKey"] for node in walk(others) if not node.get("folder")]
        assert sorted(leaves) == sorted(jobs)
        assert len(set(jobs)) == tree["total"] == len(jobs)
        wrapped = [node["refKey"] for node in walk(wrappers) if not node.get("folder")]
        assert sorted(wrapped) == sorted(job["id"] for job in tree["jobs"] if job["wrapper"])


def test_counters_add_up_and_titles_say_them(everything: Client, expids: list[str]) -> None:
    for name in expids:
        tree = good(everything, f"/v3/tree/{name}")
        reference, states = tree["reference"], {job["id"]: job["status"] for job in tree["jobs"]}
        folders = {node["refKey"]: node for node in walk(tree["tree"]) if node.get("folder")}
        assert list(reference)[-len(TEMPLATES) - 3 :] == [*TEMPLATES, "packages", "chunk_unit", "chunk_size"]
        counted = list(reference)[: -len(TEMPLATES) - 3]
        for key in counted:
            inside = [states[leaf["refKey"]] for leaf in walk([folders[key]]) if not leaf.get("folder")]
            assert list(reference[key]) == COUNTERS
            assert reference[key]["total"] == len(inside)
            for state in COUNTERS[:-1]:
                assert reference[key][state] == inside.count(state.upper())
                number = reference[key][state]
                shown = f"{number} {state.upper()}" if state != "completed" else f" {number} / {len(inside)}"
                assert (shown in folders[key]["title"]) is (number > 0 or state == "completed")
        for job in tree["jobs"]:
            parents = job["tree_parents"] + ([f"Wrapper: {job['wrapper']}"] if job["wrapper"] else [])
            assert set(parents) <= set(counted)


def test_what_is_polled_agrees_with_what_was_drawn(everything: Client, expids: list[str]) -> None:
    for name in expids:
        tree = good(everything, f"/v3/tree/{name}")
        graph = good(everything, f"/v3/graph/{name}/standard/none")
        of_tree = good(everything, f"/v3/pkltreeinfo/{name}/0")
        of_graph = good(everything, f"/v3/pklinfo/{name}/0")
        assert of_tree["has_changed"] is of_graph["has_changed"] is True
        drawn = [{job["id"]: job for job in jobs} for jobs in (tree["jobs"], graph["nodes"])]
        for jobs, polled in zip(drawn, (of_tree, of_graph), strict=True):
            assert [job["name"] for job in polled["pkl_content"]] == list(jobs)
            for job in polled["pkl_content"]:
                shown = jobs[job["name"]]
                same = {
                    "status",
                    "status_code",
                    "status_color",
                    "out",
                    "err",
                    "rm_id",
                    "SYPD",
                    "submit",
                    "start",
                }
                assert {key: job[key] for key in same} == {key: shown[key] for key in same}
                if job["status"] not in ("RUNNING", "SUBMITTED", "QUEUING"):
                    assert (job["minutes"], job["minutes_queue"]) == (
                        shown["minutes"],
                        shown["minutes_queue"],
                    )
                    assert job.get("title", shown.get("title")) == shown.get("title")
                assert job.get("wrapper", shown["wrapper"]) == shown["wrapper"]
                assert job.get("package", shown["wrapper"]) == shown["wrapper"]
        leaves = {node["refKey"]: node["title"] for node in walk(tree["tree"]) if not node.get("folder")}
        assert leaves == {job["id"]: job["title"] for job in tree["jobs"]}
        assert of_tree["packages"] == of_graph["packages"] == graph["packages"]
        assert of_tree["pkl_timestamp"] == of_graph["pkl_timestamp"] == tree["pkl_timestamp"] > 0


@pytest.mark.parametrize("layout", ["standard", "laplacian"])
def test_every_edge_ends_in_nodes_and_every_node_has_a_place(
    everything: Client, expids: list[str], layout: str
) -> None:
    for name in expids:
        graph = good(everything, f"/v3/graph/{name}/{layout}/none")
        nodes = {node["id"]: node for node in graph["nodes"]}
        assert (len(nodes), graph["groups"], graph["groups_data"]) == (graph["total_jobs"], [], {})
        ends = [(edge["from"], edge["to"]) for edge in graph["edges"]]
        assert len(set(ends)) == len(ends)
        assert sorted(ends) == sorted(
            (node, child) for node in nodes for child in nodes[node]["children_list"]
        )
        assert sorted(ends) == sorted(
            (parent, node) for node in nodes for parent in nodes[node]["parent_list"]
        )
        for edge in graph["edges"]:
            one, other = nodes[edge["from"]], nodes[edge["to"]]
            assert edge["id"] == f"{edge['from']}-{edge['to']}"
            assert edge["is_wrapper"] is (one["wrapper"] is not None and one["wrapper"] == other["wrapper"])
            assert one["level"] < other["level"]
        assert graph["max_children"] == max(node["children"] for node in graph["nodes"])
        assert graph["max_parents"] == max(node["parents"] for node in graph["nodes"])
        places = {(node["x"], node["y"]) for node in graph["nodes"]}
        assert all(isinstance(number, int | float) for place in places for number in place)
        if layout == "standard":
            assert len(places) == len(nodes)


def test_groups_hold_the_jobs_that_clients_put_into_them(everything: Client, expids: list[str]) -> None:
    for name in expids:
        by_state = good(everything, f"/v3/graph/{name}/standard/status")
        assert by_state["groups_data"] == {
            "WAITING": {"color": "#aaaaaa"},
            "COMPLETED": {"color": "yellow"},
            "SUSPENDED": {"color": "orange"},
        }
        graph = good(everything, f"/v3/graph/{name}/standard/date-member")
        assert graph["groups"] == list(graph["groups_data"])
        for group, data in graph["groups_data"].items():
            assert list(data) == ["color", "x", "y"]
            assert [node for node in graph["nodes"] if node["id"].startswith(group)]
        dated = [node for node in graph["nodes"] if node["date"] and node["member"]]
        for node in dated:
            assert sum(node["id"].startswith(group) for group in graph["groups"]) == 1


def test_the_quick_view_has_every_job_in_both_lists(everything: Client, expids: list[str]) -> None:
    for name in expids:
        quick, tree = good(everything, f"/v3/quick/{name}"), good(everything, f"/v3/tree/{name}")
        states = {job["id"]: job["status"] for job in tree["jobs"]}
        assert [row["name"] for row in quick["view_data"]] == list(states)
        assert {row["refKey"]: row["status"] for row in quick["tree_view"]} == states
        assert quick["total"] == len(quick["tree_view"]) == len(states)
        for state in ("completed", "failed", "running", "queuing"):
            assert quick[state] == list(states.values()).count(state.upper())


def test_a_job_of_the_reference_is_the_contract_s(reference: Client) -> None:
    tree = good(reference, "/v3/tree/a3tb")
    job = next(job for job in tree["jobs"] if job["id"] == "a3tb_19930101_fc01_1_SIM")
    log = "a3tb/tmp/LOG_a3tb/a3tb_19930101_fc01_1_SIM.20220315153049"
    assert (job.pop("out").endswith(f"/{log}.out"), job.pop("err").endswith(f"/{log}.err")) == (True, True)
    times = {key: job.pop(key) for key in ("submit", "start", "finish")}
    assert all(text.startswith("2022-03-15T") for text in times.values())
    assert job == {
        "id": "a3tb_19930101_fc01_1_SIM",
        "internal_id": "a3tb_19930101_fc01_1_SIM",
        "label": "a3tb_19930101_fc01_1_SIM",
        "status": "COMPLETED",
        "status_code": 5,
        "platform_name": "marenostrum4",
        "chunk": 1,
        "chunk_size": 1,
        "chunk_unit": "month",
        "member": "fc01",
        "title": "a3tb_19930101_fc01_1_SIM <span class='badge' style='background-color: yellow; color:#000;'>"
        "#COMPLETED</span> ~ ( 0:00:12 ) + 0:08:04 <span class='badge' style='background-color:#99ff66'>"
        "TARGET</span> <span class='badge' style='background-color:#80d4ff'>SOURCE</span>",
        "date": "1993 01 01",
        "date_plus": "1993 02 01",
        "split": None,
        "splits": None,
        "SYPD": 14.87603305785124,
        "ASYPD": 14.516129032258064,
        "minutes_queue": 12,
        "minutes": 484,
        "section": "SIM",
        "queue": "debug",
        "processors": 768,
        "wallclock": "1:30",
        "wrapper": None,
        "wrapper_code": None,
        "children": 0,
        "children_list": [],
        "parents": 0,
        "parent_list": [],
        "tree_parents": ["a3tb_19930101_fc01"],
        "custom_directives": None,
        "rm_id": 21131708,
        "status_color": "yellow",
        "workflow_commit": None,
    }


def test_the_wrappers_of_the_reference_are_the_contract_s(reference: Client) -> None:
    tree = good(reference, "/v3/tree/aa6f")
    wrappers = tree["tree"][-1]
    assert [len(folder.pop("children")) for folder in wrappers["children"]] == [8]
    assert wrappers == {
        "title": "Wrappers",
        "folder": True,
        "refKey": "Wrappers_aa6f",
        "data": "Empty",
        "expanded": False,
        "children": [
            {
                "title": "Wrapper: aa6f_ASThread_SIM_17810117114353_1_8 <span class='badge' "
                "style='background-color:yellow'> 8 / 8 COMPLETED</span> <span class='badge' "
                "style='background-color:#4dffa6'>&#10004;</span>",
                "folder": True,
                "refKey": "Wrapper: aa6f_ASThread_SIM_17810117114353_1_8",
                "data": {"completed": 8, "failed": 0, "running": 0, "queuing": 0, "held": 0, "total": 8},
                "expanded": False,
            }
        ],
    }
    waits = [job["minutes_queue"] for job in tree["jobs"] if job["wrapper"]]
    assert sorted(waits) == [0, 0, 0, 0, 0, 0, 1, 121]  # METRICS.md 2.5
    codes = {job["wrapper_code"] for job in tree["jobs"] if job["wrapper"]}
    assert codes == {"17810117114353"}


def test_the_first_folder_of_the_reference_is_the_contract_s(reference: Client) -> None:
    folder = good(reference, "/v3/tree/a003")["tree"][0]
    title = "a003_20220401 <span class='badge' style='background-color:#aaa'> 4 / 4 WAITING </span>"
    assert (folder["title"], folder["refKey"], folder["data"], folder["expanded"]) == (
        title,
        title,
        "Empty",
        True,
    )
    member = folder["children"][0]
    assert member["title"] == (
        "a003_20220401_fc0 <span class='badge' style='background-color:#ffffb3'> 0 / 4 COMPLETED</span>"
    )
    assert (member["refKey"], member["expanded"]) == ("a003_20220401_fc0", False)
    assert [(node["refKey"], node.get("folder", False)) for node in member["children"]] == [
        ("a003_20220401_fc0_INI", False),
        ("a003_20220401_fc0_TRANSFER", False),
        ("a003_20220401_fc0_SIM", True),
    ]


def test_a_wrapped_node_of_the_reference_is_the_contract_s(reference: Client) -> None:
    graph = good(reference, "/v3/graph/a6zj/standard/none")
    node = next(node for node in graph["nodes"] if node["id"] == "a6zj_20000101_fc0_1_SIM")
    expected = {
        "package": "a6zj_ASThread_17128472368642_1_4",
        "wrapper": "a6zj_ASThread_17128472368642_1_4",
        "date": "2000 01 01",
        "date_plus": "2000 05 01",
        "dashed": True,
        "level": 4,
        "children_list": ["a6zj_20000101_fc0_2_SIM"],
        "parent_list": ["a6zj_20000101_fc0_INI"],
        "shape": "square",
        "queue": "debug",
    }
    assert {key: node[key] for key in expected} == expected
    assert {
        "id": "a6zj_20000101_fc0_1_SIM-a6zj_20000101_fc0_2_SIM",
        "from": "a6zj_20000101_fc0_1_SIM",
        "to": "a6zj_20000101_fc0_2_SIM",
        "is_wrapper": True,
        "dashed": False,
    } in graph["edges"]


def test_stale_edges_are_left_out(reference: Client) -> None:
    """The structure of aa6f still has names from before jobs were split."""
    graph = good(reference, "/v3/graph/aa6f/standard/none")
    assert graph["total_jobs"] == 10
    names = {node["id"] for node in graph["nodes"]}
    assert all({edge["from"], edge["to"]} <= names for edge in graph["edges"])
