"""The shared databases, of experiments and their details and of what is running, as one catalog.

Guarantees: each is read again only when it changed; records that are the same give the same `Catalog`
object. Without details or status the experiments are served all the same (contract/API_V4.md 10.1). Safe
from several threads: one reads, the others that wait get what it found.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from mestral import Problem, unavailable
from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources.catalog import Catalog, Columns, Derived
from mestral_experiments.sources.failures import Failures
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing
from mestral_experiments.sources.storage import Database, Storage, Store
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
        storage: Where the databases are.
        failures: Remembers what could not be read.
    """

    def __init__(self, storage: Storage, failures: Failures) -> None:
        self.storage = storage
        self._failures = failures
        self._lock = threading.Lock()
        self._began = float("-inf")  # monotonic time when the last attempt began
        self._outcome: Catalog | Problem | None = None
        self._catalog: Catalog | None = None
        self._derived = Derived()
        self._moment = self._main_taken = self._status_taken = Fingerprint()
        self._experiments, self._details, self._status = map(no_rows, (EXPERIMENT, DETAILS, STATUS))
        self._status_known = True
        self._alone: dict[str, Experiment] = {}  # found since the databases changed, before all are read
        self._alone_taken = Fingerprint()

    def catalog(self) -> Catalog:
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
                    self._outcome = self._current()
                except Problem as problem:
                    self._outcome = problem
            outcome = self._outcome
        if isinstance(outcome, Problem):
            raise outcome.with_traceback(None)
        return outcome

    def find(self, name: str) -> Experiment | None:
        """The experiment of that name; alone, when the databases changed since all were read.

        Raises:
            Problem: As `catalog`.
        """
        with self._lock, suppress(Fault):
            moment = self.storage.moment()
            if self._catalog is not None and _proven(self._moment, moment):
                return self._catalog.find(name)
            if not _proven(self._alone_taken, moment):
                self._alone, self._alone_taken = {}, moment
            if name not in self._alone:
                found = _read_one(self.storage, name)
                if found is None:  # names that nobody has are without number
                    return None
                self._alone[name] = found
            return self._alone[name]
        return self.catalog().find(name)  # waits for a lock, and says what is wrong

    def problem(self) -> str:
        """See `Storage.problem`; not while the shared files are read (see `sqlite`)."""
        with self._lock:
            return self.storage.problem()

    def _current(self) -> Catalog:
        storage = self.storage
        try:
            moment = storage.moment()
            if self._catalog is not None and _proven(self._moment, moment):
                return self._catalog
            taken = storage.main.taken()
            if not _proven(self._main_taken, taken):
                self._experiments, self._details = self._read(storage.main, taken, self._read_main)
                self._main_taken = taken
        except Fault as fault:
            self._failures.tell(logging.ERROR, _UNREADABLE, fault)
            raise unavailable(_UNREADABLE, retry_after=1 if isinstance(fault, Busy) else None) from fault
        self._read_status(storage.status)
        columns = _joined(self._derived, self._experiments, self._details, self._status)
        made = Catalog(columns, self._derived, status_known=self._status_known)
        if self._catalog is None or not made.same_as(self._catalog):
            self._catalog = made
        self._moment = moment if self._status_known else Fingerprint()
        return self._catalog

    def _read_main(self, database: Database) -> tuple[Rows, Rows]:
        try:
            experiments = read_rows(database, EXPERIMENT, self._experiments)
        except Missing as fault:
            raise Damaged(str(fault)) from fault
        try:
            return experiments, read_rows(database, DETAILS, self._details)
        except Fault as fault:
            logger.debug("no details: %s", fault)
            return experiments, no_rows(DETAILS)

    def _read_status(self, store: Store) -> None:
        try:
            taken = store.taken()
            if not _proven(self._status_taken, taken):
                self._status_taken = Fingerprint()  # until it is read: a lock passes
                self._status = self._read(store, taken, lambda d: read_rows(d, STATUS, self._status))
                self._status_taken = taken
        except Missing:
            self._status, self._status_taken = no_rows(STATUS), taken
        except Fault as fault:
            self._failures.tell(
                logging.WARNING, "The status of experiments cannot be read, none is shown as running", fault
            )
            self._status, self._status_known = no_rows(STATUS), False
            return
        self._status_known = True

    def _read(self, store: Store, taken: Fingerprint, read: Callable[[Database], T]) -> T:
        return self._failures.read(store, taken, lambda: store.read(read))


def _read_one(storage: Storage, name: str) -> Experiment | None:
    """The experiment of that name, None without one: without waiting, and without the others.

    Raises:
        Fault: Something is in the way; the whole catalog is read then.
    """

    def one(database: Database, table: Table, key: str, value: object) -> Rows:
        tail = f"WHERE {key} = ? {table.order}"
        return mended(table, database.select(table.name, table.columns, tail, (value,), needs=table.needs))

    def main(database: Database) -> tuple[Rows, Rows]:
        found, details = one(database, EXPERIMENT, "name", name), no_rows(DETAILS)
        if found.columns[0]:
            with suppress(Missing):
                details = one(database, DETAILS, "exp_id", found.columns[0][0])
        return found, details

    found, details = storage.main.read(main, patience=0)
    if not found.columns[0]:
        return None
    status = no_rows(STATUS)
    with suppress(Missing):
        status = storage.status.read(lambda d: one(d, STATUS, "exp_id", found.columns[0][0]), patience=0)
    return Catalog(_joined(Derived(), found, details, status), Derived()).records((0,))[0]


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
