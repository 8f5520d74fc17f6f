"""Which of many run times count (contract/METRICS.md 5.3)."""

from collections.abc import Sequence
from statistics import median

_LARGEST_SCORE = 7
_OF_MEDIAN_DEVIATION = 1.4826  # makes it comparable with the standard deviation of a normal distribution
_OF_MEAN_DEVIATION = 1.2533


def considered(seconds: Sequence[int]) -> list[bool]:
    """For each run time, whether it is above 0 and no outlier by the modified z-score."""
    ran = [value for value in seconds if value > 0]
    if len(set(ran)) <= 1:
        return [value > 0 for value in seconds]
    middle = median(ran)
    scale = _OF_MEDIAN_DEVIATION * median(abs(value - middle) for value in ran)
    if not scale:
        mean = sum(ran) / len(ran)
        scale = _OF_MEAN_DEVIATION * sum(abs(value - mean) for value in ran) / len(ran)
    return [value > 0 and abs(value - middle) / scale <= _LARGEST_SCORE for value in seconds]
