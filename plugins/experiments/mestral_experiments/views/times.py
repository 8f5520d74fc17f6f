"""Times as text, in the formats of contract/API_V4.md 1.5 and contract/API_V3.md 1.3.

Guarantees: the offset shown is the one in force at that instant, by the rules of the server's time zone.
"""

from datetime import UTC, datetime
from functools import lru_cache

_BLOCK = 900  # seconds in which the hour and, in nearly every zone, the offset stay the same


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
    return moment.astimezone().isoformat(timespec="seconds") if moment is not None else None


def epoch_text(seconds: int | None) -> str | None:
    """As `local_text`, of seconds since the epoch; fast, for lists. None for none, or beyond 9999."""
    if seconds is None:
        return None
    block, rest = divmod(seconds, _BLOCK)
    known = _block(block)
    if known is None:
        return local_text(moment(seconds))
    hour, minute, offset = known
    return f"{hour}{minute + rest // 60:02d}:{rest % 60:02d}{offset}"


def history_text(seconds: int | None) -> str | None:
    """`YYYY-MM-DD-HH:MM:SS` in the server's time zone, as Autosubmit 4.1 and older wrote its histories."""
    if seconds is None:
        return None
    block, rest = divmod(seconds, _BLOCK)
    known = _block(block)
    if known is None:
        text = local_text(moment(seconds))
        return text and f"{text[:10]}-{text[11:19]}"
    hour, minute, _ = known
    return f"{hour[:10]}-{hour[11:]}{minute + rest // 60:02d}:{rest % 60:02d}"


@lru_cache(1 << 15)
def _block(number: int) -> tuple[str, int, str] | None:
    """Date and hour, minute at its begin, and offset of a block; None where the offset changes within it."""
    begin, end = (local_text(moment(number * _BLOCK + second)) for second in (0, _BLOCK - 1))
    if begin is None or end is None or begin[:14] != end[:14] or begin[19:] != end[19:]:
        return None
    return (begin[:14], int(begin[14:16]), begin[19:]) if begin[17:19] == "00" else None


def instant(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO time, naive text being server-local; None when it cannot be read."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        return None
