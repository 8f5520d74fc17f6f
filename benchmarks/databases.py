"""Write the SQLite files of an Autosubmit tree: history, structure, wrappers, the jobs database of 4.2.

Guarantees: table and column names, types and keys are those of files made by Autosubmit 4.1.17.1 and 4.2.0;
rows come from a ``Workflow`` only, so the same workflow gives the same file content. Existing files are
replaced.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.job_pickle import log_names, stamp
from benchmarks.workflow import EPOCH, Attempt, Job, Workflow

HISTORY_VERSION = 21

_RUN = """CREATE TABLE experiment_run (
  run_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, modified TEXT NOT NULL, start
  INTEGER NOT NULL, finish INTEGER, chunk_unit TEXT NOT NULL, chunk_size INTEGER NOT NULL, completed INTEGER
  NOT NULL, total INTEGER NOT NULL, failed INTEGER NOT NULL, queuing INTEGER NOT NULL, running INTEGER NOT
  NULL, submitted INTEGER NOT NULL, suspended INTEGER NOT NULL DEFAULT 0, metadata TEXT)"""
_JOB_DATA = """CREATE TABLE job_data (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, counter INTEGER NOT NULL, job_name TEXT NOT NULL, created
  TEXT NOT NULL, modified TEXT NOT NULL, submit INTEGER NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT
  NULL, status TEXT NOT NULL, rowtype INTEGER NOT NULL, ncpus INTEGER NOT NULL, wallclock TEXT NOT NULL, qos
  TEXT NOT NULL, energy INTEGER NOT NULL, date TEXT NOT NULL, section TEXT NOT NULL, member TEXT NOT NULL,
  chunk INTEGER NOT NULL, last INTEGER NOT NULL, platform TEXT NOT NULL, job_id INTEGER NOT NULL, extra_data
  TEXT NOT NULL, nnodes INTEGER NOT NULL DEFAULT 0, run_id INTEGER, MaxRSS REAL NOT NULL DEFAULT 0.0, AveRSS
  REAL NOT NULL DEFAULT 0.0, out TEXT NOT NULL, err TEXT NOT NULL, rowstatus INTEGER NOT NULL DEFAULT 0,
  children TEXT, platform_output TEXT, workflow_commit TEXT, split INTEGER, splits INTEGER, fail_count INTEGER
  NOT NULL DEFAULT 0, UNIQUE(counter,job_name))"""
_EDGE_COLUMNS = """e_from VARCHAR NOT NULL, e_to VARCHAR NOT NULL, min_trigger_status VARCHAR,
  completion_status VARCHAR, from_step INTEGER, fail_ok BOOLEAN"""
_STRUCTURE_DATA = f"""CREATE TABLE structure_data (run_id INTEGER NOT NULL, {_EDGE_COLUMNS},
  PRIMARY KEY (run_id, e_from, e_to), FOREIGN KEY(run_id) REFERENCES experiment_run (run_id))"""
_JOBS = """CREATE TABLE jobs (
  name VARCHAR NOT NULL, id INTEGER, script_name VARCHAR, priority INTEGER, status TEXT NOT NULL, frequency
  VARCHAR, synchronize BOOLEAN, section VARCHAR, chunk INTEGER, member TEXT, splits INTEGER, split INTEGER,
  date VARCHAR, date_split VARCHAR, max_checkpoint_step INTEGER NOT NULL, start_time VARCHAR,
  start_time_timestamp INTEGER, submit_time_timestamp INTEGER, finish_time_timestamp INTEGER, ready_date
  VARCHAR, local_logs_out VARCHAR, local_logs_err VARCHAR, remote_logs_out VARCHAR, remote_logs_err VARCHAR,
  updated_log INTEGER, updated_stats INTEGER, fail_count INTEGER NOT NULL, retrials INTEGER NOT NULL,
  log_recovery_call_count INTEGER NOT NULL, wrapper_type TEXT, wallclock VARCHAR, packed BOOLEAN,
  current_checkpoint_step INTEGER NOT NULL, platform_name VARCHAR, created TEXT NOT NULL, modified TEXT NOT
  NULL, PRIMARY KEY (name))"""
_SECTIONS = """CREATE TABLE sections (name VARCHAR NOT NULL, splits INTEGER, dependencies VARCHAR,
  datelist VARCHAR, members VARCHAR, numchunks INTEGER, expid VARCHAR, PRIMARY KEY (name))"""
JOBS_MODIFIED = "2025-11-11 11:11:11"
"""``jobs.modified`` in generated 4.2 job lists; ``catalogue`` replaces it by a text of the same length."""


@contextmanager
def new_database(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        yield connection
        connection.commit()
    finally:
        connection.close()


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert dictionaries that all have the keys of the first one."""
    rows = list(rows)
    if not rows:
        return
    columns = list(rows[0])
    names = ",".join(f'"{column}"' for column in columns)
    marks = ",".join("?" * len(columns))
    connection.executemany(
        f'INSERT INTO "{table}" ({names}) VALUES ({marks})', (tuple(row[c] for c in columns) for row in rows)
    )


def iso(epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(epoch))


def write_history(path: Path, flow: Workflow, metadata: str, structure: bool) -> None:
    """``job_data_<expid>.db`` with two runs; ``structure`` adds the table of edges that 4.2.0 keeps there."""
    with new_database(path) as connection:
        connection.execute(_RUN)
        connection.execute(_JOB_DATA)
        connection.execute("CREATE INDEX ID_JOB_NAME ON job_data(job_name)")
        connection.execute(f"PRAGMA user_version={HISTORY_VERSION}")
        insert(connection, "experiment_run", _runs(flow, metadata))
        order = sorted(flow.attempts, key=lambda attempt: (attempt.run_id, attempt.finish or 2**60))
        insert(connection, "job_data", (_history_row(attempt) for attempt in order))
        if structure:
            connection.execute(_STRUCTURE_DATA)
            insert(connection, "structure_data", ({"run_id": 2} | row for row in _edge_rows(flow)))


def _runs(flow: Workflow, metadata: str) -> list[dict[str, Any]]:
    total, second = len(flow.jobs), EPOCH + 5_000_000
    shared = {"chunk_unit": "month", "chunk_size": 1, "total": total, "suspended": 0, "metadata": metadata}
    zero = dict.fromkeys(("failed", "queuing", "running", "submitted"), 0)
    alive = ("queuing", "running", "submitted")
    current = {key: flow.count(key.upper()) for key in ("completed", "failed", *alive)}
    ended = 0 if any(current[key] for key in alive) else second + 900_000
    first_times = {"created": iso(EPOCH), "modified": iso(second), "start": EPOCH, "finish": second}
    second_times = {
        "created": iso(second),
        "modified": iso(second + 900_000),
        "start": second,
        "finish": ended,
    }
    rows = [first_times | shared | zero | {"completed": total}, second_times | shared | current]
    return [{key: row[key] for key in rows[0]} for row in rows]


def _history_row(attempt: Attempt) -> dict[str, Any]:
    job = attempt.job
    finished = attempt.finish or attempt.start or attempt.submit
    seconds = max(0, attempt.finish - attempt.start) if attempt.finish else 0
    scheduler_id = 3_000_000 + job.scheduler_id if attempt.run_id == 1 else job.scheduler_id
    log = f"{job.name}.{stamp(attempt.submit)}"
    energy = seconds * job.processors * 4 if job.section == "SIM" else 0
    return {
        "counter": attempt.counter,
        "job_name": job.name,
        "created": iso(finished),
        "modified": iso(finished),
        "submit": attempt.submit,
        "start": attempt.start,
        "finish": attempt.finish,
        "status": attempt.status,
        "rowtype": 2,
        "ncpus": job.processors,
        "wallclock": job.wallclock,
        "qos": "gp_climate" if job.on_cluster else "debug",
        "energy": energy,
        "date": f"{job.date:%Y-%m-%d %H:%M:%S}" if job.date else "",
        "section": job.section,
        "member": job.member or "",
        "chunk": job.chunk or 0,
        "last": int(attempt.last),
        "platform": job.platform,
        "job_id": scheduler_id,
        "extra_data": "",
        "nnodes": max(1, job.processors // 112),
        "run_id": attempt.run_id,
        "out": f"{log}.out",
        "err": f"{log}.err",
        "rowstatus": 2,
        "children": "",
        "platform_output": _accounting(scheduler_id, attempt, energy) if job.section == "SIM" else "",
        "workflow_commit": "",
        "split": None,
        "splits": None,
        "fail_count": attempt.fail_count,
    }


def _accounting(scheduler_id: int, attempt: Attempt, energy: int) -> str:
    """A table as the scheduler prints it, the long text of every simulation's row."""
    times = " ".join(iso(epoch)[:19] for epoch in (attempt.submit, attempt.start, attempt.finish))
    middle = f"{attempt.status} {attempt.job.processors} 3 {times}"
    lines = (
        f"{scheduler_id}{step} {middle} {energy / 1000:.2f}K" for step in ("", ".batch", ".extern", ".0")
    )
    return "\n".join(lines) + "\n"


def _edge_rows(flow: Workflow) -> Iterator[dict[str, Any]]:
    completed = {job.name for job in flow.jobs if job.status == "COMPLETED"}
    for source, target in flow.edges:
        yield {
            "e_from": source,
            "e_to": target,
            "min_trigger_status": "COMPLETED",
            "completion_status": "COMPLETED" if source in completed else "WAITING",
            "from_step": 0,
            "fail_ok": False,
        }


def write_structure(path: Path, flow: Workflow) -> None:
    """``structure_<expid>.db`` of the versions before 4.2."""
    with new_database(path) as connection:
        connection.execute(
            "CREATE TABLE experiment_structure (e_from TEXT NOT NULL, e_to TEXT NOT NULL,"
            " PRIMARY KEY (e_from, e_to))"
        )
        connection.executemany("INSERT INTO experiment_structure VALUES (?,?)", flow.edges)


def write_packages(path: Path, flow: Workflow) -> None:
    """``pkl/job_packages_<expid>.db`` as 4.1.17 makes it."""
    with new_database(path) as connection:
        _add_wrappers(connection, flow, run_columns=False)


def _add_wrappers(connection: sqlite3.Connection, flow: Workflow, run_columns: bool) -> None:
    run = ", run_id INTEGER" if run_columns else ""
    stats = ", updated_stats INTEGER" if run_columns else ""
    for prefix in ("",) if run_columns else ("", "preview_"):
        connection.execute(
            f"CREATE TABLE {prefix}wrappers_info (name VARCHAR NOT NULL, id INTEGER, script_name VARCHAR,"
            " status TEXT NOT NULL, local_logs_out VARCHAR, local_logs_err VARCHAR, remote_logs_out VARCHAR,"
            f" remote_logs_err VARCHAR, updated_log INTEGER{stats}, platform_name VARCHAR,"
            " wallclock VARCHAR, num_processors INTEGER, type TEXT, sections TEXT, method TEXT"
            f"{run}, PRIMARY KEY (name))"
        )
        connection.execute(
            f"CREATE TABLE {prefix}wrappers_jobs (package_id INTEGER NOT NULL,"
            f" package_name VARCHAR NOT NULL, job_name VARCHAR NOT NULL, timestamp VARCHAR{run},"
            " PRIMARY KEY (package_id, package_name, job_name))"
        )
    latest = {"run_id": 2} if run_columns else {}
    rows = (_wrapper_row(name, jobs) | latest for name, jobs in flow.wrappers.items())
    insert(connection, "wrappers_info", rows)
    members = (
        {
            "package_id": jobs[0].scheduler_id,
            "package_name": name,
            "job_name": job.name,
            "timestamp": iso(job.submit),
        }
        for name, jobs in flow.wrappers.items()
        for job in jobs
    )
    insert(connection, "wrappers_jobs", (row | latest for row in members))


def _wrapper_row(name: str, jobs: list[Job]) -> dict[str, Any]:
    return {
        "name": name,
        "id": jobs[0].scheduler_id,
        "script_name": f"{name}.cmd",
        "status": jobs[-1].status,
        "updated_log": 0,
        "platform_name": "TRAMUNTANA",
        "wallclock": "40:00",
        "num_processors": 256,
        "type": "vertical",
        "sections": "SIM",
        "method": "ASThread",
    }


def write_job_list(path: Path, flow: Workflow) -> None:
    """``db/job_list.db`` as 4.2.0 makes it after a run."""
    with new_database(path) as connection:
        connection.execute(_JOBS)
        connection.execute(
            f"CREATE TABLE experiment_structure ({_EDGE_COLUMNS}, PRIMARY KEY (e_from, e_to),"
            " CONSTRAINT unique_e_from_and_e_to UNIQUE (e_from, e_to))"
        )
        connection.execute(_SECTIONS)
        insert(connection, "jobs", (_job_row(job) for job in flow.jobs))
        insert(connection, "experiment_structure", _edge_rows(flow))
        insert(connection, "sections", _section_rows(flow))
        _add_wrappers(connection, flow, run_columns=True)


def _section_rows(flow: Workflow) -> list[dict[str, Any]]:
    dates = " ".join(f"{date:%Y%m%d}" for date in flow.dates)
    first = {job.section: job for job in reversed(flow.jobs)}
    return [
        {
            "name": section,
            "dependencies": first[section].dependencies,
            "datelist": dates,
            "members": " ".join(flow.members),
            "numchunks": flow.chunks if first[section].chunk else None,
            "expid": flow.expid,
        }
        for section in ("SETUP", "INI", "SIM", "POST", "REPORT")
    ]


def _job_row(job: Job) -> dict[str, Any]:
    out, err = log_names(job) or (None, None)
    return {
        "name": job.name,
        "id": job.scheduler_id,
        "script_name": f"{job.name}.cmd",
        "priority": job.priority,
        "status": job.status,
        "section": job.section,
        "chunk": job.chunk,
        "member": job.member,
        "splits": -1,
        "split": -1,
        "date": f"{job.date:%Y-%m-%dT%H:%M:%S}" if job.date else None,
        "max_checkpoint_step": 0,
        "start_time_timestamp": int(stamp(job.start)) if job.start else None,
        "submit_time_timestamp": int(stamp(job.submit)) if job.submit else None,
        "ready_date": stamp(job.submit - 2) if job.submit else None,
        "local_logs_out": out,
        "local_logs_err": err,
        "remote_logs_out": out if not job.wrapper else "",
        "remote_logs_err": err if not job.wrapper else "",
        "updated_log": 1,
        "updated_stats": 1,
        "fail_count": job.fail_count,
        "retrials": 0,
        "log_recovery_call_count": 1,
        "wrapper_type": "vertical" if job.wrapper else "Simple",
        "wallclock": job.wallclock,
        "packed": job.wrapper is not None,
        "current_checkpoint_step": 0,
        "platform_name": job.platform if job.on_cluster else None,
        "created": "2025-06-15 15:06:40",
        "modified": JOBS_MODIFIED,
    }
