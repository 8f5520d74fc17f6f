"""What jobs cost: contract/METRICS.md 7."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mestral_experiments.model import Job, JobStatus, Resources, Submission
from mestral_experiments.views.figures.statistics import (
    ANY,
    Asked,
    JobStatistics,
    Statistics,
    Sums,
    of_section,
    retrials,
    statistics,
    wallclock_seconds,
)

NOW = 1704110400  # 2024-01-01 12:00 UTC
PLACE = Resources(elements=4, wallclock="00:30")
NONE: dict[str, Any] = dict.fromkeys(Job.__struct_fields__)


@pytest.fixture
def madrid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose offset depends on the season."""
    monkeypatch.setenv("TZ", "Europe/Madrid")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def job(name: str, section: str = "SIM", **values: Any) -> Job:
    made = {"name": name, "status": JobStatus.COMPLETED, "priority": 0, "section": section}
    return Job(**NONE | made | values)


def line(*times: int | None, status: str | None = None) -> Submission:
    """A line with so many words; None is one that is no time."""
    submit, start, finish = [*times, None, None, None][:3]
    return Submission(submit, start, finish, status, len(times) + (status is not None))


def done(submit: int = 1000, queue: int = 0, run: int = 0) -> Submission:
    return line(submit, submit + queue, submit + queue + run, status="COMPLETED")


def lost(submit: int = 1000, queue: int = 0, run: int = 0) -> Submission:
    return line(submit, submit + queue, submit + queue + run, status="FAILED")


def asked(hours: int = 0, section: str = ANY) -> Asked:
    return Asked(section, hours, NOW)


def both(shown: Statistics) -> tuple[Sequence[JobStatistics], Sums]:
    assert not shown.error, shown.error_message
    assert shown.Statistics is not None and shown.summary is not None
    return shown.Statistics.JobStatistics, shown.summary


def one(*lines: Submission, place: Resources = PLACE) -> JobStatistics:
    (found,), _ = both(statistics([job("j")], {"j": lines}, lambda _: place, asked()))
    return found


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ([done(1), done(2)], [2]),
        ([lost(1), done(2), lost(3), done(4), lost(5)], [3, 4, 5]),
        ([lost(1), lost(2)], [1, 2]),
        ([done(1), lost(2), line(3)], [1, 2, 3]),
        ([done(1), line(2, 2, 2, 2, 2, status="COMPLETED"), done(3)], [2, 3]),
        ([done(1)], [1]),
    ],
)
def test_the_last_retrials_count(lines: list[Submission], kept: list[int]) -> None:
    assert [each.submit for each in retrials(lines)] == kept


def test_a_job_of_a3tb() -> None:
    # SIM of chunk 1: 12 s of waiting, 484 s on 768 processors
    found = one(done(0), done(1000, 12, 484), place=Resources(elements=768, wallclock="1:30"))
    assert found == JobStatistics(
        "j",
        768,
        1.5,
        12 / 3600,
        484 / 3600,
        0.0,
        0.0,
        768 * 484 / 3600,
        0.0,
        1152.0,
        484 / 3600,
        0.0,
        1.5,
        1,
        1,
        1,
        0,
    )
    assert round(found.cpuConsumption, 7) == 103.2533333
    # REMOTE_SETUP
    found = one(done(1000, 7, 2293), place=Resources(elements=4, wallclock="2:00"))
    assert round(found.completedQueueTime, 7) == 0.0019444
    assert (round(found.cpuConsumption, 7), found.expectedCpuConsumption) == (2.5477778, 8)


def test_failed_retrials() -> None:
    found = one(lost(0, 10, 20), lost(100, 30, 40), done(200, 50, 60))
    assert (found.failedQueueTime, found.failedRunTime) == (40 / 3600, 60 / 3600)
    assert (found.completedQueueTime, found.completedRunTime) == (50 / 3600, 60 / 3600)
    assert (found.realConsumption, found.failedRealConsumption) == (120 / 3600, 60 / 3600)
    assert (found.retrialCount, found.submittedCount, found.completedCount, found.failedCount) == (3, 3, 1, 2)
    assert found.failedCpuConsumption == 4 * 60 / 3600


@pytest.mark.parametrize(
    "attempt",
    [
        line(1000),
        line(1000, 1100),
        line(1000, 1100, 1200),
        line(1000, 1100, 1200, status="SUSPENDED"),
        line(1000, 1100, None),
        line(1000, 1100, 1200, 1300, status="COMPLETED"),
    ],
)
def test_an_attempt_without_a_final_state_is_in_progress(attempt: Submission) -> None:
    found = one(attempt)
    assert (found.retrialCount, found.submittedCount, found.completedCount, found.failedCount) == (1, 1, 0, 0)
    assert (found.completedQueueTime, found.completedRunTime) == (0, 0)
    assert (found.failedQueueTime, found.failedRunTime, found.realConsumption) == (0, 0, 0)


def test_what_failed_without_an_end_failed() -> None:
    # contract/METRICS.md 7.1: `20240101000000 20240101000100 FAILED`
    found = one(Submission(1000, 1060, None, "FAILED", 3))
    assert (found.retrialCount, found.completedCount, found.failedCount) == (1, 0, 1)
    assert (found.failedQueueTime, found.failedRunTime) == (60 / 3600, 0)


def test_times_that_are_missing_or_out_of_order_are_no_time() -> None:
    assert one(line(1000, 900, 800, status="COMPLETED")).realConsumption == 0
    found = one(line(1000, None, 1200, status="FAILED"))
    assert (found.failedCount, found.failedQueueTime, found.failedRunTime) == (1, 0, 0)
    assert one(line(1000, 1000 + 3 * 86400 + 60, 0, status="COMPLETED")).completedQueueTime == 72 + 60 / 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:10:30", 630),
        ("1:30", 5400),
        ("00:05", 300),
        ("48:00", 172800),
        ("", 0),
        ("none", 0),
        ("5", 0),
        ("9" * 400 + ":00", 0),
        ("1:" + "9" * 5000, 0),
        ("-1:00", 0),
    ],
)
def test_wallclocks(text: str, seconds: int) -> None:
    assert wallclock_seconds(text) == seconds
    assert one(done(), place=Resources(wallclock=text)).wallclock == seconds / 3600


def kept(hours: int, *lines: Submission) -> bool:
    return not statistics([job("j")], {"j": lines}, lambda _: PLACE, asked(hours)).error


def test_a_period_keeps_what_started_or_finished_in_it() -> None:
    since = NOW - 24 * 3600
    assert kept(24, line(since, since + 1))
    assert kept(24, line(0, 0, since + 1, status="COMPLETED"))
    assert kept(24, line(0, 0, since + 1), line(0))
    assert not kept(24, line(since + 1, since, since))  # strictly after
    assert not kept(24, line(since + 1))
    assert kept(24, line(0, since + 1, None))  # the rest cannot be read
    assert not kept(24, line(0, None, None))
    assert not kept(24)
    assert kept(0, line(0))
    assert kept(60 * 8760, line(0, 1))  # before 1970
    assert not kept(60 * 8760, line(0))


def test_a_job_of_the_period_counts_with_all_its_last_retrials() -> None:
    lines = [lost(NOW - 30 * 3600), done(NOW - 2 * 3600)]
    (found,), _ = both(statistics([job("j")], {"j": lines}, lambda _: PLACE, asked(24)))
    assert (found.retrialCount, found.failedCount) == (2, 1)


def test_without_jobs_the_answer_is_an_error() -> None:
    shown = statistics([], {}, lambda _: PLACE, asked(0, "sim"))
    assert shown.error_message.startswith(
        "Autosubmit API couldn't find jobs that match your search critearia (Section: sim) in the "
        "period from None to "
    )
    assert (shown.error, shown.Statistics, shown.summary) == (True, None, None)
    found, sums = both(statistics([job("j")], {}, lambda _: PLACE, asked()))
    assert (found, sums.submittedCount, sums.cpuConsumptionPercentage) == ([], 0, 0.0)


def test_the_period_has_the_offset_of_its_own_times(madrid: None) -> None:
    now = int(datetime.fromisoformat("2024-04-01T00:00:00+00:00").timestamp())
    shown = statistics([job("j")], {"j": [line(0, now)]}, lambda _: PLACE, Asked(ANY, 48, now))
    assert shown.Statistics is not None
    assert (shown.Statistics.Period.From, shown.Statistics.Period.To) == (
        "2024-03-30 01:00:00+01:00",
        "2024-04-01 02:00:00+02:00",
    )


@pytest.mark.parametrize("hours", [-5, 0, 10**8, 10**12])
def test_a_period_that_begins_before_any_calendar_is_everything(hours: int) -> None:
    shown = statistics([job("j")], {"j": [line(0)]}, lambda _: PLACE, asked(hours))
    assert shown.Statistics is not None
    assert shown.Statistics.Period.From == "None"
    assert (
        statistics([job("j")], {"j": [line(0, 0)]}, lambda _: PLACE, asked(17_700_000)).Statistics is not None
    )


def test_jobs_are_in_order_of_date_member_section_and_chunk() -> None:
    first, future = datetime(2000, 1, 1), datetime(2100, 1, 1)
    ordered = [
        job("a", "INI", date=first),
        job("b", "INI", date=first, member="fc0"),
        job("c", "SIM", date=first, member="fc0", chunk=2),
        job("d", "SIM", date=first, member="fc0", chunk=10),
        job("e", "SIM", date=first, member="fc1", chunk=1),
        job("f", "INI", date=future),
        job("z", "LOCAL"),
        job("y", "AFTER"),
    ]
    shuffled = [ordered[n] for n in (6, 7, 3, 2, 5, 0, 4, 1)]
    assert of_section(shuffled, asked()) == ordered
    assert [each.name for each in of_section(shuffled, asked(section="INI"))] == ["a", "b", "f"]
    assert of_section(shuffled, asked(section="ini")) == []


submissions = st.lists(
    st.builds(
        Submission,
        st.none() | st.integers(1, 10**6),
        st.none() | st.integers(1, 10**6),
        st.none() | st.integers(1, 10**6),
        st.sampled_from([None, "COMPLETED", "FAILED", "SUSPENDED"]),
        st.integers(1, 5),
    )
)


@given(st.dictionaries(st.sampled_from("abcdef"), submissions))
def test_the_summary_is_the_sum_of_the_jobs(recorded: dict[str, list[Submission]]) -> None:
    jobs = [job(name, name.upper()) for name in "abcdef"]
    found, sums = both(statistics(jobs, recorded, lambda section: Resources(elements=ord(section)), asked()))
    assert [each.name for each in found] == [name for name in "abcdef" if recorded.get(name)]
    for each in found:
        assert each.retrialCount == each.submittedCount <= len(recorded[each.name])
        assert each.completedCount + each.failedCount <= each.retrialCount
        assert each.completedCount <= 1
        assert each.cpuConsumption == pytest.approx(each.processors * each.realConsumption)
    assert sums.submittedCount == sums.runCount == sum(each.retrialCount for each in found)
    assert sums.completedCount == sum(each.completedCount for each in found)
    assert sums.failedCount == sum(each.failedCount for each in found)
    for name in ("realConsumption", "failedRealConsumption", "cpuConsumption", "failedCpuConsumption"):
        assert getattr(sums, name) == pytest.approx(sum(getattr(each, name) for each in found), abs=1e-4)
    waited = sum(each.completedQueueTime + each.failedQueueTime for each in found)
    assert sums.totalQueueTime == pytest.approx(waited, abs=0.006)
