"""The examples of contract/METRICS.md 5.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mestral_experiments.views.figures.outliers import considered


@pytest.mark.parametrize(
    ("seconds", "valid"),
    [
        ([100, 101, 99, 100, 1000], [100, 101, 99, 100]),
        ([100, 100, 100, 100, 160], [100, 100, 100, 100, 160]),
        ([100] * 9 + [5000], [100] * 9 + [5000]),
        ([100] * 15 + [5000], [100] * 15 + [5000]),
        ([100] * 17 + [5000], [100] * 17),
        ([0, 5, 5], [5, 5]),
        ([100, 200], [100, 200]),
        ([5], [5]),
        ([0], []),
        ([], []),
        ([484, 442, 482, 431, 419, 478], [484, 442, 482, 431, 419, 478]),
        # Median 102, deviation 2: 102 + 7 * 1.4826 * 2 = 122.76.
        ([100, 101, 102, 104, 122], [100, 101, 102, 104, 122]),
        ([100, 101, 102, 104, 123], [100, 101, 102, 104]),
    ],
)
def test_which_run_times_count(seconds: list[int], valid: list[int]) -> None:
    counts = considered(seconds)
    assert [each for each, is_valid in zip(seconds, counts, strict=True) if is_valid] == valid


@given(st.lists(st.integers(0, 10**6)))
def test_the_middle_counts_and_nothing_that_did_not_run(seconds: list[int]) -> None:
    counts = considered(seconds)
    assert len(counts) == len(seconds)
    assert not any(valid and not each for each, valid in zip(seconds, counts, strict=True))
    assert any(counts) is any(seconds)
    assert considered(seconds[::-1]) == counts[::-1]
