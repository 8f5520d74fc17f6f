"""Odd values made plain: what a file holds instead of the expected type becomes None, never an error.

Guarantees: texts returned can be encoded as UTF-8, integers fit 64 bits (JSON and SQLite), dates are naive.
Used for every format, so that a value means the same whatever it was read from.
"""

from datetime import datetime
from math import isfinite

from mestral_experiments.model.history import LAST_SECOND

_LARGEST = 2**63 - 1


def text(value: object) -> str | None:
    """The value when it is a text; halves of surrogate pairs, which UTF-8 cannot hold, become `?`."""
    if not isinstance(value, str):
        return None
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode("utf-8")


def known(value: object) -> object:
    """A value to be looked for; NULL, which equals nothing, for a text that UTF-8 cannot hold."""
    return value if not isinstance(value, str) or value.isascii() or value == text(value) else None


def integer(value: object) -> int | None:
    """The value when it is an integer, or a text of decimal digits (Autosubmit stores both)."""
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.removeprefix("-").isdecimal():
        value = int(value)
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    return None


def positive(value: object) -> int | None:
    """The value when it is an integer above 0; splits use -1 for none."""
    number = integer(value)
    return number if number is not None and number > 0 else None


def seconds(value: object) -> int | None:
    """The value when it is a time in seconds since the epoch, which is 0 where there is none."""
    number = positive(value)
    return number if number is not None and number <= LAST_SECOND else None


def number(value: object) -> int | float | None:
    """The value when it is a finite number."""
    return value if isinstance(value, float) and isfinite(value) else integer(value)


def naive(value: object) -> datetime | None:
    """A datetime, or one written as ISO 8601, without its zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value.replace(tzinfo=None) if isinstance(value, datetime) else None
