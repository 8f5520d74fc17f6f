"""`/v4/experiments/{expid}/graph`: the jobs of the tree, with the places and edges of `/v3/graph`."""

import pytest
from tests.experiments.api.asking import Client, get

RELATIVES = {"parents", "children"}
PLACE = {"level", "x", "y"}


def test_nodes_are_the_jobs_of_the_tree(everything: Client, expids: list[str]) -> None:
    live = {"queue_seconds", "run_seconds"}
    for name in expids:
        tree = get(everything, f"/v4/experiments/{name}/tree")
        graph = get(everything, f"/v4/experiments/{name}/graph")
        for part in ("expid", "modified", "chunk_size", "chunk_unit", "counters", "wrappers"):
            assert graph[part] == tree[part]
        for node, job in zip(graph["nodes"], tree["jobs"], strict=True):
            assert set(node) - PLACE == set(job) - RELATIVES
            for key in set(node) - PLACE - live:
                assert node[key] == job[key]


@pytest.mark.parametrize("layout", ["standard", "laplacian"])
def test_places_and_edges_are_those_of_v3(everything: Client, expids: list[str], layout: str) -> None:
    for name in expids:
        new = get(everything, f"/v4/experiments/{name}/graph?layout={layout}")
        old = get(everything, f"/v3/graph/{name}/{layout}/none")
        assert new["layout"] == layout
        places = {node["name"]: (node["x"], node["y"], node["level"]) for node in new["nodes"]}
        assert places == {node["id"]: (node["x"], node["y"], node["level"]) for node in old["nodes"]}
        edges = [(edge["from"], edge["to"]) for edge in new["edges"]]
        assert edges == [(edge["from"], edge["to"]) for edge in old["edges"]]
        assert len(set(edges)) == len(edges)
        assert {end for edge in edges for end in edge} <= set(places)
        assert all(places[parent][2] < places[child][2] for parent, child in edges)


def test_standard_is_the_layout_where_none_is_asked_for(demo: Client) -> None:
    assert get(demo, "/v4/experiments/o000/graph") == get(demo, "/v4/experiments/o000/graph?layout=standard")


def test_another_layout_is_422(client: Client) -> None:
    answer = client.get("/v4/experiments/a001/graph?layout=dot")
    assert answer.status_code == 422
    assert "layout" in answer.json()["error_message"]
