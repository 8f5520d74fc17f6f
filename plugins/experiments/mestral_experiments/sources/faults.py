"""What can be wrong with a file of an experiment: three outcomes, the same for every format.

Guarantees: readers of files raise nothing else for what they find on the disk. The text of a fault is for
the log (it may name a path); `autosubmit.py` decides which sentence the API's user gets.
"""


class Fault(Exception):  # noqa: N818 - an outcome, named for what was found
    """A file could not be used."""


class Missing(Fault):
    """There is nothing: no such path, a SQLite file of 0 bytes, no such table (contract/API_V4.md 10.1)."""


class Damaged(Fault):
    """It is there and unusable: corrupt, truncated, refused, of another shape, or not readable."""


class Busy(Fault):
    """It may pass by itself: locked beyond the wait, or being written all the time."""
