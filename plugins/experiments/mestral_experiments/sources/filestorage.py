"""`FileStorage`: the data of experiments in Autosubmit's own files and SQLite databases.

Guarantees: those of `Storage`; nothing is ever written beside a file. A place that a link leads out of is
`Damaged`, and is not looked into.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from mestral.readers import Fingerprint, fingerprint, read_stable, stamp_opened, stamp_sqlite
from mestral_experiments.model import Experiment
from mestral_experiments.sources import pickles, places
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing, Unfinished, refused
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.protocol import Part
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.sqlite import open_in_place, read_database
from mestral_experiments.sources.sqlitetables import SqliteTables
from mestral_experiments.sources.stamps import ManyStamps, stamp_one
from mestral_experiments.sources.storage import Database, Pickle, Store
from mestral_experiments.sources.tables import EXPERIMENT

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SqliteFile(Store):
    """A SQLite file.

    Attributes:
        path: Absolute path.
        state_dir: Folder for private copies of files that cannot be read in place.
        busy_seconds: How long to wait for a lock.
    """

    kind = "SQLite"

    path: str
    state_dir: Path
    busy_seconds: float

    def __str__(self) -> str:
        return self.path

    def taken(self) -> Fingerprint:
        """Never fails."""
        return fingerprint(stamp_sqlite(self.path))

    def read(self, read: Callable[[Database], T], *, patience: float | None = None) -> T:
        """See `Store`."""
        return read_database(
            self.path,
            lambda connection: read(SqliteTables(connection)),
            state_dir=self.state_dir,
            busy_seconds=self.busy_seconds if patience is None else min(patience, self.busy_seconds),
        )

    def peek(self, read: Callable[[Database], T]) -> T | None:
        """See `Store`."""
        with open_in_place(self.path, busy_seconds=0) as connection:
            return None if connection is None else read(SqliteTables(connection))

    def weigh(self) -> tuple[int | None, datetime | None]:
        """Of the file and its write-ahead log."""
        return weigh((self.path, f"{self.path}-wal"))


@dataclass(frozen=True, slots=True)
class PickleFile(Pickle):
    """A pickled job list in a file."""

    path: str

    def __str__(self) -> str:
        return self.path

    def taken(self) -> Fingerprint:
        """Never fails."""
        return fingerprint((stamp_opened(self.path),))

    def read(self) -> JobList:
        """See `Pickle`; one that is being written is read again (Autosubmit renames them, others may not)."""
        try:
            return read_stable(self.taken, partial(pickles.read_jobs, self.path))[0]
        except Damaged as fault:
            if self.taken().settled:
                raise
            raise Unfinished(f"{fault}; it was written just now") from fault

    def modified(self) -> datetime | None:
        """See `Pickle`."""
        try:
            return datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)  # noqa: PTH116 - hot path
        except (FileNotFoundError, ValueError, OverflowError):  # or a time that no calendar has
            return None
        except OSError as error:
            raise refused(self.path, error) from error

    def weigh(self) -> tuple[int | None, datetime | None]:
        """See `Pickle`."""
        return weigh((self.path,))


class FileStorage:
    """Implements `Storage`.

    Args:
        rc: Where the files lie.
        state_dir, busy_seconds: See `SqliteFile`.
    """

    def __init__(self, rc: RcFile, state_dir: Path, busy_seconds: float) -> None:
        self._rc = rc
        self._state_dir = state_dir
        self._busy_seconds = busy_seconds
        self._many = ManyStamps()
        self.main = self._file(str(rc.main_database))
        self.status = self._file(str(rc.status_database))

    def moment(self) -> Fingerprint:
        """The state of both shared databases."""
        return self.main.taken() + self.status.taken()

    def job_list(self, experiment: Experiment) -> SqliteFile | PickleFile | None:
        """The first of the two files that exists."""
        for path, database in places.job_lists(self._rc, experiment):
            if places.exists(places.checked(self._rc, experiment.name, path)):
                return self._file(path) if database else PickleFile(path)
        return None

    def structures(self, experiment: Experiment) -> Iterator[SqliteFile]:
        """Those that exist."""
        return self._existing(experiment, places.structures(self._rc, experiment))

    def wrappers(self, experiment: Experiment) -> Iterator[SqliteFile]:
        """Those that exist."""
        return self._existing(experiment, places.packages(self._rc, experiment))

    def history(self, experiment: Experiment) -> SqliteFile:
        """`job_data_<expid>.db`."""
        return self._checked(experiment, f"{self._rc.job_data}/{places.history_file(experiment.name)}")

    def metrics(self, experiment: Experiment) -> SqliteFile:
        """`tmp/metrics_<expid>.db`."""
        return self._checked(experiment, places.metrics_file(self._rc, experiment.name))

    def layout(self, experiment: Experiment) -> SqliteFile:
        """`graph_data_<expid>.db`."""
        return self._checked(experiment, places.layout_file(self._rc, experiment.name))

    def fingerprint(self, experiment: Experiment, parts: Collection[Part]) -> Fingerprint:
        """By opening every file."""
        return stamp_one(self._rc, experiment, parts)

    def fingerprint_list(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Fingerprint:
        """By `stat` alone."""
        return self._many.stamp(self._rc, experiments, parts)

    def in_turn(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Iterator[Experiment]:
        """One by one: files are not read faster together."""
        return iter(experiments)

    def problem(self) -> str:
        """Whether the experiment database can be read, without reading or copying all of it."""
        needs = EXPERIMENT.needs
        path = self._rc.main_database
        try:
            self.main.peek(lambda database: database.select(EXPERIMENT.name, needs, "LIMIT 1", needs=needs))
        except Busy:
            return ""
        except Missing:  # SQLite takes an empty file for a database without tables
            what = f"{path}: {'has no table experiment' if path.exists() else 'does not exist'}"
        except Fault as fault:
            what = str(fault)
        else:
            return ""
        default = " (the default)" if self._rc.database_dir == RcFile().database_dir else ""
        return f"[database] path and filename{default}: {what}"

    def close(self) -> None:
        """Nothing is held open."""

    def _file(self, path: str) -> SqliteFile:
        return SqliteFile(path, self._state_dir, self._busy_seconds)

    def _checked(self, experiment: Experiment, path: str) -> SqliteFile:
        return self._file(places.checked(self._rc, experiment.name, path))

    def _existing(self, experiment: Experiment, paths: Iterable[str]) -> Iterator[SqliteFile]:
        for path in paths:
            if places.exists(places.checked(self._rc, experiment.name, path)):
                yield self._file(path)


def weigh(paths: Iterable[str]) -> tuple[int | None, datetime | None]:
    """Bytes of the files, folders left out, and the last change of any (aware, UTC)."""
    size, newest = None, None
    for path in paths:
        try:
            st = os.stat(path)  # noqa: PTH116 - hot path
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(st.st_mode):
            size = (size or 0) + st.st_size
        newest = max(newest or 0.0, st.st_mtime)
    modified = None
    if newest is not None:
        with suppress(ValueError, OverflowError, OSError):  # a time that no calendar has
            modified = datetime.fromtimestamp(newest, UTC)
    return size, modified
