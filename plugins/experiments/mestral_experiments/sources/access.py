"""What every question about Autosubmit's files needs: settings, what is kept, and what becomes of faults.

Guarantees: a database is opened, and something small kept of it, in one way; a fault becomes one sentence
for the API's user and one line of the log. `lists`, `relations`, `jobfiles` and `autosubmit` build on it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mestral import unavailable
from mestral.readers import Fingerprint, Memo, fingerprint, stamp_sqlite
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources.failures import Failures
from mestral_experiments.sources.faults import Busy, Fault
from mestral_experiments.sources.rcfile import RcFile, RcReader
from mestral_experiments.sources.sqlite import read_database

T = TypeVar("T")

PARSED_BYTES = 128 * 1024 * 1024
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
        self._memo = Memo(PARSED_BYTES)
        self._state_dir = state_dir
        self._busy_seconds = settings.busy_seconds

    @contextmanager
    def _answering(self, sentence: str) -> Iterator[None]:
        """Turns faults into a 503 with this sentence, and logs what was found."""
        try:
            yield
        except Fault as fault:
            self._failures.tell(logging.WARNING, sentence, fault)
            raise unavailable(sentence, retry_after=1 if isinstance(fault, Busy) else None) from fault

    def _settings(self) -> RcFile:
        rc = self._rc.read()
        if rc.postgres:
            raise unavailable(
                "The rc file of Autosubmit says `backend = postgres`, which this version cannot read."
            )
        return rc

    def _kept(self, path: str, read: Callable[..., T]) -> T:
        """Something small from a database: kept as long as its file does not change."""
        taken = fingerprint(stamp_sqlite(path))
        return self._memo.get((path, read), taken, lambda: (self._read(path, taken, read), SMALL))

    def _read(self, path: str, taken: Fingerprint, read: Callable[..., T], *arguments: object) -> T:
        """What `read` makes of a connection and the arguments."""
        return self._failures.read(
            (path, read),
            taken,
            lambda: read_database(
                path,
                lambda connection: read(connection, *arguments),
                state_dir=self._state_dir,
                busy_seconds=self._busy_seconds,
            ),
        )
