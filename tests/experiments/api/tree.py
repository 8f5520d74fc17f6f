"""A small tree of experiments in every condition a search has to show, made by the tests themselves."""

import pickle
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.experiments.sources.making import settle

EXPERIMENTS: Sequence[tuple[int, str, str, str | None]] = (
    (1, "a001", "Zebra first, plain", "4.1.10"),
    (2, "t002", "Test of 100% and_more", "4.1.10"),
    (3, "o003", "operational É run", "4.0.101"),
    (5, "b005", "Archived, only its row is left", None),
    (6, "c006", "Database of 4.2", "4.2.0"),
    (7, "d007", "Damaged list and history", "3.13.0"),
    (9, "a009", "Zebra first, plain", "4.1.9"),
)
DETAILS: Sequence[tuple[int, str, str, str]] = (
    (1, "alice", "2024-01-08 14:52:35", "LOCAL"),
    (2, "bob", "2025-03-12T16:39:10+01:00", "MARENOSTRUM5"),
    (3, "Alicea", "2024-01-08T10:00:00+00:00", "local"),
    (6, "bob", "not a time", "LOCAL"),
    (7, "É", "2024-01-08T14:52:35+00:00", "a*b"),
)
STATUS: Sequence[tuple[int, str, str]] = (
    (1, "a001", "NOT RUNNING"),
    (2, "t002", "RUNNING"),
    (6, "c006", "RUNNING"),
)
JOBS = (
    ("a001_INI", 0, "INI", None, None, None),
    ("a001_20200101_fc0_1_SIM", 5, "SIM", datetime(2020, 1, 1, 12), "fc0", 1),
    ("a001_20200101_fc0_2_SIM", 4, "SIM", datetime(2020, 1, 1, 12), "fc0", 2),
    ("A001_20200101_fc0_2_POST", 99, "POST", datetime(2020, 1, 1), "fc0", 2),
)
"""Name, code, section, date, member, chunk."""

_RUN = """CREATE TABLE experiment_run (run_id INTEGER PRIMARY KEY, created TEXT, modified TEXT, start INTEGER,
    finish INTEGER, chunk_unit TEXT, chunk_size INTEGER, completed INTEGER, total INTEGER, failed INTEGER,
    queuing INTEGER, running INTEGER, submitted INTEGER, suspended INTEGER, metadata TEXT)"""
_JOB_COLUMNS = (
    "name TEXT PRIMARY KEY, id INTEGER, script_name TEXT, priority INTEGER, status TEXT, frequency "
    "TEXT, synchronize BOOLEAN, section TEXT, chunk INTEGER, member TEXT, splits INTEGER, split "
    "INTEGER, date TEXT, date_split TEXT, max_checkpoint_step INTEGER, start_time TEXT, "
    "start_time_timestamp INTEGER, submit_time_timestamp INTEGER, finish_time_timestamp INTEGER, "
    "ready_date TEXT, local_logs_out TEXT, local_logs_err TEXT, remote_logs_out TEXT, "
    "remote_logs_err TEXT, updated_log INTEGER, updated_stats INTEGER, fail_count INTEGER, retrials "
    "INTEGER, log_recovery_call_count INTEGER, wrapper_type TEXT, wallclock TEXT, packed BOOLEAN, "
    "current_checkpoint_step INTEGER, platform_name TEXT, created TEXT, modified TEXT"
)


def make_tree(root: Path, *, only_rows: bool = False) -> Path:
    """Make the tree in an empty folder.

    Args:
        root: The folder.
        only_rows: Whether to leave out every file of the experiments themselves.

    Returns:
        The rc file, which lies in it.
    """
    rc_file = root / "autosubmitrc"
    rc_file.write_text(
        f"[database]\npath = {root}\nfilename = autosubmit.db\n[local]\npath = {root}\n"
        f"[structures]\npath = {root}/metadata/structures\n[historicdb]\npath = {root}/metadata/data\n"
        f"[historiclog]\npath = {root}/metadata/logs\n[globallogs]\npath = {root}/logs\n"
        f"[graph]\npath = {root}/metadata/graph\n"
    )
    (root / "metadata" / "data").mkdir(parents=True)
    main = root / "autosubmit.db"
    execute(
        main,
        "CREATE TABLE experiment (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, "
        "description VARCHAR NOT NULL, autosubmit_version VARCHAR)",
    )
    execute(main, "INSERT INTO experiment VALUES (?, ?, ?, ?)", EXPERIMENTS)
    execute(
        main,
        "CREATE TABLE details (exp_id INTEGER PRIMARY KEY, user TEXT NOT NULL, created TEXT NOT NULL, "
        "model TEXT NOT NULL, branch TEXT NOT NULL, hpc TEXT NOT NULL)",
    )
    execute(main, "INSERT INTO details VALUES (?, ?, ?, 'NA', 'NA', ?)", DETAILS)
    times = root / "as_times.db"
    execute(
        times,
        "CREATE TABLE experiment_status (exp_id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "status TEXT NOT NULL, seconds_diff INTEGER NOT NULL, modified TEXT NOT NULL)",
    )
    execute(times, "INSERT INTO experiment_status VALUES (?, ?, ?, 0, '2024-04-12-13:00:40')", STATUS)
    if not only_rows:
        _make_files(root)
    settle(root)
    return rc_file


def write_pickle(root: Path, expid: str, jobs: Iterable[Sequence[Any]] = JOBS) -> Path:
    """Write a job list as Autosubmit 4.0 does: a pickled list of tuples."""
    rows = [
        (name, number, code, number, section, date, member, chunk, f"{name}.out", f"{name}.err", "", None)
        for number, (name, code, section, date, member, chunk) in enumerate(jobs, 1)
    ]
    path = root / expid / "pkl" / f"job_list_{expid}.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(rows, protocol=2))
    return path


def write_run(root: Path, expid: str, *counters: int | None) -> Path:
    """Add a run to the history: completed, total, failed, queuing, running, submitted, suspended."""
    path = root / "metadata" / "data" / f"job_data_{expid}.db"
    if not path.exists():
        execute(path, _RUN)
    execute(
        path,
        "INSERT INTO experiment_run VALUES (NULL, '2024-01-01T00:00:00+00:00', '', 1, 0, 'month', 1, "
        "?, ?, ?, ?, ?, ?, ?, NULL)",
        [counters],
    )
    return path


def write_configuration(root: Path, expid: str, text: str) -> Path:
    """Write a configuration of Autosubmit 4: one YAML file."""
    path = root / expid / "conf" / "minimal.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (root / expid / "tmp").mkdir(exist_ok=True)
    return path


def execute(path: Path, sql: str, rows: Iterable[Sequence[Any]] | None = None) -> None:
    """Run one statement, or one per row, and close the database again."""
    with sqlite3.connect(path) as connection:
        if rows is None:
            connection.execute(sql)
        else:
            connection.executemany(sql, rows)
    connection.close()


def _make_files(root: Path) -> None:
    write_pickle(root, "a001")
    write_run(root, "a001", 1, 9, 0, 0, 0, 0, 0)
    write_run(root, "a001", 3, 8, 1, 1, 1, 1, 1)
    write_configuration(
        root,
        "a001",
        "CONFIG:\n  AUTOSUBMIT_VERSION: 4.1.5\nDEFAULT:\n  EXPID: a001\n  HPCARCH: local\n"
        "WRAPPERS:\n  WRAPPER_V:\n    TYPE: vertical\n    JOBS_IN_WRAPPER: SIM\n"
        "PROJECT:\n  PROJECT_TYPE: none\nJOBS:\n  SIM:\n    FILE: sim.sh\n    WALLCLOCK: '00:01'\n",
    )
    write_pickle(root, "t002", [])
    write_run(root, "t002", 3, 8, None, 1, 1, 1, 1)
    write_run(root, "o003", 0, 0, 0, 0, 0, 0, 0)
    custom = "DEFAULT:\n  HPCARCH: local\n  CUSTOM_CONFIG:\n    POST: '%ROOTDIR%/wrappers.yml'\n"
    write_configuration(root, "o003", custom)
    jobs = root / "c006" / "db" / "job_list.db"
    jobs.parent.mkdir(parents=True)
    execute(jobs, f"CREATE TABLE jobs ({_JOB_COLUMNS})")
    execute(
        jobs,
        "INSERT INTO jobs (name, id, priority, status, section, chunk, member, splits, split, date, "
        "max_checkpoint_step, local_logs_out, local_logs_err, remote_logs_out, remote_logs_err, fail_count, "
        "retrials, log_recovery_call_count, current_checkpoint_step, created, modified) "
        "VALUES (?, ?, 1, ?, 'SIM', 1, 'fc0', ?, ?, '2020-01-01T00:00:00', 0, '', '', '', '', 0, 0, 0, 0, "
        "?, ?)",
        [
            ("c006_2_SIM", 2, "RUNNING", 4, 2, "2024-05-01T10:00:00", "2024-05-01T10:00:00"),
            ("c006_1_SIM", 1, "COMPLETED", -1, -1, "2024-05-01T10:00:00", "2024-05-01T12:30:00"),
        ],
    )
    write_pickle(root, "d007").write_bytes(b"\x80\x02]q\x00(this is no pickle")
    (root / "metadata" / "data" / "job_data_d007.db").write_bytes(b"this is not a database" * 100)
