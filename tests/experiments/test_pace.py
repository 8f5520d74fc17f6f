"""How old the times of running jobs may be."""

import time

import pytest

from mestral_experiments.render.pace import clock_of, seconds_of


@pytest.mark.parametrize(("jobs", "seconds"), [(0, 5), (2_500, 5), (10_000, 20), (50_502, 60)])
def test_the_more_jobs_the_older(jobs: int, seconds: int) -> None:
    before = time.time()
    clock = clock_of(jobs)
    assert clock.clock_seconds == seconds
    assert seconds_of(clock) % seconds == 0
    assert before - seconds < seconds_of(clock) <= time.time()
