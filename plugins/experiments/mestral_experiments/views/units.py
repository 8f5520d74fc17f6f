"""Model time: how long a chunk is, when it begins, and how fast it was simulated (contract/METRICS.md 1, 3).

Guarantees: pure arithmetic in the order of the contract, so that results are equal to the last digit; what
cannot be computed is None, and an unknown unit is a length of 0.
"""

from calendar import monthrange
from datetime import datetime, timedelta
from functools import lru_cache

SECONDS_PER_DAY = 86400
_PER_YEAR = {"year": 1, "month": 12, "day": 365, "hour": 8760}


def years(unit: str | None, size: int | None) -> float:
    """Simulated years in a chunk of so many units (`hour`, `day`, `month`, `year`, in any case); calendars do
    not matter. 0 for what is none."""
    per_year = _PER_YEAR.get(unit.lower()) if unit else None
    return size / per_year if per_year and size and size > 0 else 0.0


def sypd(chunk_years: float, splits: int | None, seconds: float) -> float | None:
    """Simulated years per day of one job (METRICS.md 3.1; 3.2 with all seconds it took); None for no time.

    Args:
        chunk_years: Simulated years of its chunk.
        splits: Into how many jobs the chunk is split; None: not at all.
        seconds: That it ran; for ASYPD with its waiting and the mean of post-processing.
    """
    return chunk_years * SECONDS_PER_DAY / (splits or 1) / seconds if seconds > 0 else None


@lru_cache(1 << 14)  # there are as many answers as start dates times chunks, and several jobs for each
def chunk_texts(start: datetime, chunk: int | None, size: int | None, unit: str | None) -> tuple[str, str]:
    """`chunk_dates` as texts, `YYYY MM DD`."""
    begin, end = chunk_dates(start, chunk, size, unit)
    return _text(begin), _text(end)


def chunk_dates(
    start: datetime, chunk: int | None, size: int | None, unit: str | None
) -> tuple[datetime, datetime]:
    """Begin and end of a chunk (METRICS.md 3.3); the start date twice where there is none, or no unit.

    Args:
        start: Start date, naive.
        chunk: Its number, from 1.
        size, unit: Length of a chunk.
    """
    if not chunk or chunk < 1 or not size or size < 1:
        return start, start
    return _later(start, (chunk - 1) * size, unit), _later(start, chunk * size, unit)


def _text(date: datetime) -> str:
    return f"{date.year:04d} {date.month:02d} {date.day:02d}"


def _later(start: datetime, count: int, unit: str | None) -> datetime:
    """The start plus so many units, clipped to the end of a month; hours count as whole days."""
    try:
        match (unit or "").lower():
            case "year":
                return _months_later(start, 12 * count)
            case "month":
                return _months_later(start, count)
            case "day":
                return start + timedelta(days=count)
            case "hour":
                return start + timedelta(days=count // 24)
    except (OverflowError, ValueError):  # beyond the year 9999
        pass
    return start


def _months_later(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))
