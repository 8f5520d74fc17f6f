"""Pages that may have visitors logged in: `[clients] authorized` of the rc file (contract/AUTH.md A6, A7).

Guarantees: as the file is now; while it is broken, as it was when it could be read last.
"""

from contextlib import suppress
from pathlib import Path

from mestral import Problem
from mestral_experiments.sources.rcfile import RcReader


class AuthorizedClients:
    """The list of one rc file.

    Args:
        rc_file: `[plugins.experiments] rc_file`.
    """

    def __init__(self, rc_file: Path | None) -> None:
        self._reader = RcReader(rc_file)
        self._last: tuple[str, ...] = ()

    def read(self) -> tuple[str, ...]:
        """Its entries."""
        with suppress(Problem):  # the reader has logged why
            self._last = self._reader.read().authorized_clients
        return self._last
