"""Change files of a generated tree the way Autosubmit does, so that a server has to notice and read again.

Guarantees: every change alters content, times and (for job lists) the inode, is visible in the answers
concerned, and is undone by the next change of its kind, so that a tree does not grow. Works on trees of
``benchmarks.generate``.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

_STATUS_KEY = b"\x8c\x07_status\x94K"
"""What stands before the status of the first job of a pickle: the key, memoized, then a one byte integer."""


_ATTEMPT = "20250801120000 20250801120500 20250801130000 COMPLETED"
"""What a job records itself of one submission."""


def change_experiment(root: Path, expid: str) -> None:
    """As a running Autosubmit does: a new job list, and the history updated."""
    pickle = root / expid / "pkl" / f"job_list_{expid}.pkl"
    if pickle.exists():
        _change_pickle(pickle, expid)
    else:
        _change_jobs(root / expid / "db" / "job_list.db", expid)
    _change_history(root, expid)


def change_listing(root: Path, expid: str) -> None:
    """Another description in the main database, a status written again, and the history updated."""
    with closing(sqlite3.connect(root / "autosubmit.db")) as connection, connection:
        connection.execute(
            "UPDATE experiment SET description = CASE WHEN description LIKE '%, edited'"
            " THEN substr(description, 1, length(description) - 8)"
            " ELSE description || ', edited' END WHERE name = ?",
            (expid,),
        )
    with closing(sqlite3.connect(root / "as_times.db")) as connection, connection:
        connection.execute(
            "UPDATE experiment_status SET modified = ? WHERE name = ?",
            (time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()), expid),
        )
    _change_history(root, expid)


def change_recorded(root: Path, expid: str) -> None:
    """As `change_experiment`, and a job has recorded another attempt, or the list is as before."""
    change_experiment(root, expid)
    path = root / expid / "tmp" / f"{_shown_jobs(expid)[1]}_TOTAL_STATS"
    lines = path.read_text().splitlines() if path.exists() else []
    lines = lines[:-1] if _ATTEMPT in lines[-1:] else [*lines, _ATTEMPT]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))


def change_relations(root: Path, expid: str) -> None:
    """As `change_experiment`, and one edge and the wrapper of one job differ."""
    change_experiment(root, expid)
    _, job = _shown_jobs(expid)
    edge = (f"{expid}_SETUP", job)
    database = root / expid / "db" / "job_list.db"
    pickled = not database.exists()
    structure = root / "metadata" / "structures" / f"structure_{expid}.db" if pickled else database
    packages = root / expid / "pkl" / f"job_packages_{expid}.db" if pickled else database
    with closing(sqlite3.connect(structure)) as connection, connection:
        if not connection.execute(
            "DELETE FROM experiment_structure WHERE e_from = ? AND e_to = ?", edge
        ).rowcount:
            connection.execute("INSERT INTO experiment_structure (e_from, e_to) VALUES (?, ?)", edge)
    with closing(sqlite3.connect(packages)) as connection, connection:
        connection.execute(
            "UPDATE wrappers_jobs SET package_name = CASE WHEN package_name LIKE '%0'"
            " THEN substr(package_name, 1, length(package_name) - 1) ELSE package_name || '0' END"
            " WHERE rowid = (SELECT max(rowid) FROM wrappers_jobs WHERE job_name = ?)",
            (job,),
        )


def change_configuration(root: Path, expid: str) -> None:
    """Somebody edits the number of chunks."""
    path = root / expid / "conf" / f"expdef_{expid}.yml"
    lines = path.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "NUMCHUNKS:" in line)
    key, _, count = lines[place].partition(":")
    lines[place] = f"{key}: {int(count) ^ 1}\n"
    path.write_text("".join(lines))


def change_runs(root: Path, expid: str) -> None:
    """As `change_experiment`; the newest run is closed or opened, its configuration and a run time differ."""
    change_experiment(root, expid)
    edited = ', "EDITED": 1}'
    with (
        closing(sqlite3.connect(root / "metadata" / "data" / f"job_data_{expid}.db")) as connection,
        connection,
    ):
        connection.execute(
            "UPDATE experiment_run SET finish = CASE finish WHEN 0 THEN start + 1 ELSE 0 END,"
            " metadata = CASE WHEN metadata LIKE '%' || :edited"
            " THEN substr(metadata, 1, length(metadata) - length(:edited)) || '}'"
            " ELSE substr(metadata, 1, length(metadata) - 1) || :edited END"
            " WHERE run_id = (SELECT max(run_id) FROM experiment_run)",
            {"edited": edited},
        )
        connection.execute(
            "UPDATE job_data SET finish = finish + CASE finish % 2 WHEN 0 THEN 1 ELSE -1 END"
            " WHERE job_name = ? AND last = 1",
            (_shown_jobs(expid)[1],),
        )


def _shown_jobs(expid: str) -> tuple[str, str]:
    """A job of the first page of the list, and one that the filter of ``endpoints`` finds."""
    return f"{expid}_19600101_fc0_10_POST", f"{expid}_19600101_fc0_10_SIM"


def _change_pickle(path: Path, expid: str) -> None:
    content = bytearray(path.read_bytes())
    position = content.index(_STATUS_KEY) + len(_STATUS_KEY)
    content[position] = 5 if content[position] == 3 else 3
    for job in _shown_jobs(expid):
        # The last digit of the time in the name of the output log: another text of the same length.
        digit = content.index(f"{job}.2".encode()) + len(job) + len(".20250812120000") - 1
        content[digit] = ord("0") + (content[digit] - ord("0") + 5) % 10
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_bytes(content)
    fresh.replace(path)


def _change_jobs(path: Path, expid: str) -> None:
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE jobs SET modified = ?,"
            " status = CASE status WHEN 'QUEUING' THEN 'COMPLETED' ELSE 'QUEUING' END WHERE name = ?",
            (now, f"{expid}_SETUP"),
        )
        connection.execute(
            "UPDATE jobs SET modified = ?, local_logs_out = CASE WHEN local_logs_out LIKE '%.xz'"
            " THEN substr(local_logs_out, 1, length(local_logs_out) - 3) ELSE local_logs_out || '.xz' END"
            " WHERE name IN (?, ?)",
            (now, *_shown_jobs(expid)),
        )


def _change_history(root: Path, expid: str) -> None:
    with (
        closing(sqlite3.connect(root / "metadata" / "data" / f"job_data_{expid}.db")) as connection,
        connection,
    ):
        connection.execute(
            "UPDATE experiment_run SET modified = ?,"
            " completed = completed + CASE completed % 2 WHEN 0 THEN 1 ELSE -1 END"
            " WHERE run_id = (SELECT max(run_id) FROM experiment_run)",
            (time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()),),
        )
        connection.execute(
            "UPDATE job_data SET finish = finish + CASE finish % 2 WHEN 0 THEN 1 ELSE -1 END"
            " WHERE job_name = ? AND last = 1",
            (f"{expid}_SETUP",),
        )
