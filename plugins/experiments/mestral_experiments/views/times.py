"""Times as text, in the formats of contract/API_V4.md 1.5 and contract/API_V3.md 1.3.

Guarantees: the offset shown is the one in force at that instant, by the rules of the server's time zone.
"""

from datetime import UTC, datetime


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


def instant(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO time, naive text being server-local; None when it cannot be read."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        return None
