"""Start dates as they appear in the names of jobs and folders (contract/API_V3.md 4.1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

_DAY, _HOUR, _MINUTE = 8, 10, 12
"""Digits of `YYYYMMDD`, `YYYYMMDDHH` and `YYYYMMDDHHMM`."""

_NO_MARKS = str.maketrans("", "", "-T:")


def date_texts(jobs: Iterable[tuple[str, datetime | None]]) -> Mapping[datetime, str]:
    """The text of every start date of these jobs (their names and dates), in the order of appearance.

    It is the one in the names of its jobs (`{expid}_{date}_...`); where they hold none, days alone, or hours
    or minutes as well when some date has them, as Autosubmit writes them.
    """
    named: dict[datetime, str | None] = {}
    for name, date in jobs:
        if date is not None and named.get(date) is None:
            named[date] = _named(name, date)
    digits = _common_digits(list(named))
    return {date: text or _text(date, digits) for date, text in named.items()}


def _named(name: str, date: datetime) -> str | None:
    parts = name.split("_", 2)
    known = len(parts) == 3 and len(parts[1]) in (_DAY, _HOUR, _MINUTE)
    return parts[1] if known and _text(date, len(parts[1])) == parts[1] else None


def _text(date: datetime, digits: int) -> str:
    """So many digits of a date; of the years before 1000 `strftime` would leave out zeros."""
    return date.isoformat(timespec="minutes").translate(_NO_MARKS)[:digits]


def _common_digits(dates: Sequence[datetime]) -> int:
    digits = _DAY
    for date in dates:
        if date.hour > 1:
            digits = _HOUR
        if date.minute > 1:
            digits = _MINUTE
    return digits
