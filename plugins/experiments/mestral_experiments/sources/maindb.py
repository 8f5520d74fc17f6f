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
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TypeVar

from mestral import Problem, unavailable
from mestral.readers import Fingerprint, fingerprint, stamp_sqlite
from mestral_experiments.model import Experiment
from mestral_experiments.sources.catalog import Catalog, Columns, Derived
from mestral_experiments.sources.failures import Failures
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.sqlite import open_in_place, open_readonly, read_database, select
from mestral_experiments.sources.tables import (
    DETAILS,
    EXPERIMENT,
    STATUS,
    Rows,
    Table,
    mended,
    no_rows,
    read_rows,
)

T = TypeVar("T")
logger = logging.getLogger(__name__)

_UNREADABLE = "The experiment database cannot be read"


class MainDatabase:
    """Keeps the catalog.

    Args:
        state_dir: For copies of databases that cannot be read in place.
        busy_seconds: How long to wait for a lock.
        failures: Remembers what could not be read.
    """

    def __init__(self, state_dir: Path, busy_seconds: float, failures: Failures) -> None:
        self._state_dir = state_dir
        self._busy_seconds = busy_seconds
        self._failures = failures
        self._lock = threading.Lock()
        self._began = float("-inf")  # monotonic time when the last attempt began
        self._outcome: Catalog | Problem | None = None
        self._catalog: Catalog | None = None
        self._derived = Derived()
        self._main_taken = self._status_taken = Fingerprint()
        self._experiments, self._details, self._status = map(no_rows, (EXPERIMENT, DETAILS, STATUS))
        self._status_known = True
        self._alone: dict[str, Experiment] = {}  # found since the databases changed, before all are read
        self._alone_taken = Fingerprint()

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
                return self._catalog.find(name)
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
        return self.catalog(rc).find(name)  # waits for a lock, and says what is wrong

    def look(self, rc: RcFile) -> None:
        """See whether the experiment database can be read, without reading or copying all of it.

        Raises:
            Missing, Damaged, Busy: It cannot.
        """
        with self._lock:
            taken = fingerprint(stamp_sqlite(rc.main_database))
            if self._catalog is None or not _proven(self._main_taken, taken):
                with open_in_place(rc.main_database, busy_seconds=0) as connection:
                    if connection is not None:
                        needs = EXPERIMENT.needs
                        select(connection, EXPERIMENT.name, needs, "LIMIT 1", needs=needs)

    def _read_one(self, rc: RcFile, name: str) -> Experiment | None:
        def one(connection: sqlite3.Connection, table: Table, key: str, value: object) -> Rows:
            tail = f"WHERE {key} = ? {table.order}"
            return mended(
                table, select(connection, table.name, table.columns, tail, (value,), needs=table.needs)
            )

        details, status = no_rows(DETAILS), no_rows(STATUS)
        with self._opened(rc.main_database) as connection:
            found = one(connection, EXPERIMENT, "name", name)
            ids = found.columns[0]
            if not ids:
                return None
            with suppress(Missing):
                details = one(connection, DETAILS, "exp_id", ids[0])
        with suppress(Missing), self._opened(rc.status_database) as connection:
            status = one(connection, STATUS, "exp_id", ids[0])
        return Catalog(_joined(Derived(), found, details, status), Derived()).records((0,))[0]

    def _opened(self, path: Path) -> AbstractContextManager[sqlite3.Connection]:
        """For a look that waits for nothing: the whole catalog is read after one that fails."""
        return open_readonly(path, state_dir=self._state_dir, busy_seconds=0)

    def _current(self, rc: RcFile) -> Catalog:
        taken = fingerprint(stamp_sqlite(rc.main_database))
        if not _proven(self._main_taken, taken):
            self._experiments, self._details = self._read_main(rc.main_database, taken)
            self._main_taken = taken
        taken = fingerprint(stamp_sqlite(rc.status_database))
        if not _proven(self._status_taken, taken):
            self._status_known = True
            self._status = self._read_status(rc.status_database, taken)
            self._status_taken = taken if self._status_known else Fingerprint()  # else a lock would stay
        columns = _joined(self._derived, self._experiments, self._details, self._status)
        made = Catalog(columns, self._derived, status_known=self._status_known)
        if self._catalog is None or not made.same_as(self._catalog):
            self._catalog = made
        return self._catalog

    def _read_main(self, path: Path, taken: Fingerprint) -> tuple[Rows, Rows]:
        def read(connection: sqlite3.Connection) -> tuple[Rows, Rows]:
            try:
                experiments = read_rows(connection, EXPERIMENT, self._experiments)
            except Missing as fault:
                raise Damaged(str(fault)) from fault
            try:
                return experiments, read_rows(connection, DETAILS, self._details)
            except Fault as fault:
                logger.debug("no details: %s", fault)
                return experiments, no_rows(DETAILS)

        try:
            return self._read(path, taken, read)
        except Fault as fault:
            self._failures.tell(logging.ERROR, _UNREADABLE, fault)
            raise unavailable(_UNREADABLE, retry_after=1 if isinstance(fault, Busy) else None) from fault

    def _read_status(self, path: Path, taken: Fingerprint) -> Rows:
        try:
            return self._read(path, taken, lambda c: read_rows(c, STATUS, self._status))
        except Missing:
            return no_rows(STATUS)
        except Fault as fault:
            self._failures.tell(
                logging.WARNING, "The status of experiments cannot be read, none is shown as running", fault
            )
            self._status_known = False
            return no_rows(STATUS)

    def _read(self, path: Path, taken: Fingerprint, read: Callable[[sqlite3.Connection], T]) -> T:
        return self._failures.read(
            path,
            taken,
            lambda: read_database(path, read, state_dir=self._state_dir, busy_seconds=self._busy_seconds),
        )


def _proven(before: Fingerprint, now: Fingerprint) -> bool:
    """Whether nothing can have changed since `before` was taken."""
    return before.settled and before.same_as(now)


def _joined(derived: Derived, experiments: Rows, details: Rows, status: Rows) -> Columns:
    """The columns of the catalog: details and status beside the experiment of the same id.

    Of several rows with one id the last counts.
    """
    ids, names, descriptions, versions = experiments.columns
    in_details = derived.get("rows of details", (ids, details.columns[0]), _places)
    in_status = derived.get("rows of status", (ids, status.columns[0]), _places)
    user, created, model, branch, hpc = (
        derived.get(name, (column, in_details), _picked)
        for name, column in zip(DETAILS.columns[1:], details.columns[1:], strict=True)
    )
    return Columns(
        id=ids,
        name=names,
        description=derived.get("description", (descriptions,), _texts),
        version=versions,
        user=user,
        created=created,
        model=model,
        branch=branch,
        hpc=hpc,
        status=derived.get("status", (status.columns[1], in_status), _picked),
        has_details=derived.get("has details", (in_details,), _present),
    )


def _places(ids: Sequence[int], own: Sequence[int]) -> list[int | None]:
    """In which row of another table each experiment is."""
    return list(map(dict(zip(own, range(len(own)), strict=True)).get, ids))


def _picked(values: Sequence[T], places: Sequence[int | None]) -> list[T | None]:
    return [None if place is None else values[place] for place in places]


def _present(places: Sequence[int | None]) -> list[bool]:
    return [place is not None for place in places]


def _texts(values: Sequence[str | None]) -> list[str]:
    return [value or "" for value in values]
