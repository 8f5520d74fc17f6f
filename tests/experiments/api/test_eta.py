"""How long a section still takes: contract/API_V4.md 5.5, and the better estimate."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from mestral_experiments.model import Job, JobStatus, Times
from mestral_experiments.views.figures.eta import Eta, eta

COMPLETED, RUNNING, WAITING, QUEUING = (
    JobStatus.COMPLETED,
    JobStatus.RUNNING,
    JobStatus.WAITING,
    JobStatus.QUEUING,
)
MAY = datetime(2020, 5, 1)


def job(
    status: JobStatus,
    chunk: int | None,
    *times: int | None,
    member: str | None = "m",
    date: datetime | None = MAY,
    split: int | None = None,
) -> tuple[Job, Times | None]:
    """A job, and the submission, start and finish of its last attempt when these are given."""
    name = f"x_{date}_{member}_{chunk}_{split}"
    made = Job(name, 1, status, 1, "SIM", date, member, chunk, split, split, "", "", "", "")
    return made, Times(name, *times) if times else None  # type: ignore[arg-type]


def asked(jobs: Sequence[tuple[Job, Times | None]], now: int | None = None) -> Eta:
    return eta([one for one, _ in jobs], [times for _, times in jobs if times is not None], now)


def by_chunk(found: Eta) -> tuple[float | None, int, int, float | None]:
    return (
        found.eta_seconds,
        found.chunks_total,
        found.chunks_remaining,
        found.avg_runtime_per_chunk_seconds,
    )


def test_chunks_across_dates_and_members() -> None:
    found = asked(
        [
            job(COMPLETED, 1, 0, 100, 200),
            job(COMPLETED, 1, 0, 1000, 1050, member="n"),
            job(COMPLETED, 1, 0, 5000, 5100, date=None),
            job(COMPLETED, 2, 0, 5200, 5300),
            job(WAITING, 2, member="n"),
            job(WAITING, 3),
            job(COMPLETED, None, 1, 1, 90_000),
        ]
    )
    assert by_chunk(found) == (10_000.0, 3, 2, 5000.0)
    assert (found.estimate.steps_total, found.estimate.steps_remaining) == (6, 2)


def test_chunks_of_which_nothing_is_known() -> None:
    assert by_chunk(asked([job(WAITING, 1), job(RUNNING, 2, 1, 2, None)])) == (None, 2, 2, None)
    assert by_chunk(asked([job(COMPLETED, 1)])) == (0.0, 1, 0, None)
    assert by_chunk(asked([job(COMPLETED, 1, 5, 9, 8), job(WAITING, 2)])) == (None, 2, 1, None)
    assert by_chunk(asked([job(COMPLETED, 1, 5, 8, 8), job(WAITING, 2)])) == (0.0, 2, 1, 0.0)
    assert by_chunk(asked([job(COMPLETED, 1, 5, None, 8), job(COMPLETED, 1, 5, 4, None, member="n")])) == (
        0.0, 1, 0, 4.0
    )  # fmt: skip


def test_series_that_run_side_by_side_are_not_added_up() -> None:
    ran = [job(COMPLETED, 1, 0, 10, 110, member=member) for member in "abcd"]
    left = [job(WAITING, chunk, member=member) for member in "abcd" for chunk in (2, 3)]
    found = asked([*ran, *left])
    assert by_chunk(found) == (200.0, 3, 2, 100.0)
    estimate = found.estimate
    assert (estimate.avg_run_seconds, estimate.avg_wait_seconds, estimate.concurrency) == (100.0, 10.0, 4)
    assert (estimate.steps_total, estimate.steps_remaining, estimate.eta_seconds) == (12, 8, 220.0)


def test_series_that_ran_one_after_another_are_added_up() -> None:
    ran = [
        job(COMPLETED, 1, n * 100, n * 100, n * 100 + 100, member=member) for n, member in enumerate("abcd")
    ]
    left = [job(WAITING, 2, member=member) for member in "abcd"]
    estimate = asked([*ran, *left]).estimate
    assert (estimate.concurrency, estimate.avg_wait_seconds, estimate.eta_seconds) == (1, 0.0, 400.0)


def test_the_longest_series_decides_where_there_is_room() -> None:
    ran = [job(COMPLETED, 1, 0, 0, 100, member=member) for member in "abcd"]
    left = [job(WAITING, 2, member="a"), *(job(WAITING, chunk) for chunk in range(1, 6))]
    estimate = asked([*ran, *left]).estimate
    assert (estimate.concurrency, estimate.eta_seconds) == (4, 500.0)


def test_the_wait_in_a_wrapper_begins_when_the_step_before_is_done() -> None:
    estimate = asked(
        [
            job(COMPLETED, 1, 0, 30, 130),
            job(COMPLETED, 2, 0, 130, 230),
            job(COMPLETED, 3, 0, 240, 340),
            job(COMPLETED, 4, 0, 330, 430),
            job(WAITING, 5),
        ]
    ).estimate
    assert (estimate.avg_wait_seconds, estimate.eta_seconds) == (10.0, 110.0)


def test_splits_are_one_step() -> None:
    found = asked(
        [
            job(COMPLETED, 1, 0, 10, 50, split=1),
            job(COMPLETED, 1, 5, 20, 110, split=2),
            job(COMPLETED, 2, 110, 120, 130, split=1),
            job(WAITING, 2, split=2),
        ]
    )
    estimate = found.estimate
    assert (estimate.steps_total, estimate.steps_remaining, estimate.avg_run_seconds) == (2, 1, 100.0)
    assert (estimate.avg_wait_seconds, estimate.eta_seconds) == (10.0, 110.0)


RAN = (job(COMPLETED, 1, 0, 20, 120),)


@pytest.mark.parametrize(
    ("running", "now", "eta_seconds", "elapsed"),
    [
        (job(RUNNING, 2, 120, 140, None), 170, 70.0, 30.0),  # its start is recorded
        (job(RUNNING, 2), 170, 70.0, 30.0),  # it is not: 20 s after the step before
        (job(RUNNING, 2, 1, 2, 3), 170, 70.0, 30.0),  # what is recorded is an attempt that failed
        (job(RUNNING, 2, 120, 140, None), 900, 0.0, 100.0),  # longer than ever: as good as done
        (job(RUNNING, 2, 120, 140, None), 130, 100.0, 0.0),  # clocks differ
        (job(RUNNING, 3), 170, 220.0, 0.0),  # no step before it
        (job(RUNNING, 2, 120, 140, None), None, 120.0, 0.0),  # nothing runs, whatever the list says
        (job(QUEUING, 2, 120, None, None), 170, 120.0, 0.0),
    ],
)
def test_what_is_running_has_had_part_of_its_time(
    running: tuple[Job, Times | None], now: int | None, eta_seconds: float, elapsed: float
) -> None:
    more = [job(WAITING, 2)] if running[0].chunk == 3 else []
    estimate = asked([*RAN, *more, running], now).estimate
    assert (estimate.eta_seconds, estimate.elapsed_seconds) == (eta_seconds, elapsed)
    assert estimate.steps_running == (now is not None and running[0].status is RUNNING)


def test_steps_that_run_now_count_for_what_runs_side_by_side() -> None:
    left = [job(RUNNING, 2, 120, 140, None, member=member) for member in "mno"]
    estimate = asked([*RAN, *left], 150).estimate
    assert (estimate.concurrency, estimate.steps_running, estimate.eta_seconds) == (3, 3, 90.0)


def test_without_a_complete_step_nothing_is_guessed() -> None:
    estimate = asked([job(RUNNING, 1, 5, 9, None), job(WAITING, 2)], 50).estimate
    assert (estimate.eta_seconds, estimate.avg_run_seconds, estimate.avg_wait_seconds) == (None, None, None)
    assert asked([job(COMPLETED, 1)]).estimate.eta_seconds == 0.0
