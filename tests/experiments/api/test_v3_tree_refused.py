"""Tree, graph and their monitors where something is missing, damaged, unusual or refused."""

from pathlib import Path

import pytest
from tests.experiments.api.asking import Client, get, good
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree, write_configuration


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("tree/zzzz", "tree jobs total reference error error_message pkl_timestamp"),
        (
            "graph/zzzz/standard/none",
            "nodes edges packages fake_edges groups groups_data graphviz max_children max_parents chunk_unit "
            "chunk_size total_jobs error error_message pkl_timestamp",
        ),
        (
            "pklinfo/zzzz/0",
            "pkl_file_name error error_message has_changed pkl_content pkl_timestamp packages",
        ),
        (
            "pkltreeinfo/zzzz/0",
            "pkl_file_name error error_message has_changed pkl_content pkl_timestamp packages source_tag "
            "target_tag sync_tag check_mark",
        ),
        (
            "quick/zzzz",
            "error error_message view_data tree_view total completed failed running queuing",
        ),
    ],
)
def test_a_failure_has_the_shape_of_a_success(client: Client, path: str, keys: str) -> None:
    failed = get(client, f"/v3/{path}")
    assert list(failed) == keys.split()
    assert failed["error"] is True
    missing = (
        "Experiment zzzz does not exist"
        if path.startswith("graph")
        else "Experiment with expid 'zzzz' not found."
    )
    assert failed["error_message"].endswith(missing)


def test_the_quick_view_says_what_it_could_not_open(client: Client) -> None:
    message = get(client, "/v3/quick/zzzz")["error_message"]
    assert message == (
        "Exception: Autosubmit API couldn't open pkl file. If you are sure that your experiment is running "
        "correctly, try again: Exception while reading the pkl content: "
        "Experiment with expid 'zzzz' not found."
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nice/none", "Invalid value for 'layout': Input should be 'standard' or 'laplacian'"),
        ("standard/None", "Invalid value for 'grouped': Input should be 'none', 'status' or 'date-member'"),
        (
            "x/y",
            "Invalid value for 'layout': Input should be 'standard' or 'laplacian'; "
            "Invalid value for 'grouped': Input should be 'none', 'status' or 'date-member'",
        ),
    ],
)
def test_unknown_kinds_of_graphs_are_refused(client: Client, path: str, message: str) -> None:
    answer = client.get(f"/v3/graph/a001/{path}")
    assert (answer.status_code, answer.json()["error_message"]) == (422, message)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A tree whose experiment a001 can be loaded."""
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    (root / "a001" / "conf").mkdir(parents=True, exist_ok=True)
    (root / "a001" / "tmp" / "LOG_a001").mkdir(parents=True, exist_ok=True)
    (root / "a001" / "conf" / "minimal.yml").write_text(
        "CONFIG:\n  AUTOSUBMIT_VERSION: 4.1.10\nDEFAULT:\n  EXPID: a001\n  HPCARCH: local\n"
        "EXPERIMENT:\n  CHUNKSIZE: 1\n  CHUNKSIZEUNIT: month\n"
        "JOBS:\n  SIM:\n    PLATFORM: far\n    WALLCLOCK: 01:00\n"
    )
    return root


def test_names_are_escaped_where_they_become_html(own: Path, serve: Serve) -> None:
    structure = own / "metadata" / "structures" / "structure_a001.db"
    structure.parent.mkdir(exist_ok=True)
    packages = own / "a001" / "pkl" / "job_packages_a001.db"
    execute(packages, "CREATE TABLE job_package (exp_id, package_name, job_name)")
    execute(packages, "INSERT INTO job_package VALUES (1, '<b>&_ASThread_1_2_3', 'a001_20200101_fc0_1_SIM')")
    client = serve(own / "autosubmitrc")
    tree = good(client, "/v3/tree/a001")
    job = next(job for job in tree["jobs"] if job["wrapper"])
    assert job["wrapper"] == "<b>&_ASThread_1_2_3"
    assert "Wrapped &lt;b&gt;&amp;_ASThread_1_2_3 </span>" in job["title"]
    folder = tree["tree"][-1]["children"][0]
    assert folder["refKey"] == "Wrapper: <b>&_ASThread_1_2_3"
    assert folder["title"].startswith("Wrapper: &lt;b&gt;&amp;_ASThread_1_2_3 ")
    assert "Wrapped 1</span>" in str(good(client, "/v3/quick/a001")["tree_view"])


def test_only_a_version_that_is_known_to_be_too_old_has_no_graph(own: Path, serve: Serve) -> None:
    client = serve(own / "autosubmitrc")
    for version in ("3.12.9", "2.0.0", "3.13.0", "4.1.17", "''", "4", "[3]", "next", f"'3.{'1' * 9999}'"):
        write_configuration(own, "a001", f"CONFIG: {{AUTOSUBMIT_VERSION: {version}}}\n")
        answer = get(client, "/v3/graph/a001/standard/none")
        assert answer["error"] is version.startswith(("3.12", "2.")), version
        assert answer["error_message"] == ("Autosubmit version is not supported" if answer["error"] else "")
    good(client, "/v3/tree/a001")


@pytest.mark.files
@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("a001", "Experiment a001 does not exist"),
        ("a001/conf", "Experiment a001/conf does not exist"),
        ("a001/tmp", "Required folder tmp not found."),
    ],
)
def test_what_is_missing_is_said(own: Path, serve: Serve, gone: str, message: str) -> None:
    client = serve(own / "autosubmitrc")
    assert good(client, "/v3/tree/a001")["total"] == 4
    (own / gone).rename(own / "gone")
    for path in ("tree/a001", "graph/a001/standard/none", "pklinfo/a001/0", "pkltreeinfo/a001/0"):
        answer = get(client, f"/v3/{path}")
        assert (answer["error"], answer["error_message"]) == (True, message)
    (own / "gone").rename(own / gone)
    assert good(client, "/v3/tree/a001")["total"] == 4


@pytest.mark.files
def test_damage_to_what_is_optional_harms_nothing_else(own: Path, serve: Serve) -> None:
    structure = own / "metadata" / "structures" / "structure_a001.db"
    structure.parent.mkdir(exist_ok=True)
    for damaged in (structure, own / "metadata" / "data" / "job_data_a001.db"):
        damaged.write_bytes(b"no database" * 500)
    (own / "a001" / "tmp" / "LOG_a001").rmdir()
    client = serve(own / "autosubmitrc")
    for path in ("tree/a001", "graph/a001/standard/none", "pklinfo/a001/0", "pkltreeinfo/a001/0"):
        good(client, f"/v3/{path}")


def test_an_unchanged_poll_is_confirmed(client: Client) -> None:
    for path in ("pklinfo/a001/0", "pkltreeinfo/a001/0", "tree/a001", "graph/a001/standard/none"):
        first = client.get(f"/v3/{path}")
        again = client.get(f"/v3/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.files
@pytest.mark.parametrize("monitor", ["pklinfo", "pkltreeinfo"])
def test_a_poll_has_the_jobs_as_they_were_last_while_the_list_cannot_be_read(
    own: Path, serve: Serve, monitor: str
) -> None:
    """The page of the graph breaks when a poll lacks one of its jobs."""
    client = serve(own / "autosubmitrc")
    good(client, "/v3/tree/a001")
    pickle = own / "a001" / "pkl" / "job_list_a001.pkl"
    whole = pickle.read_bytes()
    before = good(client, f"/v3/{monitor}/a001/0")
    pickle.write_bytes(whole[: len(whole) // 2])
    during = get(client, f"/v3/{monitor}/a001/0")
    assert during["error"] is True
    assert "job list" in during["error_message"]
    assert during["pkl_content"] == before["pkl_content"] != []
    pickle.write_bytes(whole)
    after = good(client, f"/v3/{monitor}/a001/0")
    assert after["pkl_content"] == before["pkl_content"]
