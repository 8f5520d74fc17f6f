"""The shared databases: `autosubmit.db` (experiment, details) and `as_times.db` (status) as one catalog.

Guarantees: each is read again only when its file changed; records that are the same give the same `Catalog`
object. Without details or status the experiments are served all the same (contract/API_V4.md 10.1). Safe
from several threads: one reads, the others that wait get what it found.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mestral import Problem, unavailable
from mestral.readers import Fingerprint, fingerprint, stamp_sqlite
from mestral_experiments.model import Experiment
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing
from mestral_experiments.sources.protocol import Catalog
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.sqlite import json_rows, read_database, select
from mestral_experiments.sources.values import integer, text

T = TypeVar("T")
logger = logging.getLogger(__name__)


class _Table(msgspec.Struct, frozen=True):
    """A table that takes part in the catalog.

    Attributes:
        name: Its name.
        columns: Those that are read; the first is the id of the experiment.
        needs: Columns without which it is useless.
        rows: What its rows are expected to hold.
        order: How `select` sorts them.
    """

    name: str
    columns: tuple[str, ...]
    needs: tuple[str, ...]
    rows: msgspec.json.Decoder[Any]
    order: str = ""


_Text = str | None
_EXPERIMENT = _Table(
    "experiment",
    ("id", "name", "description", "autosubmit_version"),
    ("id", "name"),
    msgspec.json.Decoder(list[tuple[int, str, _Text, _Text]]),
    order="ORDER BY id",
)
_DETAILS = _Table(
    "details",
    ("exp_id", "user", "created", "model", "branch", "hpc"),
    ("exp_id",),
    msgspec.json.Decoder(list[tuple[int, _Text, _Text, _Text, _Text, _Text]]),
)
_STATUS = _Table(
    "experiment_status",
    ("exp_id", "status"),
    ("exp_id", "status"),
    msgspec.json.Decoder(list[tuple[int, _Text]]),
)
_NO_DETAILS = (None, None, None, None, None)
_NO_STATUS = (None,)


class _Rows:
    """Rows of a table as they were read once.

    Attributes:
        json: The rows as SQLite wrote them, to see that nothing changed; None where it could not.
        rows: The rows.
        plain: Whether every value has the type that is expected.
    """

    def __init__(self, json: str | None, rows: list[tuple[Any, ...]], plain: bool) -> None:
        self.json, self.rows, self.plain = json, rows, plain

    @cached_property
    def by_id(self) -> dict[Any, tuple[Any, ...]]:
        """All but the id, by id; of several rows with one id the last counts."""
        return {row[0]: row[1:] for row in self.rows}


_NO_ROWS = _Rows(None, [], True)


class MainDatabase:
    """Keeps the catalog.

    Args:
        state_dir: For copies of databases that cannot be read in place.
        busy_seconds: How long to wait for a lock.
    """

    def __init__(self, state_dir: Path, busy_seconds: float) -> None:
        self._state_dir = state_dir
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._began = float("-inf")  # monotonic time when the last attempt began
        self._outcome: Catalog | Problem | None = None
        self._catalog: Catalog | None = None
        self._main_taken = self._status_taken = Fingerprint()
        self._experiments = self._details = self._status = _NO_ROWS
        self._alone: dict[str, Experiment] = {}  # found since the databases changed, before all are read
        self._alone_taken = Fingerprint()
        self._status_unread = False

    def catalog(self, rc: RcFile) -> Catalog:
        """All experiments as they are now.

        Raises:
            Problem: 503 when the experiment database is missing, damaged or locked past the wait.
        """
        arrived = time.monotonic()
        with self._lock:
            # An attempt that began after this call saw what this one would see: many callers wait
            # once for a locked database, not one after the other.
            if self._outcome is None or self._began < arrived:
                self._began = time.monotonic()
                try:
                    self._outcome = self._current(rc)
                except Problem as problem:
                    self._outcome = problem
            outcome = self._outcome
        if isinstance(outcome, Problem):
            raise outcome.with_traceback(None)
        return outcome

    def find(self, rc: RcFile, name: str) -> Experiment | None:
        """The experiment of that name; alone, when the databases changed since all were read.

        Raises:
            Problem: As `catalog`.
        """
        with self._lock:
            taken = fingerprint((*stamp_sqlite(rc.main_database), *stamp_sqlite(rc.status_database)))
            if self._catalog is not None and _proven(self._main_taken + self._status_taken, taken):
                return self._catalog.by_name.get(name)
            if not _proven(self._alone_taken, taken):
                self._alone, self._alone_taken = {}, taken
            if name in self._alone:
                return self._alone[name]
            try:
                found = self._read_one(rc, name)
            except Fault as fault:
                logger.debug("%s is not read alone: %s", name, fault)
            else:
                if found is not None:  # names that nobody has are without number
                    self._alone[name] = found
                return found
        return self.catalog(rc).by_name.get(name)  # waits for a lock, and says what is wrong

    def _read_one(self, rc: RcFile, name: str) -> Experiment | None:
        def one(connection: sqlite3.Connection, table: _Table, key: str, value: object) -> list[Any]:
            tail = f"WHERE {key} = ? {table.order}"
            return select(connection, table.name, table.columns, tail, (value,), needs=table.needs)

        def main(connection: sqlite3.Connection) -> tuple[list[Any], list[Any]]:
            found = one(connection, _EXPERIMENT, "name", name)[:1]
            try:
                return found, one(connection, _DETAILS, "exp_id", found[0][0]) if found else []
            except Missing:
                return found, []

        found, details = self._read(rc.main_database, main, busy_seconds=0)
        status: list[Any] = []
        if found:
            with suppress(Missing):
                status = self._read(
                    rc.status_database, lambda c: one(c, _STATUS, "exp_id", found[0][0]), busy_seconds=0
                )
        records = _mended(found, _Rows(None, details, False).by_id, _Rows(None, status, False).by_id)
        return records[0] if records else None

    def _current(self, rc: RcFile) -> Catalog:
        before = self._experiments, self._details, self._status
        taken = fingerprint(stamp_sqlite(rc.main_database))
        if not _proven(self._main_taken, taken):
            self._experiments, self._details = self._read_main(rc)
            self._main_taken = taken
        taken = fingerprint(stamp_sqlite(rc.status_database))
        if not _proven(self._status_taken, taken):
            self._status_unread = False
            self._status = self._read_status(rc)
            self._status_taken = Fingerprint() if self._status_unread else taken  # else a lock would stay
        if self._catalog is None or before != (self._experiments, self._details, self._status):
            self._catalog = self._assembled(*before)
        return self._catalog

    def _read_main(self, rc: RcFile) -> tuple[_Rows, _Rows]:
        def read(connection: sqlite3.Connection) -> tuple[_Rows, _Rows]:
            try:
                experiments = _rows(connection, _EXPERIMENT, self._experiments)
            except Missing as fault:
                raise Damaged(str(fault)) from fault
            try:
                return experiments, _rows(connection, _DETAILS, self._details)
            except Fault as fault:
                logger.debug("no details: %s", fault)
                return experiments, _NO_ROWS

        try:
            return self._read(rc.main_database, read, self._busy_seconds)
        except Fault as fault:
            logger.error("the experiment database cannot be read: %s", fault)
            raise unavailable(
                "The experiment database cannot be read", retry_after=1 if isinstance(fault, Busy) else None
            ) from fault

    def _read_status(self, rc: RcFile) -> _Rows:
        try:
            return self._read(
                rc.status_database, lambda c: _rows(c, _STATUS, self._status), self._busy_seconds
            )
        except Missing:
            return _NO_ROWS
        except Fault as fault:
            logger.warning("the status of experiments cannot be read: %s", fault)
            self._status_unread = True
            return _NO_ROWS

    def _read(self, path: Path, read: Callable[[sqlite3.Connection], T], busy_seconds: float) -> T:
        return read_database(path, read, state_dir=self._state_dir, busy_seconds=busy_seconds)

    def _assembled(self, experiments: _Rows, details: _Rows, status: _Rows) -> Catalog:
        """A catalog of the rows there are now; the arguments are those that the last one was made of."""
        rows = self._experiments.rows
        old = self._catalog.experiments if self._catalog is not None else ()
        same = details is self._details and status is self._status and len(old) == len(rows)
        if not (self._experiments.plain and self._details.plain and self._status.plain):
            records = _mended(rows, self._details.by_id, self._status.by_id)
        elif same and experiments.plain and len(experiments.rows) == len(rows):
            # One description changed: all other records stand.
            records = tuple(
                [
                    record if row == before else self._record(row)
                    for row, before, record in zip(rows, experiments.rows, old, strict=True)
                ]
            )
        else:
            records = tuple(map(self._record, rows))
        by_name = {record.name: record for record in reversed(records)}
        return Catalog(records, by_name)

    def _record(self, row: tuple[Any, ...]) -> Experiment:
        number, name, description, version = row
        details = self._details.by_id.get(number)
        values = (*(details or _NO_DETAILS), *self._status.by_id.get(number, _NO_STATUS), details is not None)
        return Experiment(number, name, description or "", version, *values)


def _proven(before: Fingerprint, now: Fingerprint) -> bool:
    """Whether nothing can have changed since `before` was taken."""
    return before.settled and before.same_as(now)


def _rows(connection: sqlite3.Connection, table: _Table, before: _Rows) -> _Rows:
    """The rows of a table by id; `before` when they are still the same.

    Raises:
        Missing: No such table.
        Damaged: A column that it needs is absent.
    """
    json = json_rows(connection, table.name, table.columns)
    if json is not None and json == before.json:
        return before
    try:
        if json is not None:
            rows = sorted(table.rows.decode(json), key=itemgetter(0))
            return before if before.plain and rows == before.rows else _Rows(json, rows, plain=True)
    except msgspec.ValidationError as error:
        logger.info("table %s holds values of unexpected types: %s", table.name, error)
    found = select(connection, table.name, table.columns, table.order, needs=table.needs)
    return before if found == before.rows else _Rows(json, found, plain=False)


def _mended(
    rows: Sequence[tuple[Any, ...]], details: dict[Any, tuple[Any, ...]], status: dict[Any, tuple[Any, ...]]
) -> tuple[Experiment, ...]:
    """Records whose odd values are None; none at all without an id or a name."""
    records = []
    for raw_number, raw_name, *more in rows:
        number, name = integer(raw_number), text(raw_name)
        if number is None or name is None:
            logger.warning("experiment %r is left out: its name is %r", raw_number, raw_name)
            continue
        more += (*details.get(raw_number, _NO_DETAILS), *status.get(raw_number, _NO_STATUS))
        description, version, user, created, model, branch, hpc, state = map(text, more)
        records.append(
            Experiment(
                number,
                name,
                description or "",
                version,
                user,
                created,
                model,
                branch,
                hpc,
                state,
                raw_number in details,
            )
        )
    return tuple(records)
