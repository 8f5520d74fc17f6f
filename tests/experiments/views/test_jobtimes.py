"""How long jobs waited and ran: contract/METRICS.md 2."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.rows import row

from mestral_experiments.model import Attempt, JobStatus, Submission
from mestral_experiments.views.jobtimes import (
    JobTimes,
    hms,
    needs_submission,
    running_text,
    times_of,
    wrapper_waits,
)

NOW = 1700000600
MIDNIGHT = int(datetime(2024, 1, 1).timestamp())


def line(*times: int | None, status: str | None = None) -> Submission:
    """A line with so many times, the seconds after midnight; None is a word that is none."""
    words = [None if each is None else MIDNIGHT + each for each in times]
    submit, start, finish = [*words, None, None, None][:3]
    return Submission(submit, start, finish, status, len(times) + (status is not None))


def seconds(
    status: JobStatus, attempt: Attempt | None = None, of: Submission | None = None, now: int = NOW
) -> tuple[int, int, str]:
    times = times_of(status, attempt, of, now)
    return times.queue, times.run, times.status


@pytest.mark.parametrize(
    ("submit", "start", "finish", "queue", "run"),
    [(10, 30, 130, 20, 100), (None, 30, 130, 0, 100), (10, None, 130, 0, 0), (30, 10, 5, 0, 0)],
)
def test_a_row_tells_the_times_of_a_job_in_its_state(
    submit: int | None, start: int | None, finish: int | None, queue: int, run: int
) -> None:
    own = row(submit=submit, start=start, finish=finish)
    assert times_of(JobStatus.COMPLETED, own, line(0, 1, 2), NOW) == JobTimes(
        queue, run, submit, start, finish, "COMPLETED"
    )
    assert not needs_submission(JobStatus.COMPLETED, own)


def test_a_row_of_another_state_tells_nothing() -> None:
    own = row(status="FAILED", submit=10, start=30, finish=130)
    assert times_of(JobStatus.WAITING, own, None, NOW) == JobTimes(status="WAITING")
    assert times_of(JobStatus.WAITING, own, line(0, 1, 2), NOW) == JobTimes(status="WAITING")
    assert not needs_submission(JobStatus.WAITING, own)
    for status in ("COMPLETED", "FAILED", "RUNNING", "SUBMITTED", "QUEUING"):
        other = row(status="COMPLETED" if status == "FAILED" else "FAILED")
        assert needs_submission(JobStatus[status], other)
        assert needs_submission(JobStatus[status], None)


def test_seconds_grow_while_a_job_runs_or_waits() -> None:
    own = row(status="RUNNING", submit=1700000000, start=1700000100)
    assert times_of(JobStatus.RUNNING, own, None, NOW) == JobTimes(
        100, 500, 1700000000, 1700000100, None, "RUNNING", True
    )
    own = row(status="SUBMITTED", submit=1700000000)
    assert times_of(JobStatus.SUBMITTED, own, None, NOW) == JobTimes(
        600, 0, 1700000000, None, None, "SUBMITTED", True
    )


def test_a_row_that_is_one_state_ahead_of_the_list_counts() -> None:
    own = row(status="QUEUING", submit=1700000000)
    times = times_of(JobStatus.SUBMITTED, own, None, NOW)
    assert (times.submit, times.queue, times.status) == (1700000000, 600, "SUBMITTED")
    own = row(status="RUNNING", submit=1700000000, start=1700000100)
    times = times_of(JobStatus.QUEUING, own, None, NOW)
    assert (times.queue, times.run, times.status, times.live) == (100, 500, "QUEUING", True)


def test_a_suspended_job_has_seconds_and_no_times() -> None:
    own = row(status="SUSPENDED", submit=10, start=30, finish=130)
    assert times_of(JobStatus.SUSPENDED, own, None, NOW) == JobTimes(20, 100, status="SUSPENDED")


@pytest.mark.parametrize(
    ("status", "recorded", "expected"),
    [
        # what the job recorded, by its state
        ("RUNNING", line(0, 60), (60, 540, "RUNNING")),
        ("RUNNING", line(0), (0, 600, "RUNNING")),
        ("FAILED", line(0, 60, 120, status="FAILED"), (60, 60, "FAILED")),
        ("FAILED", line(0, 60), (60, 0, "FAILED")),
        ("FAILED", line(0), (0, 0, "FAILED")),
        ("SUBMITTED", line(0), (600, 0, "SUBMITTED")),
        ("QUEUING", line(0, 60, 120, status="QUEUING"), (600, 0, "QUEUING")),
        # a word that is a time is no state
        ("FAILED", Submission(MIDNIGHT, MIDNIGHT + 60, MIDNIGHT + 120, None, 4), (60, 60, "FAILED")),
        # another state than that of the list
        ("RUNNING", line(0, 60, 120, status="COMPLETED"), (60, 540, "SUSPICIOUS")),
        ("QUEUING", line(0, 60, 120, status="FAILED"), (600, 0, "SUSPICIOUS")),
        # out of order
        ("FAILED", line(300, 60, 0, status="FAILED"), (0, 0, "FAILED")),
        # what cannot be read
        ("FAILED", line(0, None, 120), (0, 0, "FAILED")),
        ("FAILED", line(0, 60, None), (60, 0, "FAILED")),
        ("RUNNING", Submission(MIDNIGHT, MIDNIGHT + 60, None, "FAILED", 3), (60, 540, "RUNNING")),
        ("RUNNING", line(0, None), (0, 0, "RUNNING")),
        ("SUBMITTED", line(None), (0, 0, "SUBMITTED")),
        # a completed job that no row tells about
        ("COMPLETED", line(0, 60, 120, status="COMPLETED"), (60, 60, "COMPLETED")),
        ("COMPLETED", line(0, 60, 120, status="FAILED"), (60, 60, "COMPLETED")),
        # states in which jobs record nothing
        ("WAITING", line(0, 60, 120), (0, 0, "WAITING")),
        ("SUSPENDED", line(0, 60, 120), (0, 0, "SUSPENDED")),
    ],
)
def test_what_a_job_recorded(status: str, recorded: Submission, expected: tuple[int, int, str]) -> None:
    assert seconds(JobStatus[status], None, recorded, MIDNIGHT + 600) == expected
    other = row(status="PREPARED", submit=1, start=2, finish=3)
    assert seconds(JobStatus[status], other, recorded, MIDNIGHT + 600) == expected


def test_the_finish_is_told_of_jobs_that_are_over() -> None:
    recorded = line(0, 60, 120)
    assert times_of(JobStatus.FAILED, None, recorded, NOW).finish == MIDNIGHT + 120
    assert times_of(JobStatus.RUNNING, None, recorded, NOW).finish is None
    waiting = times_of(JobStatus.QUEUING, None, recorded, NOW)
    assert (waiting.submit, waiting.start, waiting.finish) == (MIDNIGHT, None, None)


def test_a_job_about_which_nothing_is_recorded_has_no_seconds() -> None:
    for status in JobStatus:
        assert times_of(status, None, None, NOW) == JobTimes(status=status.name)


def waits(packages: dict[str, str], edges: str, **times: tuple[int, int]) -> dict[str, int]:
    """Corrected waits of jobs of one letter each; edges as `ab bc`."""
    pairs = edges.split()
    known = {name: JobTimes(queue, run) for name, (queue, run) in times.items()}
    found = wrapper_waits(
        {package: list(names) for package, names in packages.items()},
        lambda name: sorted(pair[1] for pair in pairs if pair[0] == name),
        lambda name: any(name in pair for pair in pairs),
        known.get,
    )
    return {name: found.get(name, known[name].queue) for name in known}


CHAIN = {"a": (10, 5), "b": (30, 5), "c": (60, 5)}


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("ab bc", {"a": 10, "b": 15, "c": 25}),
        ("", {"a": 10, "b": 15, "c": 25}),
        ("ab ac", {"a": 10, "b": 15, "c": 45}),
        ("ac bc", {"a": 10, "b": 30, "c": 45}),  # the first parent wins
        ("ax", {"a": 10, "b": 30, "c": 60}),  # they are known, and wait for none of each other
    ],
)
def test_the_wait_in_a_wrapper_is_what_remains(edges: str, expected: dict[str, int]) -> None:
    assert waits({"p": "abc"}, edges, **CHAIN) == expected


def test_a_wrapper_that_the_structure_does_not_know_is_a_chain() -> None:
    # aa6f: the structure names jobs from before they were split
    queues = (121, 126, 131, 136, 141, 147, 152, 157)
    times = {name: (queue, 5) for name, queue in zip("abcdefgh", queues, strict=True)}
    found = waits({"p": "hgfedcba"}, "xy", **times)
    assert list(found.values()) == [121, 0, 0, 0, 0, 1, 0, 0]
    assert (sum(queues), sum(found.values())) == (1111, 122)


def test_members_that_are_not_in_the_list_are_skipped() -> None:
    assert waits({"p": "abz"}, "ab az zb", a=(10, 5), b=(30, 5)) == {"a": 10, "b": 15}
    assert waits({"p": "zab"}, "", a=(10, 5), b=(30, 5)) == {"a": 10, "b": 15}


def test_wrappers_are_apart() -> None:
    times = {"a": (10, 5), "b": (30, 5), "c": (60, 5), "d": (70, 1)}
    assert waits({"p": "ab", "q": "cd"}, "ab bc cd", **times) == {"a": 10, "b": 15, "c": 60, "d": 5}


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1
    ),
    st.lists(st.sampled_from([a + b for a in "abcdef" for b in "abcdef"])),
)
def test_a_wait_is_never_negative_and_never_longer_than_recorded(
    times: dict[str, tuple[int, int]], edges: list[str]
) -> None:
    found = waits({"p": "abcdef"}, " ".join(edges), **times)
    assert all(0 <= found[name] <= queue for name, (queue, _) in times.items())


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("COMPLETED", "( 0:00:12 ) + 0:08:04"),
        ("FAILED", "( 0:00:12 ) + 0:08:04"),
        ("RUNNING", "( 0:00:12 ) + 0:08:04"),
        ("SUBMITTED", "( 0:00:12 )"),
        ("QUEUING", "( 0:00:12 )"),
        ("HELD", "( 0:00:12 )"),
        ("SUSPICIOUS", " <small><i><b>SUSPICIOUS</b></i></small>"),
        ("WAITING", ""),
        ("UNKNOWN", ""),
    ],
)
def test_running_texts(status: str, text: str) -> None:
    assert running_text(JobTimes(12, 484, status=status)) == text


@pytest.mark.parametrize(
    ("seconds_", "text"),
    [
        (0, "0:00:00"),
        (484, "0:08:04"),
        (86399, "23:59:59"),
        (93784, "1 day, 2:03:04"),
        (148101795, "1714 days, 3:23:15"),
        (2**63 - 1, "106751991167300 days, 15:30:07"),  # a finish that is no time
    ],
)
def test_seconds_as_text(seconds_: int, text: str) -> None:
    assert hms(seconds_) == text
