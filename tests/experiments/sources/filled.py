"""Two experiments that have everything, one of each generation of Autosubmit, and one that has nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from tests.experiments.api.tree import write_configuration, write_pickle
from tests.experiments.sources.making import (
    JOBS_TABLE,
    attempts,
    database,
    history,
    insert,
    metrics,
    tree,
)

from mestral_experiments.sources.protocol import Part

OLD, NEW, EMPTY = "a001", "a002", "a003"
SECRETS = ("hunter2", "s3cr3t", "t0ken")

_JOBS = (
    ("SIM_1", 5, "SIM"), ("post_1", 5, "POST"), ("SIM_2", 4, "SIM"), ("sim_1", -1, "SIM"),
    ("a!b%c", 0, "POST"),
)  # fmt: skip
"""End of the name, code of the state, section."""
_EDGES = (("SIM_1", "SIM_2"), ("SIM_1", "post_1"), ("SIM_2", "sim_1"), ("SIM_1", "sim_1"), ("a!b%c", "a!b%c"),
          ("sim_1", "gone"))  # fmt: skip
_CONFIGURATION = """
DEFAULT: {HPCARCH: MN5}
EXPERIMENT: {CHUNKSIZE: 1, CHUNKSIZEUNIT: month}
PROJECT: {PROJECT_ORIGIN: "https://me:hunter2@h/x.git"}
PLATFORMS: {MN5: {TYPE: slurm, PASSWORD: s3cr3t}}
JOBS: {SIM: {PLATFORM: MN5, WALLCLOCK: "01:30"}, POST: {PLATFORM: LOCAL}}
WRAPPERS: {V: {TYPE: vertical}}
"""
_SUBMISSIONS = """20240101000000 20240101000100 20240101000200 FAILED

20240102000000 20240102000100"""
_METADATA = json.dumps(
    {"PLATFORMS": {"MN5": {"API_TOKEN": "t0ken"}}, "URL": "https://me:hunter2@h/", "N": 10**30}
)


def fill(root: Path) -> Path:
    """Make the tree in a new folder; returns its rc file."""
    root.mkdir()
    rc_file = tree(root, OLD, NEW, EMPTY)
    database(
        root / "autosubmit.db", f"UPDATE experiment SET autosubmit_version = '4.2.0' WHERE name = '{NEW}'"
    )
    write_pickle(
        root, OLD, [(f"{OLD}_{job}", code, section, None, None, None) for job, code, section in _JOBS]
    )
    states = {-1: "FAILED", 0: "WAITING", 4: "RUNNING", 5: "COMPLETED"}
    rows = [{"name": f"{NEW}_{job}", "status": states[code], "section": section, "modified": "2026-01-01"}
            for job, code, section in _JOBS]  # fmt: skip
    insert(database(_job_list(root, NEW), JOBS_TABLE), "jobs", *rows)
    for name in (OLD, NEW):
        _fill(root, name)
    return rc_file


def last_counters(name: str) -> dict[str, int]:
    """Of the jobs with several attempts, which counts."""
    return {f"{name}_SIM_2": 3, f"{name}_post_1": 2}


def changes(
    root: Path, name: str, placed: Callable[[], object]
) -> Mapping[Part | None, Callable[[], object]]:
    """What Autosubmit does to each part while it runs; under None to the tables that all share.

    Args:
        root: The tree.
        name: Of the experiment.
        placed: Called after every change.
    """
    sql = partial(partial, database)

    def then_placed(change: Callable[[], object]) -> Callable[[], object]:
        return lambda: (change(), placed())

    if name == OLD:
        later = [(f"{name}_{job}", 5, section, None, None, None) for job, _, section in _JOBS]
        jobs: Callable[[], object] = partial(write_pickle, root, name, later)
    else:
        jobs = sql(_job_list(root, name), "UPDATE jobs SET status = 'COMPLETED'")
    found: dict[Part | None, Callable[[], object]] = {
        None: sql(root / "autosubmit.db", f"UPDATE experiment SET description = 'new' WHERE name = '{name}'"),
        Part.JOBS: jobs,
        Part.STRUCTURE: sql(_structure(root, name),
                            f"DELETE FROM experiment_structure WHERE e_to = '{name}_SIM_2'"),
        Part.WRAPPERS: sql(_wrappers(root, name), f"DELETE FROM {_tables(name)[0]}"),
        Part.HISTORY: sql(_history(root, name), "UPDATE experiment_run SET completed = 4",
                          "UPDATE job_data SET finish = 99"),
        Part.METRICS: sql(_metrics(root, name), "UPDATE user_metrics SET metric_value = '2'"),
        Part.LAYOUT: sql(_layout(root, name), "UPDATE experiment_graph_draw SET x = x + 0.5"),
        Part.CONFIGURATION: partial(
            write_configuration, root, name, _CONFIGURATION.replace("MN5", "LUMI").replace("01:30", "02:00")
        ),
    }  # fmt: skip
    return {part: then_placed(change) for part, change in found.items()}


def damages(
    root: Path, name: str, placed: Callable[[], object]
) -> Mapping[Part | None, Callable[[], AbstractContextManager[None]]]:
    """Contexts in which each part cannot be used.

    Args:
        root: The tree.
        name: Of the experiment.
        placed: Called after every change.
    """

    def without(path: Path, *columns: str) -> Callable[[], AbstractContextManager[None]]:
        renamed = [f"ALTER TABLE {c.split('.')[0]} RENAME COLUMN {c.split('.')[1]} TO x_{n}"
                   for n, c in enumerate(columns)]  # fmt: skip
        return partial(_meanwhile, path, lambda: database(path, *renamed), placed)

    def nonsense(path: Path) -> Callable[[], AbstractContextManager[None]]:
        return partial(_meanwhile, path, lambda: path.write_text("A: ["), placed)

    real, preview = _tables(name)
    return {
        None: without(root / "autosubmit.db", "experiment.name"),
        Part.JOBS: nonsense(_pickle(root)) if name == OLD else without(_job_list(root, name), "jobs.name"),
        Part.STRUCTURE: without(_structure(root, name), "experiment_structure.e_to"),
        Part.WRAPPERS: without(_wrappers(root, name), f"{real}.job_name", f"{preview}.job_name"),
        Part.HISTORY: without(_history(root, name), "experiment_run.run_id", "job_data.job_name"),
        Part.METRICS: without(_metrics(root, name), "user_metrics.run_id"),
        Part.LAYOUT: without(_layout(root, name), "experiment_graph_draw.x"),
        Part.CONFIGURATION: nonsense(root / name / "conf" / "minimal.yml"),
    }


@contextmanager
def _meanwhile(path: Path, damage: Callable[[], object], placed: Callable[[], object]) -> Iterator[None]:
    whole = path.read_bytes()
    damage()
    placed()
    yield
    path.write_bytes(whole)
    placed()


def _fill(root: Path, name: str) -> None:
    edges = [{"e_from": f"{name}_{before}", "e_to": f"{name}_{after}"} for before, after in _EDGES]
    structure = database(_structure(root, name), "CREATE TABLE experiment_structure (e_from TEXT, e_to TEXT)")
    insert(structure, "experiment_structure", *edges)
    for table, wrapped in zip(_tables(name), (("SIM_1", "SIM_2"), ("sim_1",)), strict=True):
        path = database(_wrappers(root, name), f"CREATE TABLE {table} (package_name TEXT, job_name TEXT)")
        insert(path, table, *({"package_name": f"{table}_1", "job_name": f"{name}_{job}"} for job in wrapped))
    counters = (1, 2, 3, 3, 0, 0, 0)
    history(
        root, name,
        *([run, "2024-01-01", 10, 20, "month", 1, *counters, _METADATA] for run in (2, 9)),
    )  # fmt: skip
    attempts(
        root, name,
        {"job_name": f"{name}_SIM_1", "submit": 1, "start": 2, "finish": 3, "run_id": 2, "section": "SIM",
         "status": "COMPLETED"},
        {"job_name": f"{name}_SIM_2", "counter": 1, "submit": 4, "last": 0},
        {"job_name": f"{name}_SIM_2", "counter": 3, "submit": 6},
        {"job_name": f"{name}_post_1", "counter": 1, "submit": 7, "start": 8, "run_id": 9, "member": "POST",
         "status": "COMPLETED"},
        {"job_name": f"{name}_SIM_2", "counter": 2, "submit": 5, "run_id": 9, "section": "SIM",
         "status": "FAILED"},
        {"job_name": f"{name}_post_1", "counter": 2, "submit": 9, "rowtype": 1},
        {"job_name": f"{name}_post_1", "counter": 3, "submit": 10, "rowtype": 0},
    )  # fmt: skip
    one = {"job_name": f"{name}_SIM_1", "metric_name": "speed", "metric_value": "1.5"}
    metrics(root, name, one | {"run_id": 2}, one | {"run_id": 9}, one | {"run_id": 9, "metric_name": "size"})
    placed = [{"job_name": f"{name}_{job}", "x": 10 * n, "y": -n / 2} for n, (job, _, _) in enumerate(_JOBS)]
    layout = database(_layout(root, name), "CREATE TABLE experiment_graph_draw (job_name TEXT, x, y)")
    insert(layout, "experiment_graph_draw", *placed)
    write_configuration(root, name, _CONFIGURATION)
    logs = root / name / "tmp" / f"LOG_{name}"
    logs.mkdir()
    for job, _, _ in _JOBS:
        (logs / f"{name}_{job}.20240101000000.out").write_text("one\ntwo\nthree\n")
        (root / name / "tmp" / f"{name}_{job}_TOTAL_STATS").write_text(_SUBMISSIONS)
    commands = root / name / "tmp" / "ASLOGS"
    commands.mkdir()
    for log in ("run", "MN5_log_recovery", "local_log_recovery"):
        (commands / f"20240101_000000_{log}.log").write_text("one\ntwo\n")


def _pickle(root: Path) -> Path:
    return root / OLD / "pkl" / f"job_list_{OLD}.pkl"


def _job_list(root: Path, name: str) -> Path:
    return root / name / "db" / "job_list.db"


def _structure(root: Path, name: str) -> Path:
    return root / f"metadata/structures/structure_{name}.db" if name == OLD else _job_list(root, name)


def _wrappers(root: Path, name: str) -> Path:
    return root / name / f"pkl/job_packages_{name}.db" if name == OLD else _job_list(root, name)


def _tables(name: str) -> tuple[str, str]:
    """Tables of real wrappers and of previews."""
    return (
        ("job_package", "wrapper_job_package") if name == OLD else ("wrappers_jobs", "preview_wrappers_jobs")
    )


def _history(root: Path, name: str) -> Path:
    return root / f"metadata/data/job_data_{name}.db"


def _metrics(root: Path, name: str) -> Path:
    return root / name / f"tmp/metrics_{name}.db"


def _layout(root: Path, name: str) -> Path:
    return root / f"metadata/graph/graph_data_{name}.db"
