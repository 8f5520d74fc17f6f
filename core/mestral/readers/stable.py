"""Reading files that somebody else may be writing.

Guarantees: what `read_stable` returns was read while its fingerprint stayed the same.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from mestral.errors import unavailable
from mestral.readers.fingerprint import Fingerprint

T = TypeVar("T")


def read_stable(
    take: Callable[[], Fingerprint],
    read: Callable[[], T],
    *,
    tries: int = 3,
    pause_seconds: float = 0.05,
) -> tuple[T, Fingerprint]:
    """Read until nothing changed while reading.

    An exception of `read` counts as damage only when the files did not change meanwhile and are settled;
    otherwise they may be half-written, and are read again.

    Args:
        take: Takes the fingerprint of what `read` reads.
        read: Reads it.
        tries: How often to read at most.
        pause_seconds: Pause between two tries.

    Returns:
        What `read` returned, and the fingerprint taken before.

    Raises:
        Problem: 503 when the files kept changing.
        Exception: What `read` raised, in its last try at the latest.
    """
    for attempt in range(1, tries + 1):
        before = take()
        try:
            value = read()
        except Exception:
            if attempt == tries or (before.settled and take().same_as(before)):
                raise
        else:
            if take().same_as(before):
                return value, before
        if attempt < tries:
            time.sleep(pause_seconds)
    raise unavailable("The data asked for is being written, try again.", retry_after=1)
