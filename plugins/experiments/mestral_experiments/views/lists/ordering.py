"""The order of lists by any field that they show.

Guarantees: times are ordered by instant and versions by their numbers; other texts by code point; null comes
first, and last when the order runs backwards.
"""

import re

from mestral_experiments.views.times import instant

Key = tuple[bool, str | int | float]
"""Whether there is a value, and the value; keys of one field can be compared."""

_NUMBERS = frozenset(
    (
        "id", "created", "completed", "total", "submitted", "queuing", "running", "failed", "suspended",
        "priority", "chunk", "split", "splits",
    )
)  # fmt: skip
_DIGITS = re.compile(r"\d+", re.ASCII)
_WIDTH = 9


def is_number(field: str) -> bool:
    """Whether the keys of a field are numbers."""
    return field in _NUMBERS


def key_of(field: str, value: str | int | None) -> Key:
    """The sort key of a value as it is shown. `modified` needs none of its own: ISO times in UTC."""
    if field == "created":
        moment = instant(str(value)) if value else None
        return moment is not None, moment or 0.0
    if value is None:
        return False, 0 if field in _NUMBERS else ""
    if field == "version":
        return True, _DIGITS.sub(lambda digits: digits[0].zfill(_WIDTH), str(value))
    return True, value
