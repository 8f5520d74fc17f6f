"""The history of an experiment: `job_data_<expid>.db` of every version (formats/AUTOSUBMIT_DATA.md 4).

Guarantees: columns are found by name, whatever their order; an absent column or an unreadable value is null,
and harms neither its row nor another. What nobody shows (`extra_data`, `children`, `platform_output`,
memory, `rowstatus`, `fail_count`) is never read.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar, cast

import msgspec

from mestral_experiments.model import Attempt, Run, Times
from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.storage import Database
from mestral_experiments.sources.values import integer, number, positive, seconds, text

R = TypeVar("R", Attempt, Times)
logger = logging.getLogger(__name__)

_RUN = (
    "run_id", "created", "start", "finish", "chunk_unit", "chunk_size", "completed", "total", "failed",
    "queuing", "running", "submitted", "suspended",
)  # fmt: skip
_ATTEMPT: dict[str, Callable[[object], object]] = {
    "job_name": text,
    "submit": seconds,
    "start": seconds,
    "finish": seconds,
    "status": text,
    "counter": integer,
    "rowtype": integer,
    "ncpus": integer,
    "nnodes": integer,
    "wallclock": text,
    "qos": text,
    "platform": text,
    "energy": number,
    "date": text,
    "section": text,
    "member": text,
    "chunk": positive,
    "split": positive,
    "splits": positive,
    "job_id": integer,
    "run_id": integer,
    "out": text,
    "err": text,
    "workflow_commit": text,
    "created": text,
    "last": integer,
}
"""Columns in the order of the fields of `Attempt`, and what makes a field of an odd value."""
_TIMES = {
    column: _ATTEMPT[column]
    for column in ("job_name", "submit", "start", "finish", "status", "run_id", "workflow_commit")
}
"""The same for `Times`."""
_NEEDS = ("id", "job_name", "counter", "last", "rowtype")
_LAST = "last = 1 AND rowtype >= 1"
_POSITIVE = "CASE WHEN {0} > 0 THEN {0} END"
_EXPRESSIONS: dict[Callable[[object], object], str] = {
    positive: _POSITIVE,
    seconds: _POSITIVE,
    number: "CASE WHEN {0} = 0 THEN 0 ELSE {0} END",  # SQLite takes its time to write 0.0
}
_JSON = {record: msgspec.json.Decoder(list[record]) for record in (Attempt, Times)}  # type: ignore[valid-type]


def read_latest_run(database: Database) -> Run | None:
    """The run with the largest id; None when there is none.

    Raises:
        Damaged: The table of runs has no ids.
    """
    found = _runs(database, "ORDER BY run_id DESC LIMIT 1")
    return found[0] if found else None


def read_runs(database: Database) -> list[Run]:
    """All runs by ascending id.

    Raises:
        Damaged: As `read_latest_run`.
    """
    return _runs(database, "ORDER BY run_id")


def read_run_metadata(database: Database, run_id: int) -> tuple[object] | None:
    """What is stored as the configuration of a run; None without such a run.

    Args:
        database: What is asked.
        run_id: Within 64 bits.

    Raises:
        Missing: No table of runs.
        Damaged: As `read_latest_run`.
    """
    tail = "WHERE run_id = ?"
    found = database.select("experiment_run", ("metadata",), tail, (run_id,), needs=("run_id",))
    return (found[0][0],) if found else None


class Chosen(msgspec.Struct, frozen=True):
    """Which attempts are wanted: see the arguments of `ExperimentSource.attempts`."""

    name: str | None = None
    run_id: int | None = None
    completed: Collection[str] | None = None
    last: bool = False

    def conditions(self) -> tuple[list[str], list[object], list[str]]:
        """What to ask for: conditions, their values, and the columns that an old table may lack."""
        found: list[str] = []
        values: list[object] = []
        columns: list[str] = []
        if self.name is not None:
            found.append("job_name = ?")
            values.append(self.name)
        if self.run_id is not None:
            found.append("run_id = ?")
            values.append(self.run_id)
            columns.append("run_id")
        if self.completed is not None:
            marks = ", ".join("?" * len(self.completed)) or "NULL"
            found.append(f"status = 'COMPLETED' AND (section IN ({marks}) OR member IN ({marks}))")
            values += [*self.completed, *self.completed]
            columns += ["status", "section", "member"]
        return found, values, columns


def read_attempts(database: Database, chosen: Chosen) -> list[Attempt]:
    """Attempts, see `ExperimentSource.attempts`.

    Raises:
        Damaged: The table of attempts lacks what tells one from another.
    """
    conditions, values, columns = chosen.conditions()
    needs = (*_NEEDS, *columns)
    if chosen.last:
        return _last(database, _ATTEMPT, Attempt, conditions, values, needs)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    try:
        return _records(database, _ATTEMPT, Attempt, f"{where} ORDER BY id", values, needs)
    except Damaged:
        database.select("job_data", _NEEDS, "LIMIT 1", needs=_NEEDS)
        return []  # of an old table: no row says what was asked for


def read_last_times(database: Database) -> list[Times]:
    """Times of the last attempt of every job.

    Raises:
        Damaged: As `read_attempts`.
    """
    return _last(database, _TIMES, Times, (), ())


def examine(database: Database) -> str:
    """What was found, in words, once both tables could be gone over; one of them may be missing.

    Raises:
        Missing: Both are.
        Damaged: As `read_latest_run` and `read_attempts`.
    """
    found = []
    for table, needs in (("experiment_run", ("run_id",)), ("job_data", _NEEDS)):
        try:
            database.walk(table, needs)
        except Missing:
            continue
        found.append(table)
    if not found:
        raise Missing("no table of runs or attempts")
    version = "" if database.version is None else f" of version {database.version}"
    return f"table{'s' if len(found) > 1 else ''} {', '.join(found)}{version}"


def _last(
    database: Database,
    fields: Mapping[str, Callable[[object], object]],
    record: type[R],
    conditions: Sequence[str],
    values: Sequence[object],
    needs: Sequence[str] = _NEEDS,
) -> list[R]:
    """The attempt of each job that counts, of those that meet the conditions."""
    where = f"WHERE {' AND '.join((*conditions, _LAST))}"
    found = _records(database, fields, record, where, values, needs)
    names = {attempt.name for attempt in found}
    if len(names) < len(found):  # rare, and sorting by counter would cost half of the reading
        found = _records(database, fields, record, f"{where} ORDER BY counter, id", values, needs)
    return list({attempt.name: attempt for attempt in found}.values())


def _records(
    database: Database,
    fields: Mapping[str, Callable[[object], object]],
    record: type[R],
    tail: str,
    values: Sequence[object],
    needs: Sequence[str] = _NEEDS,
) -> list[R]:
    wanted = {column: _EXPRESSIONS.get(mend, "{0}") for column, mend in fields.items()}
    json = database.json_rows("job_data", wanted, tail, values, needs=needs)
    if json is not None:
        with suppress(msgspec.DecodeError):
            return cast("list[R]", _JSON[record].decode(json))
    try:
        rows = database.select("job_data", wanted, tail, values, needs=needs)
    except Missing:
        return []
    try:
        return msgspec.convert(rows, list[record])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        pass
    mended = ([mend(value) for mend, value in zip(fields.values(), row, strict=True)] for row in rows)
    named = [attempt for attempt in mended if attempt[0] is not None]
    if len(named) < len(rows):
        logger.warning("%d attempts without the name of a job are left out", len(rows) - len(named))
    return msgspec.convert(named, list[record])  # type: ignore[valid-type]


def _runs(database: Database, tail: str) -> list[Run]:
    try:
        rows = database.select("experiment_run", _RUN, tail, needs=("run_id",))
    except Missing:
        return []
    runs = []
    for run_id, created, start, finish, unit, size, *counters in rows:
        runs.append(
            Run(
                integer(run_id) or 0, text(created), seconds(start), seconds(finish), text(unit),
                integer(size), *(integer(counter) or 0 for counter in counters),
            )
        )  # fmt: skip
    return runs
