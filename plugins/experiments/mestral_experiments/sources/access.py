"""What every question about Autosubmit's data needs: settings, what is kept, and what becomes of faults.

Guarantees: a database is opened, and something small kept of it, in one way; a fault becomes one sentence
for the API's user and one line of the log. `lists`, `relations`, `jobfiles` and `autosubmit` build on it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mestral import unavailable
from mestral.readers import Fingerprint, Memo
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.failures import Failures
from mestral_experiments.sources.faults import Busy, Fault
from mestral_experiments.sources.filestorage import FileStorage
from mestral_experiments.sources.rcfile import RcFile, RcReader
from mestral_experiments.sources.storage import Database, Storage, Store

T = TypeVar("T")

SMALL = 1000  # bytes that a kept run or time is counted as


class Access:
    """The ground of `AutosubmitSource`.

    Args:
        settings: `[plugins.experiments]`.
        state_dir: Folder for private copies of databases that cannot be read in place.
    """

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        self._rc = RcReader(settings.rc_file)
        self._failures = Failures()
        self._memo = Memo()
        self._state_dir = state_dir
        self._limits = settings
        self._changing = threading.Lock()
        self._known: tuple[RcFile, Storage] | None = None

    @contextmanager
    def _answering(self, sentence: str) -> Iterator[None]:
        """Turns faults into a 503 with this sentence, and logs what was found."""
        try:
            yield
        except Fault as fault:
            self._failures.tell(logging.WARNING, sentence, fault)
            raise unavailable(sentence, retry_after=1 if isinstance(fault, Busy) else None) from fault

    def _settings(self) -> RcFile:
        """What the rc file says now.

        Raises:
            Problem: 503 when it cannot be used.
        """
        return self._rc.read()

    def _storage(self) -> Storage:
        """Where data is stored now: another storage when the rc file says otherwise.

        Raises:
            Problem: As `_settings`.
        """
        rc = self._rc.read()
        with self._changing:
            if self._known is None or self._known[0] != rc:
                self._forget()
                self._known = rc, self._stored(rc)
            return self._known[1]

    def _forget(self) -> None:
        """Give back what the storage holds open."""
        if self._known is not None:
            self._known[1].close()
            self._known = None

    def _stored(self, rc: RcFile) -> Storage:
        if not rc.postgres:
            return FileStorage(rc, self._state_dir, self._limits.busy_seconds)
        from mestral_experiments.sources.postgres import PostgresStorage  # the driver is an extra

        return PostgresStorage(rc, self._limits.database_seconds, self._limits.database_connections)

    def _kept(self, store: Store, read: Callable[[Database], T]) -> T:
        """Something small from a store: kept as long as it does not change."""
        taken = store.taken()
        return self._memo.get((store, read), taken, lambda: (self._read(store, taken, read), SMALL))

    def _read(self, store: Store, taken: Fingerprint, read: Callable[..., T], *arguments: object) -> T:
        """What `read` makes of a database and the arguments."""
        return self._failures.read(
            (store, read), taken, lambda: store.read(lambda database: read(database, *arguments))
        )
