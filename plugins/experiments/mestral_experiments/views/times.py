"""Times as text, in the formats of contract/API_V4.md 1.5 and contract/API_V3.md 1.3.

Guarantees: the offset shown is the one in force at that instant, by the rules of the server's time zone.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_DAY, _HOUR = 86400, 3600  # seconds
_CLOCK = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))
_EPOCH = date(1970, 1, 1)


def moment(seconds: int | None) -> datetime | None:
    """The instant so many seconds after the epoch (aware, UTC); None for none and beyond the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def utc_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS+00:00`, fractions of a second dropped; None stays None."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment is not None else None


def local_text(moment: datetime | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS+HH:MM` in the server's time zone, fractions dropped; None stays None."""
    try:
        return moment.astimezone().isoformat(timespec="seconds") if moment is not None else None
    except OverflowError:  # the last hours of the year 9999
        return None


def epoch_text(seconds: int | None) -> str | None:
    """As `local_text`, of seconds since the epoch; fast, for lists. None for none, or beyond 9999."""
    if seconds is None:
        return None
    known = _day(seconds // _DAY)
    if known is None:
        return local_text(moment(seconds))
    east, offset = known
    local = seconds + east
    return f"{_hour(local // _HOUR)}{_CLOCK[local % _HOUR]}{offset}"


def utc_epoch_text(seconds: int | None) -> str | None:
    """As `utc_text`, of seconds since the epoch; fast, for lists. None for none, or beyond 9999."""
    if seconds is None:
        return None
    try:
        return f"{_hour(seconds // _HOUR)}{_CLOCK[seconds % _HOUR]}+00:00"
    except OverflowError:
        return None


def history_text(seconds: int | None) -> str | None:
    """`YYYY-MM-DD-HH:MM:SS` in the server's time zone, as Autosubmit 4.1 and older wrote its histories."""
    if seconds is None:
        return None
    known = _day(seconds // _DAY)
    if known is None:
        text = local_text(moment(seconds))
        return text and f"{text[:10]}-{text[11:19]}"
    local = seconds + known[0]
    return _history_hour(local // _HOUR) + _CLOCK[local % _HOUR]


@lru_cache(1 << 12)
def _day(number: int) -> tuple[int, str] | None:
    """Seconds east of UTC, and as text, on a day since the epoch; None where they change during it."""
    begin, end = (moment(number * _DAY + second) for second in (0, _DAY - 1))
    text, last = local_text(begin), local_text(end)
    if begin is None or text is None or last is None or text[19:] != last[19:]:
        return None
    return int((begin.astimezone().utcoffset() or timedelta()).total_seconds()), text[19:]


@lru_cache(1 << 15)
def _hour(number: int) -> str:
    """`YYYY-MM-DDTHH:` of an hour since the epoch."""
    day, hour = divmod(number, 24)
    return f"{(_EPOCH + timedelta(days=day)).isoformat()}T{hour:02d}:"


@lru_cache(1 << 15)
def _history_hour(number: int) -> str:
    """The same as `YYYY-MM-DD-HH:`."""
    return _hour(number).replace("T", "-")


def instant(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO time, naive text being server-local; None when it cannot be read."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        return None
