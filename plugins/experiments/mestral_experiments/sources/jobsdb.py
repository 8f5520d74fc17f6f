"""Job lists of Autosubmit 4.2: table `jobs` of `db/job_list.db` (formats/AUTOSUBMIT_DATA.md 6.2).

Guarantees: columns are found by name; an absent column or an unreadable value is null. A page is exactly
the page that the whole list would give. A job that changes its state keeps its place in the list.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.joblist import build_jobs, matching, position_after
from mestral_experiments.sources.protocol import JobPage, JobQuery
from mestral_experiments.sources.storage import Database, Order

_FREQUENT = (JobStatus.COMPLETED, JobStatus.WAITING)  # SQLite compares one after the other
_CODES = " ".join(f"WHEN '{status.name}' THEN {status.value}" for status in (*_FREQUENT, *JobStatus))
_STATE_OF_CODE = {status.value: status for status in JobStatus} | {None: JobStatus.UNKNOWN}
_POSITIVE = "CASE WHEN {0} > 0 THEN {0} END"
_COLUMNS = dict.fromkeys(
    (
        "name", "id", "status", "priority", "section", "date", "member", "chunk", "split", "splits",
        "local_logs_out", "local_logs_err", "remote_logs_out", "remote_logs_err",
    ),
    "{0}",
) | {
    "status": f"CASE {{0}} {_CODES} ELSE {JobStatus.UNKNOWN.value} END",
    "split": _POSITIVE,
    "splits": _POSITIVE,
}  # fmt: skip
"""Columns in the order of the fields of `Job`, read as `build_jobs` wants their values."""
_STATE_COLUMNS = {name: _COLUMNS[name] for name in ("name", "status")}
_LIST_ORDER = Order(changed="status", name="name", numbers=("priority", "chunk"))
"""As Autosubmit 4.2 writes job lists: level by level, chunk by chunk, then dates, members and splits."""
_JOBS = msgspec.json.Decoder(list[Job])
_STATES = msgspec.json.Decoder(list[tuple[str, JobStatus]])
_NAMES = msgspec.json.Decoder(list[str])
_PATTERNS = 8  # whose matches are kept with the names
_LONGEST_PAGE = 1000  # jobs that are asked for one by one; SQLite allows 32,766


def read_jobs(database: Database) -> list[Job]:
    """All jobs, in list order: that in which they were written, where that is unknown `_LIST_ORDER`.

    Raises:
        Missing: No table.
        Damaged: A table without names.
    """
    tail = database.in_row_order("jobs", _LIST_ORDER)
    json = database.json_rows("jobs", _COLUMNS, tail, needs=("name",))
    if json is not None:
        with suppress(msgspec.DecodeError):
            return _JOBS.decode(json)
    return build_jobs(database.select("jobs", _COLUMNS, tail, needs=("name",)))


def read_states(database: Database) -> list[tuple[str, JobStatus]]:
    """Name and state of all jobs, in list order.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    return _states(database, database.in_row_order("jobs", _LIST_ORDER))


def read_states_of(database: Database, names: Sequence[str]) -> dict[str, JobStatus]:
    """States of these jobs by name; what is not in the table is left out.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    if len(names) > _LONGEST_PAGE:
        wanted = set(names)
        return {name: state for name, state in _states(database) if name in wanted}
    found = database.select("jobs", _STATE_COLUMNS, _of(names), names, needs=("name",))
    return {name: _STATE_OF_CODE[code] for name, code in found}


def read_job(database: Database, name: str) -> Job | None:
    """The job of exactly this name, None without one.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    found = build_jobs(database.select("jobs", _COLUMNS, "WHERE name = ?", (name,), needs=("name",)))
    return found[0] if found else None


class Names(msgspec.Struct, frozen=True):
    """The names of all jobs, which change only when a job list is created anew.

    Attributes:
        json: As the database wrote them, to see that nothing changed.
        ordered: In (lower-case name, name) order.
        lowered: The same in lower case.
        found: Those that match a pattern, for the patterns that were asked for last.
    """

    json: str
    ordered: tuple[str, ...]
    lowered: tuple[str, ...]
    found: dict[str, Sequence[str]] = {}

    def matching(self, pattern: str | None) -> Sequence[str]:
        """Those that match a pattern of `JobQuery`, in order."""
        if not pattern:
            return self.ordered
        found = self.found.pop(pattern, None)
        if found is None:
            found = matching(self.ordered, self.lowered, pattern)
        self.found[pattern] = found  # as the newest
        if len(self.found) > _PATTERNS:
            del self.found[next(iter(self.found))]
        return found


def read_page(database: Database, query: JobQuery, before: Names | None) -> tuple[JobPage, Names] | None:
    """The page without reading the other jobs: the names alone say which jobs are on it.

    Args:
        database: What is asked.
        query: What is asked for.
        before: The names as they were; they need not be sorted again when they are the same.

    Returns:
        The page and the names; None when the page is long, or names are missing, repeated or no texts: then
        the whole list has to be read.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    names = _names(database, before)
    if names is None:
        return None
    found = names.matching(query.name)
    if query.status is not None:
        states = dict(_states(database))
        found = [name for name in found if states[name] is query.status]
    start = query.offset
    if query.after is not None:
        start += position_after(query.after, found, str)
    page = found[start : None if query.limit is None else start + query.limit]
    if len(page) > _LONGEST_PAGE:
        return None
    chosen = database.select("jobs", _COLUMNS, _of(page), page, needs=("name",))
    jobs = {job.name: job for job in build_jobs(chosen)}
    return JobPage(jobs=[jobs[name] for name in page], total=len(found)), names


def _states(database: Database, tail: str = "") -> list[tuple[str, JobStatus]]:
    """As `read_states`; in any order without a tail, which is cheaper."""
    json = database.json_rows("jobs", _STATE_COLUMNS, tail, needs=("name",))
    if json is not None:
        with suppress(msgspec.DecodeError):
            return _STATES.decode(json)
    found = database.select("jobs", _STATE_COLUMNS, tail, needs=("name",))
    return [(name, _STATE_OF_CODE[code]) for name, code in found if isinstance(name, str)]


def _of(names: Sequence[str]) -> str:
    """The end of a statement about the jobs of these names, which may be none."""
    return f"WHERE name IN ({', '.join('?' * len(names)) or 'NULL'})"


def _names(database: Database, before: Names | None) -> Names | None:
    json = database.json_rows("jobs", ("name",), needs=("name",))
    if json is None:
        return None
    if before is not None and json == before.json:
        return before
    try:
        names = _NAMES.decode(json)
    except msgspec.DecodeError:
        return None
    different = set(names)
    if len(different) < len(names):
        return None
    if before is not None and len(names) == len(before.ordered) and different.issuperset(before.ordered):
        return msgspec.structs.replace(before, json=json)  # a row that was changed is in another place
    pairs = sorted((name.lower(), name) for name in names)
    return Names(json, tuple([name for _, name in pairs]), tuple([lower for lower, _ in pairs]))


def read_modified(database: Database) -> datetime | None:
    """The newest `modified` (aware, UTC); None for no or an empty table, and for text that is no time."""
    newest = database.newest("jobs", "modified")
    if not isinstance(newest, str):
        return None
    try:
        moment = datetime.fromisoformat(newest)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def examine(database: Database) -> str:
    """What was found, in words, once the whole table could be gone over.

    Raises:
        Missing, Damaged: As `read_jobs`.
    """
    database.walk("jobs", ("name",))
    return "table jobs"
