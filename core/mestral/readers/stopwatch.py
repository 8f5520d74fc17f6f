"""How long parsing takes, for the metrics.

Guarantees: of parsing inside parsing only the outermost counts; threads do not see each other's.
"""

import threading
import time


class Stopwatch(threading.local):
    """Adds up the time inside `with`, per thread."""

    def __init__(self) -> None:
        self._depth = 0
        self._since = self._seconds = 0.0

    def __enter__(self) -> None:
        if not self._depth:
            self._since = time.perf_counter()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._seconds += time.perf_counter() - self._since

    def take(self) -> float:
        """The seconds that this thread spent since it last asked."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds


parsing = Stopwatch()
"""Runs while a `Memo` builds what it does not have."""
