"""Parents, children and wrappers through the app: contract/API_V4.md 4.3, 4.4 and 10.1."""

from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree

BASE = "/v4/experiments"
INI, SIM = "a001_INI", "a001_20200101_fc0_1_SIM"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    structure = root / "metadata" / "structures" / "structure_a001.db"
    structure.parent.mkdir()
    execute(structure, "CREATE TABLE experiment_structure (e_from, e_to, UNIQUE(e_from, e_to))")
    edges = [(INI, SIM), (INI, "gone"), ("gone", SIM), (SIM, SIM)]
    execute(structure, "INSERT INTO experiment_structure VALUES (?, ?)", edges)
    return root


def structure_of(root: Path) -> Path:
    return root / "metadata" / "structures" / "structure_a001.db"


def test_neighbours_with_and_without_states(root: Path, serve: Serve) -> None:
    client = serve(root / "autosubmitrc")
    asked = f"{BASE}/a001/jobs"
    assert client.get(f"{asked}/{SIM}/parents").text == (
        f'{{"parents":[{{"job_name":"{INI}"}},{{"job_name":"gone"}}]}}'
    )
    assert client.get(f"{asked}/{INI}/children?include_status=false").text == (
        f'{{"children":[{{"job_name":"{SIM}"}},{{"job_name":"gone"}}]}}'
    )
    assert client.get(f"{asked}/{SIM}/parents?include_status=yes").text == (
        f'{{"parents":[{{"job_name":"{INI}","status":"WAITING"}},{{"job_name":"gone","status":null}}]}}'
    )
    assert client.get(f"{asked}/{INI}/children?include_status=1").text == (
        f'{{"children":[{{"job_name":"{SIM}","status":"COMPLETED"}},{{"job_name":"gone","status":null}}]}}'
    )
    assert client.get(f"{asked}/{SIM}/children").text == '{"children":[]}'


@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_without_a_job_list_the_states_are_left_out(root: Path, serve: Serve, harm: str) -> None:
    pickle = root / "a001" / "pkl" / "job_list_a001.pkl"
    if harm == "damaged":
        pickle.write_bytes(b"no pickle")
    else:
        pickle.unlink()
    answer = serve(root / "autosubmitrc").get(f"{BASE}/a001/jobs/{SIM}/parents?include_status=true")
    assert answer.text == f'{{"parents":[{{"job_name":"{INI}"}},{{"job_name":"gone"}}]}}'


def test_states_follow_the_job_list(root: Path, serve: Serve) -> None:
    path = root / "c006" / "db" / "job_list.db"
    execute(path, "CREATE TABLE experiment_structure (e_from, e_to)")
    execute(path, "INSERT INTO experiment_structure VALUES ('c006_1_SIM', 'c006_2_SIM')")
    client = serve(root / "autosubmitrc")
    asked = f"{BASE}/c006/jobs/c006_1_SIM/children?include_status=true"
    before = client.get(asked)
    assert before.json() == {"children": [{"job_name": "c006_2_SIM", "status": "RUNNING"}]}
    execute(path, "UPDATE jobs SET status = 'FAILED' WHERE name = 'c006_2_SIM'")
    after = client.get(asked, headers={"if-none-match": before.headers["etag"]})
    assert after.json() == {"children": [{"job_name": "c006_2_SIM", "status": "FAILED"}]}


def test_many_children_have_their_states(root: Path, serve: Serve) -> None:
    path = root / "c006" / "db" / "job_list.db"
    execute(path, "CREATE TABLE experiment_structure (e_from, e_to)")
    names = [("c006_1_SIM", f"job {number:05}") for number in range(2500)]
    execute(path, "INSERT INTO experiment_structure VALUES (?, ?)", [*names, ("c006_1_SIM", "c006_2_SIM")])
    answer = serve(root / "autosubmitrc").get(f"{BASE}/c006/jobs/c006_1_SIM/children?include_status=true")
    children = answer.json()["children"]
    assert len(children) == 2501
    assert children[0] == {"job_name": "c006_2_SIM", "status": "RUNNING"}
    assert {child["status"] for child in children[1:]} == {None}


@pytest.mark.parametrize("what", ["parents", "children"])
def test_nothing_to_show_is_empty(client: TestClient[Any], what: str) -> None:
    for asked in (
        "a001/jobs/zzzz",
        "a001/jobs/a001_INI",
        "b005/jobs/x",
        "c006/jobs/c006_1_SIM",
        "a001/jobs/%2e%2e",
    ):
        answer = client.get(f"{BASE}/{asked}/{what}?include_status=true")
        assert (answer.status_code, answer.json()) == (200, {what: []})


@pytest.mark.parametrize("what", ["parents", "children"])
def test_errors_of_neighbours(root: Path, serve: Serve, what: str) -> None:
    client = serve(root / "autosubmitrc")
    answer = client.get(f"{BASE}/zzzz/jobs/x/{what}?include_status=2")
    message = "Invalid value for 'include_status': Input should be a valid boolean, unable to interpret input"
    assert (answer.status_code, answer.json()["error_message"]) == (422, message)
    answer = client.get(f"{BASE}/zzzz/jobs/x/{what}")
    message = "Experiment with expid 'zzzz' not found."
    assert (answer.status_code, answer.json()["error_message"]) == (404, message)
    structure_of(root).write_bytes(b"no database" * 100)
    answer = client.get(f"{BASE}/a001/jobs/{SIM}/{what}")
    message = "Error while reading the experiment structure"
    assert (answer.status_code, answer.json()["error_message"]) == (503, message)


def test_wrappers(root: Path, serve: Serve) -> None:
    path = root / "a001" / "pkl" / "job_packages_a001.db"
    client = serve(root / "autosubmitrc")
    assert client.get(f"{BASE}/a001/wrappers").text == '{"wrappers":[]}'
    execute(path, "CREATE TABLE wrapper_job_package (exp_id, package_name, job_name)")
    rows = [(1, "Z", "two"), (1, "Z", "one"), (1, "a", "three"), (1, "a", "two"), (1, "", "four")]
    execute(path, "INSERT INTO wrapper_job_package VALUES (?, ?, ?)", rows)
    assert client.get(f"{BASE}/a001/wrappers").text == (
        '{"wrappers":[{"wrapper_name":"a","job_names":["two","three"]},{"wrapper_name":"Z","job_names":["one"]}]}'
    )
    path.write_bytes(b"no database" * 100)
    answer = client.get(f"{BASE}/a001/wrappers")
    assert (answer.status_code, answer.json()["error_message"]) == (503, "Error while reading the wrappers")
    assert client.get(f"{BASE}/zzzz/wrappers").status_code == 404


def names(client: TestClient[Any], path: str, what: str) -> list[str]:
    answer = client.get(f"{BASE}/{path}/{what}")
    assert answer.status_code == 200, answer.text
    return [job["job_name"] for job in answer.json()[what]]


def test_the_reference_is_as_recorded(reference: TestClient[Any]) -> None:
    assert names(reference, "a003/jobs/a003_20220401_fc0_1_SIM", "parents") == ["a003_20220401_fc0_INI"]
    asked = f"{BASE}/a003/jobs/a003_20220401_fc0_1_SIM/children?include_status=true"
    assert reference.get(asked).text == (
        '{"children":[{"job_name":"a003_20220401_fc0_2_SIM","status":"WAITING"}]}'
    )
    assert names(reference, "a3tb/jobs/a3tb_19930101_fc01_1_SIM", "parents") == []
    assert names(reference, "a1ve/jobs/a1ve_1_POST", "parents") == [
        "a1ve_1_ASIM",
        "a1ve_2_ASIM",
        "a1ve_3_ASIM",
    ]
    assert names(reference, "a1ve/jobs/a1ve_SIM", "children") == ["a1ve_1_ASIM", "a1ve_2_ASIM", "a1ve_3_ASIM"]
    four = [f"a6zj_20000101_fc0_{chunk}_SIM" for chunk in range(1, 5)]
    assert reference.get(f"{BASE}/a6zj/wrappers").json() == {
        "wrappers": [{"wrapper_name": "a6zj_ASThread_17128472368642_1_4", "job_names": four}]
    }


def test_the_wrappers_of_the_real_experiments(real: TestClient[Any]) -> None:
    found = {
        name: real.get(f"{BASE}/{name}/wrappers").json()["wrappers"]
        for name in ("a000", "a001", "a002", "a003", "a004", "a005")
    }
    sizes = {name: [len(wrapper["job_names"]) for wrapper in wrappers] for name, wrappers in found.items()}
    assert sizes == {
        "a000": [],
        "a001": [3, 3],
        "a002": [2, 4, 4, 2],
        "a003": [],
        "a004": [3, 3],
        "a005": [2, 4, 4, 2],
    }


@pytest.mark.parametrize(("expid", "edges"), [("a000", 66), ("a001", 8), ("a003", 66), ("a004", 8)])
def test_every_edge_has_two_ends(real: TestClient[Any], expid: str, edges: int) -> None:
    jobs = [job["name"] for job in real.get(f"{BASE}/{expid}/jobs?view=quick").json()["jobs"]]
    down = {(job, child) for job in jobs for child in names(real, f"{expid}/jobs/{job}", "children")}
    up = {(parent, job) for job in jobs for parent in names(real, f"{expid}/jobs/{job}", "parents")}
    assert down == up
    assert len(down) == edges
