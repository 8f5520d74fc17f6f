"""One model of the times of attempts: contract/METRICS.md 2.1, 2.4, 5.5, 6, 8."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.rows import ran, row, run

from mestral_experiments.model import Attempt
from mestral_experiments.views.runs.attempts import Ends, counted, section_and_member
from mestral_experiments.views.runs.together import all_waits, energies, waits

NOW = 1700000600
RUNS = [run(1, start=100, finish=1699999000), run(2, start=1699999500), run(3, start=1699999900, finish=None)]
OPEN = 1700000000


def shown(attempt: Attempt) -> tuple[int, int, int | None, bool]:
    times = Ends(RUNS, NOW).times(attempt)
    return times.queue, times.run, times.finish, times.live


@pytest.mark.parametrize(
    ("attempt", "queue", "ran_for", "finish", "live"),
    [
        (row(submit=10, start=30, finish=130), 20, 100, 130, False),
        (row(submit=30, start=10, finish=5), 0, 0, 5, False),
        (row(submit=10), 0, 0, None, False),
        (row(status="COMPLETED", last=0, submit=1700000000, run_id=3), 0, 0, None, False),
        (row(status="SUBMITTED", submit=OPEN, run_id=3), 600, 0, None, True),
        (row(status="QUEUING", submit=OPEN, run_id=3), 600, 0, None, True),
        (row(status="SUBMITTED", submit=OPEN, run_id=3, last=0), 0, 0, None, False),
        (row(status="SUBMITTED", submit=1699998000, run_id=1), 1000, 0, None, False),
        (row(status="RUNNING", submit=OPEN - 5, start=OPEN, run_id=3), 5, 600, NOW, True),
        (row(status="RUNNING", submit=OPEN - 5, start=OPEN, run_id=3, last=0), 5, 0, None, False),
        (row(status="RUNNING", submit=1, start=2, finish=7, last=0), 1, 5, 7, False),
        (row(status="RUNNING", submit=1, start=1699998900), 1699998899, 100, 1699999000, False),
        (row(status="RUNNING", submit=1, start=1699999400, run_id=2), 1699999399, 500, 1699999900, False),
        (row(status="RUNNING", start=1, run_id=9), 0, 0, None, False),
        (row(status="RUNNING", start=1, run_id=None), 0, 0, None, False),
        (row(status="WAITING", submit=10, start=30, finish=130, last=0), 20, 100, 130, False),
        (row(status=None, submit=10, start=30, finish=130), 20, 100, 130, False),
    ],
)
def test_times_of_an_attempt(
    attempt: Attempt, queue: int, ran_for: int, finish: int | None, live: bool
) -> None:
    assert shown(attempt) == (queue, ran_for, finish, live)


@pytest.mark.parametrize(
    ("name", "section", "member", "real"),
    [
        ("a_19900101_fc0_1_SIM", "SIM", "fc0", ("SIM", "fc0")),
        ("a_19900101_fc0_1_SIM", "fc0", "SIM", ("SIM", "fc0")),
        ("a_POST", "POST", "", ("POST", "")),
        ("a_POST", "", "POST", ("POST", "")),
        ("a_POST", None, "POST", ("POST", "")),
        ("a_2000_DA_POST", "DA_POST", "POST", ("DA_POST", "POST")),
        ("odd", "SIM", "fc0", ("SIM", "fc0")),
        ("odd", None, None, ("", "")),
    ],
)
def test_section_and_member_of_swapped_rows(
    name: str, section: str | None, member: str | None, real: tuple[str, str]
) -> None:
    assert section_and_member(row(name, section=section, member=member)) == real


def test_the_largest_counter_counts_with_what_the_first_recording_measured() -> None:
    first = ran("a", 126, 5, counter=0, ncpus=2, energy=40590)
    again = ran("a", 126, 5, counter=1, ncpus=0, energy=0)
    (kept,) = counted([first, again])
    assert (kept.counter, kept.ncpus, kept.energy) == (1, 2, 40590)
    assert counted([again, first]) == [kept]
    other = ran("a", 127, 5, counter=1, ncpus=0, energy=0)
    assert counted([first, other]) == [other]
    measured = ran("a", 126, 5, counter=1, ncpus=3, energy=0)
    assert counted([first, measured]) == [measured]
    third = ran("a", 126, 5, counter=2, ncpus=0, energy=0)
    assert counted([first, again, third])[0].energy == 40590
    alone = [ran("a", 1, 1), ran("b", 1, 1)]
    assert counted(alone) == alone


def test_a_wait_without_the_wrapper_before_it() -> None:
    # contract/METRICS.md 6, the vector of q'
    rows = [
        row("A", rowtype=777, submit=1000, start=1100, finish=1160),
        row("B", rowtype=777, submit=1000, start=1190, finish=1251),
        row("C", rowtype=2, submit=1000, start=1280, finish=1342),
        row("D", rowtype=777, submit=1000, start=1370, finish=1433),
    ]
    assert shown_waits(rows) == [100, 30, 280, 119]
    assert shown_waits(rows[::-1]) == [119, 280, 30, 100]
    # contract/METRICS.md 8: mates with queue/run 10/100 and 50/5, own wait 200
    mates = [ran("A", 10, 100, rowtype=9), ran("B", 50, 5, rowtype=9), ran("C", 200, 1, rowtype=9)]
    assert shown_waits(mates)[2] == 90
    # Of a job that was completed twice, the slower time.
    twice = [ran("A", 10, 80, rowtype=9), ran("A", 30, 1, rowtype=9), ran("B", 100, 1, rowtype=9)]
    assert shown_waits(twice) == [10, 30, 10]
    # Neither itself, nor what failed, nor what started less than 20 seconds before.
    assert shown_waits([ran("A", 10, 50, rowtype=9), ran("A", 100, 1, rowtype=9)]) == [10, 100]
    assert shown_waits([ran("A", 10, 50, rowtype=9, status="FAILED"), ran("B", 100, 1, rowtype=9)]) == [
        10,
        100,
    ]
    assert shown_waits([ran("A", 80, 5, rowtype=9), ran("B", 100, 1, rowtype=9)]) == [80, 100]
    assert shown_waits([ran("A", 79, 5, rowtype=9), ran("B", 100, 1, rowtype=9)]) == [79, 16]
    assert shown_waits([ran("A", 10, 500, rowtype=9), ran("B", 100, 1, rowtype=9)]) == [10, 0]


def shown_waits(rows: list[Attempt]) -> list[int]:
    ends = Ends(RUNS, NOW)
    found = waits(rows, ends.times)
    return [found.get(n, ends.times(each).queue) for n, each in enumerate(rows)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(0, 90),
            st.integers(0, 90),
            st.sampled_from([2, 7, 8]),
            st.sampled_from(["COMPLETED", "FAILED"]),
        ),
        max_size=9,
    )
)
def test_the_fast_way_finds_the_same_mates(jobs: list[tuple[str, int, int, int, str]]) -> None:
    rows = [ran(name, q, r, rowtype=code, status=status) for name, q, r, code, status in jobs]
    expected = []
    for name, q, _, code, _ in jobs:
        took = [
            queue + ran_for
            for other, queue, ran_for, its_code, status in jobs
            if status == "COMPLETED" and its_code == code and other != name and queue < q - 20
        ]
        expected.append(max(q - max(took), 0) if took and code > 2 else q)
    assert shown_waits(rows) == expected


def test_newer_wrappers_are_chains_by_the_number_of_the_scheduler() -> None:
    # contract/METRICS.md 2.5: queue/run 10/5, 30/5, 60/5
    rows = [ran("a", 10, 5, job_id=7), ran("b", 30, 5, job_id=7), ran("c", 60, 5, job_id=7)]
    assert all_waits(rows, Ends(RUNS, NOW).times) == {1: 15, 2: 25}
    assert all_waits([ran("a", 10, 5, job_id=0), ran("b", 30, 5, job_id=0)], Ends(RUNS, NOW).times) == {}
    assert all_waits([ran("a", 10, 5, job_id=7), ran("b", 30, 5, job_id=8)], Ends(RUNS, NOW).times) == {}


@pytest.mark.parametrize(
    "rows",
    [
        # side by side: each of them waited for the same thing
        [ran("a", 100, 50, job_id=7), ran("b", 100, 60, job_id=7), ran("c", 101, 40, job_id=7)],
        # one after the other, in two submissions: the number of a process is given out again
        [ran("a", 10, 5, job_id=7), ran("b", 30, 5, job_id=7, submit=1020, start=1050, finish=1055)],
        # nothing tells when
        [row("a", job_id=7), row("b", job_id=7)],
    ],
)
def test_the_same_number_alone_makes_no_chain(rows: list[Attempt]) -> None:
    assert all_waits(rows, Ends(RUNS, NOW).times) == {}


def test_jobs_of_a_wrapper_share_its_energy() -> None:
    # contract/METRICS.md 5.5: 8 jobs of aa6f, the wrapper's 40590 J in six of them
    rows = [ran(str(n), 1, 5, job_id=41613435, energy=40590 if n > 1 else 0) for n in range(8)]
    again = [msgspec.structs.replace(each, counter=2, ncpus=0, energy=0) for each in rows[2:6]]
    assert set(energies([*rows, *again]).values()) == {5073.75}
    apart = [
        ran("a", 1, 5, job_id=0, energy=5),
        ran("b", 1, 5, job_id=None, energy=7),
        ran("c", 1, 5, job_id=3),
        ran("d", 1, 5, job_id=3, run_id=2, energy=9),
    ]
    assert list(energies(apart).values()) == [5, 7, 0, 9]
    old = [ran("a", 1, 5, job_id=3, rowtype=9, energy=5), ran("b", 1, 5, job_id=3, rowtype=9)]
    assert list(energies(old).values()) == [5, 0]


def test_an_energy_below_nothing_is_not_known() -> None:
    rows = [ran("a", 1, 5, job_id=7, energy=-1), ran("b", 9, 5, job_id=7, energy=-(2**63))]
    assert list(energies(rows).values()) == [0, 0]
    assert list(energies([*rows, ran("c", 20, 5, job_id=7, energy=6)]).values()) == [2, 2, 2]


def test_an_attempt_that_is_recorded_again_has_the_energy_of_the_first_time() -> None:
    # contract/METRICS.md 5.5
    first = ran("a", 1, 5, energy=5, job_id=4)
    later = ran("a", 1, 5, energy=3, job_id=4, submit=2000, start=2001, finish=2006)
    rows = [first, msgspec.structs.replace(first, counter=2, energy=0), later]
    assert energies(rows) == {("a", 1, 1000, 1001): 5, ("a", 1, 2000, 2001): 3}
