"""Tree, graph and their monitors change with everything that they are made of."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import JOBS, execute, make_tree, write_configuration, write_pickle, write_run
from tests.experiments.sources.making import ATTEMPTS_TABLE, insert

from mestral.readers.fingerprint import SETTLE_NS

DONE, RUNNING = "20200101_fc0_1_SIM", "20200101_fc0_2_SIM"
CONFIGURATION = (
    "CONFIG: {{AUTOSUBMIT_VERSION: 4.1.5}}\n"
    "DEFAULT: {{HPCARCH: local, CUSTOM_CONFIG: '%ROOTDIR%/more.yml'}}\n"
    "EXPERIMENT: {{CHUNKSIZE: 1, CHUNKSIZEUNIT: month}}\nJOBS: {{SIM: {{WALLCLOCK: '{}'}}}}\n"
)


def jobs_of(expid: str, code: int | None = None) -> list[tuple[Any, ...]]:
    """The jobs of a001 under another name, as they are or all in one state."""
    return [
        (name.lower().replace("a001", expid, 1).replace("sim", "SIM"), own if code is None else code, *rest)
        for name, own, *rest in JOBS
    ]


def job_list(root: Path, expid: str) -> None:
    write_pickle(root, expid, jobs_of(expid, -1))


def attempt(root: Path, expid: str) -> None:
    times = {"submit": 100, "start": 200, "finish": 300, "status": "COMPLETED", "run_id": 1}
    row = {"counter": 0, "last": 1, "rowtype": 2, "job_name": f"{expid}_{DONE}", **times}
    path = root / "metadata" / "data" / f"job_data_{expid}.db"
    execute(path, ATTEMPTS_TABLE)
    insert(path, "job_data", row)


def structure(root: Path, expid: str) -> None:
    path = root / "metadata" / "structures" / f"structure_{expid}.db"
    path.parent.mkdir(exist_ok=True)
    execute(path, "CREATE TABLE experiment_structure (e_from TEXT NOT NULL, e_to TEXT NOT NULL)")
    execute(
        path, "INSERT INTO experiment_structure VALUES (?, ?)", [(f"{expid}_{DONE}", f"{expid}_{RUNNING}")]
    )


def wrappers(root: Path, expid: str) -> None:
    path = root / expid / "pkl" / f"job_packages_{expid}.db"
    execute(path, "CREATE TABLE job_package (exp_id INTEGER, package_name TEXT, job_name TEXT)")
    execute(path, "INSERT INTO job_package VALUES (1, 'x_ASThread_1_1_2', ?)", [(f"{expid}_{DONE}",)])


def configuration(root: Path, expid: str) -> None:
    write_configuration(root, expid, CONFIGURATION.format("02:00"))


def included_file(root: Path, expid: str) -> None:
    (root / expid / "more.yml").write_text("JOBS: {SIM: {WALLCLOCK: '02:00'}}")


def log(root: Path, expid: str) -> None:
    (root / expid / "tmp" / f"LOG_{expid}" / f"{expid}_{DONE}.20200101000000.out").write_text("")


def submission(root: Path, expid: str) -> None:
    (root / expid / "tmp" / f"{expid}_{RUNNING}_TOTAL_STATS").write_text("20200101000000 20200101000010\n")


def layout(root: Path, expid: str) -> None:
    path = root / "metadata" / "graph" / f"graph_data_{expid}.db"
    path.parent.mkdir(exist_ok=True)
    execute(
        path,
        "CREATE TABLE experiment_graph_draw (id INTEGER PRIMARY KEY, job_name TEXT, x INTEGER, y INTEGER)",
    )
    execute(
        path, "INSERT INTO experiment_graph_draw VALUES (NULL, ?, 7, -3)", [job[:1] for job in jobs_of(expid)]
    )


CHANGES: dict[str, tuple[Callable[[Path, str], None], str, dict[str, object]]] = {
    "e001": (job_list, DONE, {"status": "FAILED"}),
    "e002": (attempt, DONE, {"minutes_queue": 100, "minutes": 100}),
    "e003": (structure, DONE, {"children_list": [f"e003_{RUNNING}"]}),
    "e004": (wrappers, DONE, {"wrapper": "x_ASThread_1_1_2"}),
    "e005": (configuration, DONE, {"wallclock": "02:00"}),
    "e006": (included_file, DONE, {"wallclock": "02:00"}),
    "e007": (log, DONE, {"out": f"e007_{DONE}.20200101000000.out"}),
    "e008": (submission, RUNNING, {"minutes_queue": 10}),
    "e009": (layout, DONE, {"x": 7, "y": -3}),
}


def test_all_that_they_are_made_of_counts(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    for number, expid in enumerate(CHANGES, 100):
        execute(
            tmp_path / "autosubmit.db", f"INSERT INTO experiment VALUES ({number}, '{expid}', '', '4.1.5')"
        )
        write_pickle(tmp_path, expid, jobs_of(expid))
        write_run(tmp_path, expid, 1, 9, 0, 0, 0, 0, 0)
        write_configuration(tmp_path, expid, CONFIGURATION.format("01:00"))
        (tmp_path / expid / "tmp" / f"LOG_{expid}").mkdir()
    time.sleep(SETTLE_NS / 1e9)  # only what has settled is kept, so only then can a stale answer show
    client = serve(rc_file)
    for expid, (change, name, expected) in CHANGES.items():
        graph, tree = f"/v3/graph/{expid}/standard/none", f"/v3/tree/{expid}"
        monitors = (f"/v3/pkltreeinfo/{expid}/0", f"/v3/pklinfo/{expid}/0")
        others = (f"/v4/experiments/{expid}/tree", f"/v4/experiments/{expid}/graph")
        asked = (graph, others[1]) if change is layout else (graph, tree, *monitors, *others)
        tags = {path: client.get(path).headers["etag"] for path in asked}
        change(tmp_path, expid)
        for path, tag in tags.items():
            answer = client.get(path, headers={"if-none-match": tag})
            assert answer.status_code == 200, (change.__name__, path)
            if path in (graph, tree):
                (job,) = (
                    job
                    for job in answer.json().get("jobs") or answer.json()["nodes"]
                    if job["id"] == f"{expid}_{name}"
                )
                job["out"] = (job["out"] or "").rpartition("/")[2]
                assert {key: job[key] for key in expected} == expected, path
