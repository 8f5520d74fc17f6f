"""Runs, histories of jobs and details of runs through the app: contract/API_V3.md 2.5, 2.19, 2.20, 5.

What holds for every experiment is asked of all that are there; what the contract shows is asked of the
reference experiments.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.api.asking import Client, get, good
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import execute, make_tree
from tests.experiments.sources.making import attempts, history, settle, tree

from mestral.readers.fingerprint import SETTLE_NS

Json = dict[str, Any]

NO_RUN = "Autosubmit couldn't fin the experiment header information necessary to complete this request."
COUNTERS = ["completed", "running", "queuing", "failed", "held", "total"]


def walk(nodes: list[Json]) -> Iterator[Json]:
    for node in nodes:
        yield node
        yield from walk(node["children"])


def runs_of(client: Client) -> Iterator[tuple[str, int]]:
    """Every run of every experiment."""
    for found in get(client, "/v4/experiments?only_active=false&page_size=0")["experiments"]:
        for run in get(client, f"/v3/runs/{found['name']}")["runs"]:
            yield found["name"], run["run_id"]


def test_every_attempt_is_a_leaf_and_counters_add_up(everything: Client) -> None:
    seen = 0
    for name, run_id in runs_of(everything):
        shown = good(everything, f"/v3/rundetail/{name}/{run_id}")
        assert list(shown) == [
            "tree",
            "jobs",
            "total",
            "reference",
            "error",
            "error_message",
            "pkl_timestamp",
        ]
        jobs = {job["id"]: job for job in shown["jobs"]}
        assert len(jobs) == shown["total"] == len(shown["jobs"])
        seen += len(jobs)
        others = [node for node in shown["tree"] if node["refKey"] != f"Wrappers_{name}"]
        assert sorted(n["refKey"] for n in walk(others) if not n.get("folder")) == sorted(jobs)
        leaves = {node["refKey"]: node["title"] for node in walk(others) if not node.get("folder")}
        assert leaves == {job["id"]: job["title"] for job in jobs.values()}
        folders = {node["refKey"]: node for node in walk(shown["tree"]) if node.get("folder")}
        for key in {key for job in jobs.values() for key in job["tree_parents"]}:
            inside = [n["refKey"] for n in walk([folders[key]]) if not n.get("folder")]
            assert sorted(inside) == sorted(job["id"] for job in jobs.values() if key in job["tree_parents"])
            assert list(shown["reference"][key]) == COUNTERS
            for state in COUNTERS[:-1]:
                states = [jobs[job]["status"] for job in inside]
                assert shown["reference"][key][state] == states.count(state.upper())
        for job in jobs.values():
            assert job["section"] == "" or job["id"].rstrip("+").endswith(f"_{job['section']}"), job["id"]
            assert job["date"] <= job["date_plus"]
    assert seen


def test_histories_agree_with_runs(everything: Client) -> None:
    for name, run_id in list(runs_of(everything))[-3:]:
        for job in get(everything, f"/v3/rundetail/{name}/{run_id}")["jobs"][:9]:
            shown = good(everything, f"/v3/history/{name}/{job['id'].rstrip('+')}")
            assert list(shown) == ["error", "error_message", "history", "path_to_logs"]
            assert shown["path_to_logs"].endswith(f"/{name}/tmp/LOG_{name}")
            counters = [attempt["counter"] for attempt in shown["history"]]
            assert counters == sorted(counters, reverse=True)
            same = [
                attempt
                for attempt in shown["history"]
                if attempt["run_id"] == run_id and f"{shown['path_to_logs']}/{attempt['out']}" == job["out"]
            ]
            assert any(
                (attempt["SYPD"], attempt["ASYPD"], attempt["status"], attempt["job_id"])
                == (job["SYPD"], job["ASYPD"], job["status"], job["rm_id"])
                for attempt in same
            )


@pytest.mark.parametrize(
    ("expid", "run_id", "speed"),
    [
        ("a3tb", 51, (768, 15.79, None, 1167.36)),
        ("a8qc", 10, (288, 0.36, None, 44510.53)),
        ("a8qc", 8, (288, 0.3, None, 53062.24)),
        ("aa6f", 2, (1, 1440.0, 344.91, 0.03)),
        ("a1vx", 1, (1, 36.92, 35.84, 0.65)),
        ("a003", 3, (16, 5760.0, 3840.0, 0.0)),
        ("aa6f", 1, (1, None, None, None)),
    ],
)
def test_the_speed_of_runs(reference: Client, expid: str, run_id: int, speed: tuple[Any, ...]) -> None:
    runs = {run["run_id"]: run for run in good(reference, f"/v3/runs/{expid}")["runs"]}
    assert list(runs) == sorted(runs, reverse=True)
    run = runs[run_id]
    assert (run["Parallelization"], run["SYPD"], run["ASYPD"], run["CHSY"]) == speed


def test_a_run_as_the_contract_shows_it(reference: Client) -> None:
    first = good(reference, "/v3/runs/a3tb")["runs"][0]
    assert first.pop("finish").startswith("2022-03-15T")
    assert first == {
        "run_id": 51, "created": "2022-03-15-13:33:39", "chunk_unit": "month", "chunk_size": 1,
        "submitted": 0, "queuing": 1, "running": 0, "completed": 28, "failed": 0, "total": 55,
        "suspended": 2, "Parallelization": 768, "SYPD": 15.79, "ASYPD": None, "CHSY": 1167.36,
    }  # fmt: skip


def test_runs_need_the_history_alone(reference: Client, client: Client) -> None:
    assert [run["run_id"] for run in good(reference, "/v3/runs/a1ve")["runs"]] == [1]  # it has no job list
    (run, *_) = good(client, "/v3/runs/o003")["runs"]  # nor configuration of jobs
    assert (run["Parallelization"], run["finish"]) == (1, None)


def test_an_attempt_as_the_contract_shows_it(reference: Client) -> None:
    first = good(reference, "/v3/history/a3tb/a3tb_19930101_fc01_1_SIM")["history"][0]
    for key in ("submit", "start", "finish"):
        assert first.pop(key).startswith("2022-03-15T")
    assert first == {
        "counter": 25, "created": "2022-03-15-15:30:36", "queue_time": "0:00:12", "run_time": "0:08:04",
        "ncpus": 768, "wallclock": "1:30", "qos": "debug", "platform": "marenostrum4", "job_id": 21131708,
        "nodes": 16, "energy": 5820000, "status": "COMPLETED", "ASYPD": 14.516129032258064,
        "SYPD": 14.87603305785124, "run_id": 51, "run_created": "2022-03-15-13:33:39",
        "out": "a3tb_19930101_fc01_1_SIM.20220315153049.out",
        "err": "a3tb_19930101_fc01_1_SIM.20220315153049.err",
    }  # fmt: skip
    split = good(reference, "/v3/history/aa6f/aa6f_20000101_fc0_1_1_SIM")["history"][0]
    assert (split["SYPD"], split["ASYPD"]) == (1440.0, 54.961832061068705)


def test_a_detail_as_the_contract_shows_it(reference: Client) -> None:
    shown = good(reference, "/v3/rundetail/a3tb/51")
    job = next(job for job in shown["jobs"] if job["id"] == "a3tb_19930101_fc01_1_SIM")
    for key in ("submit", "start", "finish"):
        assert len(job.pop(key)) == 19
    out, err = job.pop("out"), job.pop("err")
    assert out.endswith("/a3tb/tmp/LOG_a3tb/a3tb_19930101_fc01_1_SIM.20220315153049.out")
    assert err.endswith("/a3tb/tmp/LOG_a3tb/a3tb_19930101_fc01_1_SIM.20220315153049.err")
    name = "a3tb_19930101_fc01_1_SIM"
    assert job == {
        "id": name, "internal_id": name, "label": name, "status": "COMPLETED", "status_code": 5,
        "platform_name": "marenostrum4", "chunk": 1, "member": "fc01", "sync": False,
        "title": f"{name} <span class='badge' style='background-color: yellow'>#COMPLETED</span>"
        " ~ ( 0:00:12 ) + 0:08:04",
        "date": "1993 01 01", "date_plus": "1993 02 01", "SYPD": 14.87603305785124,
        "ASYPD": 14.516129032258064, "minutes_queue": 12, "minutes": 484, "section": "SIM",
        "queue": "debug", "processors": 768, "wallclock": "1:30", "wrapper": None, "wrapper_code": None,
        "children": None, "children_list": None, "parents": None, "tree_parents": ["a3tb_19930101_fc01"],
        "parent_list": None, "custom_directives": None, "rm_id": 21131708, "status_color": "yellow",
    }  # fmt: skip
    assert shown["pkl_timestamp"] == 10000000
    transfer = next(
        job for job in good(reference, "/v3/rundetail/a003/2")["jobs"] if job["section"] == "TRANSFER"
    )
    assert (transfer["date"], transfer["date_plus"]) == ("2022 04 01", "2022 04 01")
    assert [job["id"] for job in good(reference, "/v3/rundetail/aa6f/2")["jobs"]][-1] == (
        "aa6f_20000101_fc0_1_3_SIM+"
    )


def test_what_is_not_there_is_an_error_with_every_key(client: Client) -> None:
    unknown = "Experiment with expid 'zzzz' not found."
    damaged = "Error while getting experiment runs"
    nowhere = "Experiment zzzz does not exist"
    for expid, message in (("zzzz", nowhere), ("d007", damaged), ("b005", "No data")):
        assert get(client, f"/v3/runs/{expid}") == {"error": True, "error_message": message, "runs": []}
    for expid, message in (("zzzz", unknown), ("d007", damaged), ("b005", "The experiment has no history.")):
        assert get(client, f"/v3/history/{expid}/{expid}_SIM") == {
            "error": True,
            "error_message": message,
            "history": None,
            "path_to_logs": "",
        }
    for expid, run_id, message in (
        ("zzzz", "1", unknown),
        ("d007", "1", damaged),
        ("b005", "1", NO_RUN),
        ("a001", "99", NO_RUN),
        ("a001", "-1", NO_RUN),
        ("a001", "one", NO_RUN),
        ("a001", "1.5", NO_RUN),
        ("a001", "9" * 40, NO_RUN),
    ):
        assert get(client, f"/v3/rundetail/{expid}/{run_id}") == {
            "tree": [], "jobs": [], "total": 0, "reference": {}, "error": True, "error_message": message,
            "pkl_timestamp": 0,
        }  # fmt: skip


def test_an_empty_history_is_one(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rc_file = tree(root, "a001")
    history(root, "a001")
    attempts(root, "a001")
    assert good(serve(rc_file), "/v3/history/a001/a001_SIM")["history"] == []


def test_a_job_or_a_run_without_attempts_is_empty(client: Client, reference: Client) -> None:
    assert good(reference, "/v3/history/a6zj/a6zj_POST")["history"] == []
    assert good(reference, "/v3/history/a3tb/nobody")["history"] == []
    assert good(client, "/v3/history/a001/a001_SIM")["history"] == []
    assert good(client, "/v3/rundetail/a001/1")["jobs"] == []


SIM = {
    "job_name": "a001_20000101_fc0_1_SIM", "counter": 1, "status": "COMPLETED", "rowtype": 777, "last": 1,
    "section": "SIM", "member": "fc0", "chunk": 1, "date": "2000-01-01 00:00:00", "run_id": 1, "ncpus": 4,
    "submit": 1000, "start": 1100, "finish": 1160,
}  # fmt: skip


def runs_table(run_id: int, finish: int = 0) -> tuple[Any, ...]:
    return run_id, "2026-01-01", 1, finish, "year", 1, 0, 0, 0, 0, 0, 0, 0, None


def made(root: Path, *rows: Json) -> Path:
    """A tree of one experiment with these attempts in its two runs."""
    root.mkdir()
    rc_file = tree(root, "a001")
    history(root, "a001", runs_table(1, 2000), runs_table(2))
    attempts(root, "a001", *rows)
    settle(root)
    return rc_file


def test_wrappers_of_old_rows(serve: Serve, tmp_path: Path) -> None:
    post = SIM | {"section": "POST", "chunk": 0}
    client = serve(
        made(
            tmp_path / "tree",
            SIM | {"job_name": "a001_A_DA", "section": "DA"},
            SIM | {"job_name": "a001_B_SIM", "start": 1190, "finish": 1251},
            post | {"job_name": "a001_D_POST", "start": 1370, "finish": 1433},
        )
    )
    assert [(run["SYPD"], run["ASYPD"], run["CHSY"]) for run in good(client, "/v3/runs/a001")["runs"]] == [
        (None, None, None),
        (1416.39, round(86400 / (30 + 61 + 119 + 63), 2), 0.07),
    ]
    (sim,) = good(client, "/v3/history/a001/a001_B_SIM")["history"]
    assert (sim["queue_time"], sim["ASYPD"]) == ("0:00:30", 86400 / (30 + 61 + 119 + 63))
    jobs = {job["id"]: job for job in good(client, "/v3/rundetail/a001/1")["jobs"]}
    assert (jobs["a001_B_SIM"]["minutes_queue"], jobs["a001_B_SIM"]["ASYPD"]) == (30, sim["ASYPD"])
    assert jobs["a001_B_SIM"]["tree_parents"] == ["a001_20000101_fc0", "Wrapper: 777"]


def test_numbers_that_are_no_times_harm_nothing(serve: Serve, tmp_path: Path) -> None:
    largest = 2**63 - 1
    odd = {"finish": largest, "energy": largest, "job_id": largest, "counter": largest, "nnodes": largest}
    rows = [
        SIM | odd | {"chunk": largest, "split": largest, "splits": largest, "ncpus": largest},
        SIM | {"job_name": "a001_B_SIM", "submit": -5, "start": -largest, "run_id": 2, "ncpus": -1},
        SIM | {"job_name": "a001_C_SIM", "submit": largest, "start": 5, "finish": 3, "energy": -5},
        SIM | {"job_name": "a001_D_SIM", "submit": 1, "start": largest, "rowtype": largest},
    ]
    client = serve(made(tmp_path / "tree", *rows))
    assert len(good(client, "/v3/runs/a001")["runs"]) == 2
    jobs = good(client, "/v3/rundetail/a001/1")["jobs"] + good(client, "/v3/rundetail/a001/2")["jobs"]
    assert len(jobs) == 4
    assert all(job["minutes"] >= 0 and job["minutes_queue"] >= 0 for job in jobs)
    for row in rows:
        (shown,) = good(client, f"/v3/history/a001/{row['job_name']}")["history"]
        assert not shown["run_time"].startswith("-")
        (new,) = get(client, f"/v4/experiments/a001/history?job_name={row['job_name']}")["attempts"]
        assert (new["counter"], new["run_id"]) == (shown["counter"], shown["run_id"])


def test_a_finish_that_was_lost_comes_from_the_last_attempt(serve: Serve, tmp_path: Path) -> None:
    name = "a001_20000101_fc0_1_SIM"
    lost = SIM | {"job_name": name, "rowtype": 2, "start": 1700000000, "finish": 0, "last": 0}
    last = lost | {"counter": 3, "status": "FAILED", "start": 1700000100, "finish": 1700000300, "last": 1}
    client = serve(made(tmp_path / "tree", lost, lost | {"counter": 2, "run_id": 2}, last | {"run_id": 2}))
    assert [run["SYPD"] for run in good(client, "/v3/runs/a001")["runs"]] == [288.0, None]


def test_what_runs_now_is_not_frozen_and_what_is_over_is(serve: Serve, tmp_path: Path) -> None:
    now = int(time.time())
    running = SIM | {"status": "RUNNING", "submit": now - 100, "start": now - 60, "finish": 0, "run_id": 2}
    over = SIM | {"counter": 0, "last": 0, "rowtype": 2}
    client = serve(made(tmp_path / "tree", over, running | {"rowtype": 2}))
    paths = [
        "/v3/runs/a001",
        "/v3/rundetail/a001/1",
        "/v3/rundetail/a001/2",
        f"/v3/history/a001/{SIM['job_name']}",
    ]
    time.sleep(SETTLE_NS / 1e9)
    first = [client.get(path) for path in paths]
    assert 60 <= first[2].json()["jobs"][0]["minutes"] <= time.time() - now + 60
    assert first[2].json()["jobs"][0]["minutes_queue"] == 40
    assert first[3].json()["history"][0]["finish"] is not None
    time.sleep(5.1)  # longer than an answer that depends on now stays the same
    again = [
        client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        for path, answer in zip(paths, first, strict=True)
    ]
    assert [answer.status_code for answer in again] == [304, 304, 200, 200]
    assert again[2].json()["jobs"][0]["minutes"] > first[2].json()["jobs"][0]["minutes"]
    assert again[3].json()["history"][0]["run_time"] > first[3].json()["history"][0]["run_time"]


@pytest.mark.files
def test_a_damaged_configuration_costs_parallelization_alone(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    rc_file = make_tree(root)
    client = serve(rc_file)
    before = good(client, "/v3/runs/a001")["runs"]
    (root / "a001" / "conf" / "minimal.yml").write_text(
        "JOBS:\n  SIM:\n    PROCESSORS: 48\nDEFAULT:\n  EXPID: a001\n"
    )
    after = good(client, "/v3/runs/a001")["runs"]
    assert {run["Parallelization"] for run in before} == {1}
    assert [run | {"Parallelization": 1} for run in after] == before
    assert {run["Parallelization"] for run in after} == {48}
    (root / "a001" / "conf" / "minimal.yml").write_text("{")
    assert good(client, "/v3/runs/a001")["runs"] == before


@pytest.mark.files
def test_damage_to_the_table_of_attempts_is_a_sentence(serve: Serve, tmp_path: Path) -> None:
    rc_file = made(tmp_path / "tree", SIM)
    execute(
        tmp_path / "tree" / "metadata" / "data" / "job_data_a001.db", "ALTER TABLE job_data DROP COLUMN last"
    )
    client = serve(rc_file)
    for path in ("runs/a001", "history/a001/x", "rundetail/a001/1"):
        answer = get(client, f"/v3/{path}")
        assert (answer["error"], answer["error_message"]) == (True, "Error while reading the history of jobs")
