"""Model time: contract/METRICS.md 1 and 3."""

from datetime import datetime

import pytest

from mestral_experiments.views.units import chunk_dates, chunk_texts, sypd, years

DAY = datetime(2000, 1, 31)


@pytest.mark.parametrize(
    ("unit", "size", "expected"),
    [
        ("year", 2, 2.0),
        ("month", 4, 4 / 12),
        ("Month", 4, 4 / 12),
        ("day", 1, 1 / 365),
        ("hour", 6, 6 / 8760),
        ("week", 1, 0.0),
        ("", 1, 0.0),
        (None, 1, 0.0),
        ("month", None, 0.0),
        ("month", 0, 0.0),
        ("month", -4, 0.0),
    ],
)
def test_years_of_a_chunk(unit: str | None, size: int | None, expected: float) -> None:
    assert years(unit, size) == expected


def test_sypd_and_asypd() -> None:
    month = years("month", 1)
    assert sypd(month, None, 484) == 14.87603305785124  # a3tb_19930101_fc01_1_SIM
    assert sypd(month, None, 12 + 484) == 14.516129032258064
    four = years("month", 4)
    assert sypd(four, 4, 5) == 1440.0  # aa6f_20000101_fc0_1_1_SIM
    assert sypd(four, 4, 121 + 5 + 5) == 54.961832061068705
    assert sypd(four, 4, 0) is None
    assert sypd(0.0, 4, 5) == 0.0


@pytest.mark.parametrize(
    ("unit", "size", "chunk", "begin", "end"),
    [
        ("day", 1, 2, "2000 02 01", "2000 02 02"),
        ("month", 4, 3, "2000 09 30", "2001 01 31"),
        ("hour", 6, 1, "2000 01 31", "2000 01 31"),
        ("hour", 6, 5, "2000 02 01", "2000 02 01"),
        ("year", 1, 2, "2001 01 31", "2002 01 31"),
        ("month", 1, 1, "2000 01 31", "2000 02 29"),
        ("Month", 1, 1, "2000 01 31", "2000 02 29"),
        ("week", 1, 3, "2000 01 31", "2000 01 31"),
        ("month", 1, None, "2000 01 31", "2000 01 31"),
        ("year", 9000, 2, "2000 01 31", "2000 01 31"),
        ("month", -4, 2, "2000 01 31", "2000 01 31"),
    ],
)
def test_dates_of_a_chunk(unit: str, size: int, chunk: int | None, begin: str, end: str) -> None:
    assert chunk_texts(DAY, chunk, size, unit) == (begin, end)
    assert [f"{date:%Y %m %d}" for date in chunk_dates(DAY, chunk, size, unit)] == [begin, end]
