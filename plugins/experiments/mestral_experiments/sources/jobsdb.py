"""Job lists of Autosubmit 4.2: table `jobs` of `db/job_list.db` (formats/AUTOSUBMIT_DATA.md 6.2).

Guarantees: columns are found by name; an absent column or an unreadable value is null. A page read by SQL
is exactly the page that the whole list would give.
"""

import sqlite3
from datetime import UTC, datetime

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.joblist import build_jobs
from mestral_experiments.sources.protocol import JobPage, JobQuery
from mestral_experiments.sources.sqlite import columns, rows, select

_CODES = " ".join(f"WHEN '{status.name}' THEN {status.value}" for status in JobStatus)
_POSITIVE = "CASE WHEN typeof({0}) = 'integer' AND {0} > 0 THEN {0} END"
_COLUMNS = {
    name: name for name in ("name", "id", "status", "priority", "section", "date", "member", "chunk")
} | {
    "status": f"CASE status {_CODES} ELSE {JobStatus.UNKNOWN.value} END",
    "split": _POSITIVE.format("split"),
    "splits": _POSITIVE.format("splits"),
    "local_logs_out": "local_logs_out",
    "local_logs_err": "local_logs_err",
    "remote_logs_out": "remote_logs_out",
    "remote_logs_err": "remote_logs_err",
}
"""Columns in the order of the fields of `Job`, as `build_jobs` wants their values."""
_LARGEST = 2**63 - 1  # of SQLite's integers


def read_jobs(connection: sqlite3.Connection) -> list[Job]:
    """All jobs, in the order of the table.

    Raises:
        Missing: No table.
        Damaged: A table without names.
    """
    return build_jobs(select(connection, "jobs", _COLUMNS, needs=("name",)))


def read_states(connection: sqlite3.Connection) -> list[tuple[str, JobStatus]]:
    """Name and state of all jobs, in the order of the table.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    wanted = {"name": "name", "status": _COLUMNS["status"]}
    states = {status.value: status for status in JobStatus} | {None: JobStatus.UNKNOWN}
    found = select(connection, "jobs", wanted, needs=("name",))
    return [(name, states[code]) for name, code in found if isinstance(name, str)]


def read_page(connection: sqlite3.Connection, query: JobQuery) -> JobPage | None:
    """The page, when SQL gives exactly what the whole list gives; else None.

    That is so when every name is ASCII, for SQLite folds only these, and the pattern has one part: several
    would need LIKE, whose time is not linear.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    part = (query.name or "").lstrip("!").strip("*").lower()
    if not part.isascii() or "*" in part or "\0" in part:
        return None
    types = columns(connection, "jobs")
    if "name" not in types or "text" not in types.get("status", ""):
        return None
    is_ascii = "typeof(name) = 'text' AND length(CAST(name AS BLOB)) = length(name)"
    ((total, plain),) = rows(connection, f"SELECT COUNT(*), MIN({is_ascii}) FROM jobs")  # noqa: S608 - our own words
    if total and not plain:
        return None
    where, values = _condition(query, part)
    if where:
        ((total,),) = rows(connection, f"SELECT COUNT(*) FROM jobs WHERE {where}", values)  # noqa: S608
    order = "ORDER BY lower(name), name"
    # The inner query needs the index of names alone, not the wide rows of the table.
    inner = f"SELECT rowid FROM jobs WHERE {where or 'TRUE'} {order} LIMIT ? OFFSET ?"  # noqa: S608
    limit = -1 if query.limit is None else min(query.limit, _LARGEST)
    values = [*values, limit, min(query.offset, _LARGEST)]
    page = select(connection, "jobs", _COLUMNS, f"WHERE rowid IN ({inner}) {order}", values, needs=("name",))
    return JobPage(jobs=build_jobs(page), total=total)


def _condition(query: JobQuery, part: str) -> tuple[str, list[object]]:
    """The filters of a query in SQL and their values; "" when it has none."""
    clauses: list[str] = []
    values: list[object] = []
    if query.name:
        negated = (len(query.name) - len(query.name.lstrip("!"))) % 2 == 1
        clauses.append(
            "instr(lower(name), ?) = 0" if negated else "instr(lower(name), ?) > 0"
        )  # of "" it is 1
        values.append(part)
    if query.status is JobStatus.UNKNOWN:
        known = [status.name for status in JobStatus if status is not JobStatus.UNKNOWN]
        clauses.append(f"ifnull(status, '') NOT IN ({', '.join('?' * len(known))})")
        values += known
    elif query.status is not None:
        clauses.append("status = ?")
        values.append(query.status.name)
    return " AND ".join(clauses), values


def read_modified(connection: sqlite3.Connection) -> datetime | None:
    """The newest `modified` (aware, UTC); None for no or an empty table, and for text that is no time."""
    types = columns(connection, "jobs")
    if "modified" not in types:
        return None
    ((newest,),) = rows(connection, "SELECT MAX(modified) FROM jobs")
    if not isinstance(newest, str):
        return None
    try:
        moment = datetime.fromisoformat(newest)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
