"""The shared databases: `autosubmit.db` (experiment, details) and `as_times.db` (status) as one catalog.

Guarantees: read again only when one of the two files changed; records that are the same give the same
`Catalog` object. Without details or status the experiments are served all the same (contract/API_V4.md
10.1). Safe from several threads: one reads, the others that wait get what it found.
"""

import logging
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from mestral import Problem, unavailable
from mestral.readers import Fingerprint, content_digest, fingerprint, stamp_sqlite
from mestral_experiments.model import Experiment
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing
from mestral_experiments.sources.protocol import Catalog
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.sqlite import read_database, select
from mestral_experiments.sources.values import integer, text

logger = logging.getLogger(__name__)

_NO_DETAILS = (None, None, None, None, None)


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
        self._fingerprint = Fingerprint()

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

    def _current(self, rc: RcFile) -> Catalog:
        taken = fingerprint((*stamp_sqlite(rc.main_database), *stamp_sqlite(rc.status_database)))
        if self._catalog is not None and self._fingerprint.settled and self._fingerprint.same_as(taken):
            return self._catalog
        experiments = self._experiments(rc)
        digest = content_digest(experiments)
        if self._catalog is None or self._catalog.digest != digest:
            by_name = {experiment.name: experiment for experiment in reversed(experiments)}
            self._catalog = Catalog(experiments, by_name, digest)
        self._fingerprint = taken
        return self._catalog

    def _experiments(self, rc: RcFile) -> tuple[Experiment, ...]:
        read = partial(read_database, state_dir=self._state_dir, busy_seconds=self._busy_seconds)
        try:
            found, details = read(rc.main_database, _read_main)
        except Fault as fault:
            logger.error("the experiment database cannot be read: %s", fault)
            raise unavailable(
                "The experiment database cannot be read", retry_after=1 if isinstance(fault, Busy) else None
            ) from fault
        try:
            status = read(rc.status_database, _read_status)
        except Missing:
            status = {}
        except Fault as fault:
            logger.warning("the status of experiments cannot be read: %s", fault)
            status = {}
        return _records(found, details, status)


_Rows = list[tuple[Any, ...]]


def _read_main(connection: sqlite3.Connection) -> tuple[_Rows, dict[Any, tuple[Any, ...]]]:
    """Rows of experiments by id, and details by id; of several rows with one id the last counts."""
    try:
        found = select(
            connection, "experiment", ("id", "name", "description", "autosubmit_version"), "ORDER BY id",
            needs=("id", "name"),
        )  # fmt: skip
    except Missing as fault:
        raise Damaged(str(fault)) from fault
    try:
        details = select(
            connection, "details", ("exp_id", "user", "created", "model", "branch", "hpc"), needs=("exp_id",)
        )
    except Fault as fault:
        logger.debug("no details: %s", fault)
        details = []
    return found, {row[0]: row[1:] for row in details}


def _read_status(connection: sqlite3.Connection) -> dict[Any, Any]:
    """Status by experiment id; of several rows with one id the last counts."""
    return dict(select(connection, "experiment_status", ("exp_id", "status"), needs=("exp_id", "status")))


def _records(
    found: _Rows, details: dict[Any, tuple[Any, ...]], status: dict[Any, Any]
) -> tuple[Experiment, ...]:
    joined = [
        (
            row[0], row[1], row[2] or "", row[3], *details.get(row[0], _NO_DETAILS), status.get(row[0]),
            row[0] in details,
        )
        for row in found
    ]  # fmt: skip
    try:
        return msgspec.convert(joined, tuple[Experiment, ...])  # checks every value, in C
    except msgspec.ValidationError:
        return tuple(record for record in map(_mended, joined) if record is not None)


def _mended(row: tuple[Any, ...]) -> Experiment | None:
    """A record whose odd values are None; none at all without an id or a name."""
    number, name = integer(row[0]), text(row[1])
    if number is None or name is None:
        logger.warning("experiment %r is left out: its name is %r", row[0], row[1])
        return None
    version, user, created, model, branch, hpc, status = map(text, row[3:10])
    return Experiment(
        number, name, text(row[2]) or "", version, user, created, model, branch, hpc, status, bool(row[10])
    )
