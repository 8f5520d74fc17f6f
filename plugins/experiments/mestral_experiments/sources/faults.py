"""What can be wrong with a file of an experiment: three outcomes, the same for every format.

Guarantees: readers of files raise nothing else for what they find on the disk. The text of a fault is for
the log (it may name a path); `autosubmit.py` decides which sentence the API's user gets.
"""

import errno

from mestral.readers import Fingerprint

_LASTING = frozenset(
    (
        errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ENXIO, errno.ENODEV, errno.EINVAL,
    )
)  # fmt: skip


class Fault(Exception):  # noqa: N818 - an outcome, named for what was found
    """A file could not be used.

    Args:
        text: Which file, and why.
        taken: The state of the file that was read, where it is known.
    """

    def __init__(self, text: str, taken: Fingerprint = Fingerprint()) -> None:  # noqa: B008 - immutable
        super().__init__(text)
        self.taken = taken


class Missing(Fault):
    """There is nothing: no such path, a SQLite file of 0 bytes, no such table (contract/API_V4.md 10.1)."""


class Damaged(Fault):
    """It is there and unusable until it changes: corrupt, truncated, refused, of another shape, or not
    readable by this user."""


class Forbidden(Damaged):
    """It is there, and the user that the server runs as may not read it."""


class Busy(Fault):
    """It may pass by itself: locked beyond the wait, being written all the time, a trouble of the system."""


class Unfinished(Busy):
    """It looks damaged and was written just now."""


def refused(path: str, error: OSError | ValueError) -> Fault:
    """What it means that the system does not let a file be read: its rights, or a trouble that may pass."""
    if isinstance(error, PermissionError):
        return Forbidden(f"{path}: {error}")
    lasting = isinstance(error, ValueError) or error.errno in _LASTING
    return (Damaged if lasting else Busy)(f"{path}: {error}")
