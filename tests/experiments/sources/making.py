"""Files of Autosubmit made by the tests: rc file, databases of every shape, job lists of every generation."""

import hashlib
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mestral_experiments.model import Experiment
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.autosubmit import AutosubmitSource

JOBS_TABLE = """CREATE TABLE jobs (name VARCHAR NOT NULL PRIMARY KEY, id INTEGER, priority INTEGER,
 status TEXT NOT NULL, section VARCHAR, chunk INTEGER, member TEXT, splits INTEGER, split INTEGER,
 date VARCHAR,
 local_logs_out VARCHAR, local_logs_err VARCHAR, remote_logs_out VARCHAR, remote_logs_err VARCHAR,
 created TEXT, modified TEXT)"""
RUNS_TABLE = """CREATE TABLE experiment_run (run_id INTEGER PRIMARY KEY, created TEXT, start INTEGER,
 finish INTEGER, chunk_unit TEXT, chunk_size INTEGER, completed INTEGER, total INTEGER,
 failed INTEGER, queuing INTEGER,
 running INTEGER, submitted INTEGER, suspended INTEGER DEFAULT 0, metadata TEXT)"""
ATTEMPTS_TABLE = """CREATE TABLE job_data (id INTEGER PRIMARY KEY, counter INTEGER, job_name TEXT,
 created TEXT, modified TEXT, submit INTEGER, start INTEGER, finish INTEGER, status TEXT, rowtype INTEGER,
 ncpus INTEGER, wallclock TEXT, qos TEXT, energy INTEGER, date TEXT, section TEXT, member TEXT, chunk INTEGER,
 last INTEGER, platform TEXT, job_id INTEGER, extra_data TEXT, nnodes INTEGER DEFAULT 0, run_id INTEGER,
 MaxRSS REAL DEFAULT 0.0, AveRSS REAL DEFAULT 0.0, out TEXT, err TEXT, rowstatus INTEGER DEFAULT 0,
 children TEXT, platform_output TEXT, workflow_commit TEXT, split INTEGER, splits INTEGER,
 fail_count INTEGER DEFAULT 0, UNIQUE(counter, job_name))"""
METRICS_TABLE = """CREATE TABLE user_metrics (user_metric_id INTEGER PRIMARY KEY, run_id INTEGER,
 job_name TEXT, metric_name TEXT, metric_value TEXT, modified TEXT)"""
MAIN_TABLES = (
    "CREATE TABLE experiment(id INTEGER PRIMARY KEY, name VARCHAR, description VARCHAR, "
    "autosubmit_version VARCHAR)",
    "CREATE TABLE details (exp_id INTEGER, user TEXT, created TEXT, model TEXT, branch TEXT, hpc TEXT)",
)
STATUS_TABLE = "CREATE TABLE experiment_status (exp_id INTEGER, name TEXT, status TEXT)"


def database(path: Path, *statements: str) -> Path:
    """Runs statements on a database, made when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def tree(root: Path, *names: str, version: str = "4.1.17") -> Path:
    """A root with a main database that knows these experiments; returns its rc file."""
    rows = [
        f"INSERT INTO experiment VALUES ({n}, '{name}', '', '{version}')" for n, name in enumerate(names, 1)
    ]
    database(root / "autosubmit.db", *MAIN_TABLES, *rows)
    return rc_file(root)


def rc_file(root: Path) -> Path:
    """An rc file whose every path is below `root`."""
    path = root / "autosubmitrc"
    path.write_text(
        f"[database]\npath = {root}\n[local]\npath = {root}\n[historicdb]\npath = {root}/metadata/data\n"
        f"[structures]\npath = {root}/metadata/structures\n"
    )
    return path


def source(root: Path, busy_seconds: float = 0.2) -> AutosubmitSource:
    """A source over a tree; its private copies go beside it."""
    settings = ExperimentsSettings(rc_file=root / "autosubmitrc", busy_seconds=busy_seconds)
    return AutosubmitSource(settings, root.parent / f"{root.name}-state")


def job_pickle(root: Path, name: str, content: bytes) -> Path:
    """A job list up to Autosubmit 4.1."""
    path = root / name / "pkl" / f"job_list_{name}.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def jobs_database(root: Path, name: str, *rows: dict[str, Any], table: str = JOBS_TABLE) -> Path:
    """A job list of Autosubmit 4.2."""
    path = database(root / name / "db" / "job_list.db", table)
    insert(path, "jobs", *rows)
    return path


def history(root: Path, name: str, *runs: Iterable[Any], table: str = RUNS_TABLE) -> Path:
    """A history with these rows of `experiment_run`."""
    path = database(root / "metadata" / "data" / f"job_data_{name}.db", table)
    connection = sqlite3.connect(path)
    for run in runs:
        values = list(run)
        connection.execute(f"INSERT INTO experiment_run VALUES ({', '.join('?' * len(values))})", values)
    connection.commit()
    connection.close()
    return path


def insert(path: Path, table: str, *rows: dict[str, Any]) -> None:
    """Adds rows, given by column, to a table of a database."""
    connection = sqlite3.connect(path)
    for row in rows:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    connection.commit()
    connection.close()


def attempts(root: Path, name: str, *rows: dict[str, Any], table: str = ATTEMPTS_TABLE) -> Path:
    """A history with these rows of `job_data`, which are the last ones of their jobs unless they say so."""
    path = database(root / "metadata" / "data" / f"job_data_{name}.db", table)
    insert(path, "job_data", *({"counter": 0, "last": 1, "rowtype": 2} | row for row in rows))
    return path


def metrics(root: Path, name: str, *rows: dict[str, Any], table: str = METRICS_TABLE) -> Path:
    """User metrics."""
    path = database(root / name / "tmp" / f"metrics_{name}.db", table)
    insert(path, "user_metrics", *rows)
    return path


def tuples(*names: str, **fields: Any) -> bytes:
    """A pickle of the oldest shape, every job with these fields."""
    values = {
        "id": 0,
        "status": 0,
        "priority": 0,
        "section": "SIM",
        "date": None,
        "member": None,
        "chunk": None,
    }
    values |= fields
    return pickle.dumps([(name, *values.values(), "o", "e", "", "") for name in names], 2)


def attributes(**changed: Any) -> dict[str, Any]:
    """Attributes of a job in a pickle of 4.1.12 and later."""
    plain = {
        "id": 7, "_status": 5, "priority": 3, "_section": "SIM", "date": datetime(2020, 1, 2),
        "_member": "fc0", "_chunk": 1, "_split": -1, "_splits": -1,
        "_local_logs": ("a.out", "a.err"), "_remote_logs": ("", ""),
    }  # fmt: skip
    return plain | changed


def job_graph(
    monkeypatch: pytest.MonkeyPatch,
    jobs: dict[str, dict[str, Any]],
    edges: dict[object, object] | None = None,
) -> bytes:
    """A pickle of early 4.1: it names classes of networkx and Autosubmit, which exist only meanwhile."""

    def made(module: str, name: str) -> type:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            package = ".".join(parts[:end])
            monkeypatch.setitem(sys.modules, package, sys.modules.get(package) or ModuleType(package))
        cls = type(name, (), {"__module__": module})
        setattr(sys.modules[module], name, cls)
        return cls

    whole, view, job_class = (
        made("networkx.classes.digraph", "DiGraph"),
        made("networkx.classes.reportviews", "NodeView"),
        made("autosubmit.job.job", "Job"),
    )
    instance, nodes = whole(), {}
    for name, state in jobs.items():
        job = job_class()
        job.__dict__.update(state)
        nodes[name] = {"job": job}
    instance.__dict__.update(node_dict_factory=dict, graph={}, _node=nodes, _adj=edges or {}, nodes=view())
    return pickle.dumps(instance, 5)


def experiment(name: str, version: str | None = "4.1.17") -> Experiment:
    """A record as `find` gives it."""
    return Experiment(id=1, name=name, version=version)


MODIFIED = 1_700_000_000
"""2023-11-14T22:13:20+00:00, long enough ago to be settled."""


def settle(root: Path) -> None:
    """Makes all files look as if they had been written at `MODIFIED` (ctime cannot be set)."""
    for path in root.rglob("*"):
        os.utime(path, (MODIFIED, MODIFIED))


def digest(root: Path) -> dict[str, tuple[object, ...]]:
    """Names, kinds, modes, times and contents of everything below a folder."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        st = path.lstat()
        readable = path.is_file() and os.access(path, os.R_OK)
        content = hashlib.sha256(path.read_bytes()).hexdigest() if readable else ""
        found[str(path.relative_to(root))] = (st.st_mode, st.st_size, st.st_mtime_ns, st.st_ctime_ns, content)
    return found


@contextmanager
def writing(path: Path, mode: str = "delete") -> Iterator[sqlite3.Connection]:
    """A second connection that stays open: somebody who writes."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0.1)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    try:
        yield connection
    finally:
        connection.close()


def run_python(code: str, *arguments: object, **environment: str) -> str:
    """What a new Python process that can import the project prints."""
    path = os.pathsep.join(path for path in (*sys.path, str(Path(__file__).parents[3])) if path)
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd="/", env={"PYTHONPATH": path, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def become_nobody() -> None:
    """Gives up the rights of root, when this process has them."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
