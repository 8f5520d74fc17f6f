"""How fast runs were: the tables of contract/METRICS.md 3, 6 and its FIX items."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.rows import ran, run

from mestral_experiments.model import Attempt, Run, Times
from mestral_experiments.views.runs.runhistory import run_history
from mestral_experiments.views.runs.runspeed import (
    Speed,
    completed,
    finished,
    post_seconds,
    speed_of,
    unfinished,
)

AA6F_QUEUES = (121, 126, 131, 136, 141, 147, 152, 157)


def sims(*seconds: int, ncpus: int = 1, queue: int = 0) -> list[Attempt]:
    return [ran(f"x_{n}_SIM", queue, each, ncpus=ncpus) for n, each in enumerate(seconds)]


def post(seconds: int, queue: int = 0, name: str = "x_POST", **values: object) -> Attempt:
    return ran(name, queue, seconds, section="POST", member=None, chunk=None, **values)


def speed(attempts: Sequence[Attempt], of: Run) -> Speed:
    return speed_of(of, completed(attempts).get(1, ()))


@pytest.mark.parametrize(
    ("attempts", "of", "expected"),
    [
        (sims(431, 419, 478, 484, 442, 482, ncpus=768), run(), Speed(15.79, None, 1167.36)),
        (sims(653, 657, 658, 655, 651, 651, 648, ncpus=672), run(1, "day"), Speed(0.36, None, 44510.53)),
        (
            sims(847, 853, 852, 852, 851, 909, 854, 670, 672, 814, 780, 708, 710, 670, 640, ncpus=672),
            run(1, "day"),
            Speed(0.30, None, 53062.24),
        ),
        ([*sims(1501, 59), post(47)], run(1, "month", 4), Speed(36.92, 35.84, 0.65)),
        ([*sims(1501, 59), post(47)], run(1, "Month", 4), Speed(36.92, 35.84, 0.65)),
        ([*sims(5, 5), post(5)], run(1, "month", 4), Speed(5760.0, 3840.0, 0.0)),
        (sims(), run(), Speed()),
        (sims(0, 0), run(), Speed()),
        ([post(5)], run(), Speed()),
        (sims(100, 101, 99, 100, 1000), run(1, "year"), Speed(864.0, None, 0.03)),
        (sims(5), run(1, "NA", 0), Speed(0.0, None, None)),
    ],
)
def test_the_table_of_runs(attempts: list[Attempt], of: Run, expected: Speed) -> None:
    assert speed(attempts, of) == expected


def test_a_wrapper_of_split_chunks_that_was_recorded_twice() -> None:
    # aa6f run 2: four of eight jobs recorded again, without processors and energy
    rows = [
        ran(f"aa6f_{n}_SIM", queue, 5, counter=0, ncpus=2, splits=4, job_id=41613435)
        for n, queue in enumerate(AA6F_QUEUES)
    ]
    again = [msgspec.structs.replace(each, counter=1, ncpus=0) for each in rows[2:6]]
    rows += [*again, post(5)]
    assert speed(rows, run(1, "month", 4)) == Speed(1440.0, 344.91, 0.03)
    whole = [msgspec.structs.replace(each, splits=None, job_id=0, ncpus=1) for each in rows]
    assert speed(whole, run(1, "month", 4)) == Speed(5760.0, 199.31, 0.0)


def test_only_completed_jobs_of_old_and_new_rows_make_a_run_fast() -> None:
    swapped = [msgspec.structs.replace(each, section="fc0", member="SIM") for each in sims(100, 100)]
    failed = [ran(f"y_{n}_SIM", 0, 7, status="FAILED") for n in range(2)]
    assert speed([*swapped, *failed], run(1, "year")) == Speed(864.0, None, 0.03)


def test_a_finish_that_is_missing_comes_from_the_last_attempt_in_the_newest_run_only() -> None:
    lost = ran("x_SIM", 0, 0, start=1699992000, finish=None)
    assert unfinished([lost])
    assert not unfinished(sims(5))
    (found,) = finished([lost], [Times("x_SIM", None, None, 1700000300), Times("y", None, None, 1)])
    assert found.finish == 1700000300
    assert finished([lost], []) == [lost]
    assert speed([lost], run()) == Speed()


def test_post_processing_takes_its_wait_and_its_run() -> None:
    assert post_seconds([post(500, 120, rowtype=777)], {0: 120}) == 620
    assert post_seconds([post(500, 300, rowtype=777)], {0: 120}) == 620
    assert post_seconds([post(10), post(20, name="y_POST"), *sims(9)], {}) == 15
    assert post_seconds([post(10, counter=1), post(30, counter=2)], {}) == 30
    assert post_seconds([post(30, counter=2), post(10, counter=1)], {}) == 30
    assert post_seconds([post(30, status="FAILED")], {}) == 0


def test_runs_are_shown_newest_first_with_what_was_counted() -> None:
    runs = [
        Run(1, None, 5, None, None, None),
        Run(2, "2022-03-15-13:33:39", 1, 1647352313, "month", 1, 28, 55, 3, 1, 4, 5, 2),
    ]
    rows = sims(431, 419, 478, 484, 442, 482, ncpus=768)
    found = completed(msgspec.structs.replace(each, run_id=2) for each in rows)
    newest, oldest = run_history(runs, found, 768).runs
    assert msgspec.json.decode(msgspec.json.encode(newest)) == {
        "run_id": 2,
        "created": "2022-03-15-13:33:39",
        "finish": newest.finish,
        "chunk_unit": "month",
        "chunk_size": 1,
        "submitted": 5,
        "queuing": 1,
        "running": 4,
        "completed": 28,
        "failed": 3,
        "total": 55,
        "suspended": 2,
        "Parallelization": 768,
        "SYPD": 15.79,
        "ASYPD": None,
        "CHSY": 1167.36,
    }
    assert newest.finish is not None
    assert (oldest.created, oldest.finish, oldest.SYPD, oldest.chunk_unit) == ("", None, None, None)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), min_size=1, max_size=9))
def test_waiting_never_makes_a_run_faster(jobs: list[tuple[int, int]]) -> None:
    rows = [ran(f"{n}_SIM", queue, ran_for, job_id=n % 3) for n, (queue, ran_for) in enumerate(jobs)]
    found = speed([*rows, post(1)], run(1, "year"))
    assert found.sypd is not None
    assert found.asypd is not None
    assert 0 < found.asypd <= found.sypd
