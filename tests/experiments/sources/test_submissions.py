"""What jobs recorded themselves: `TOTAL_STATS` files (contract/METRICS.md 2.3 and 7)."""

import calendar
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.experiments.sources.making import digest, experiment, settle, source, tree

from mestral import Problem
from mestral_experiments.model import Submission
from mestral_experiments.sources.submissions import Hours

ROW, JOB = experiment("a001"), "a001_SIM"
SENTENCE = "Error while reading the logs"
A, B, C = (1_704_164_645 + hours * 3661 for hours in range(3))
TA, TB, TC = (time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds)) for seconds in (A, B, C))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001")
    (root / "a001" / "tmp").mkdir(parents=True)
    return root


def use(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use(monkeypatch, "UTC0")
    yield
    monkeypatch.undo()
    time.tzset()


def file(root: Path, job: str = JOB) -> Path:
    return root / "a001" / "tmp" / f"{job}_TOTAL_STATS"


def recorded(root: Path, job: str = JOB) -> list[Submission]:
    return list(source(root).submissions(ROW, [job])[0].get(job, []))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"{TA} {TB} {TC} FAILED", Submission(A, B, C, "FAILED", 4)),
        (f"  {TA}   {TB}\t{TC}\r", Submission(A, B, C, None, 3)),
        (f"{TA} {TB} {TC} {TC}", Submission(A, B, C, None, 4)),
        (f"{TA} {TB} {TC} COMPLETED more", Submission(A, B, C, "COMPLETED", 5)),
        (TA, Submission(A, None, None, None, 1)),
        (f"{TA} {TB}", Submission(A, B, None, None, 2)),
        (f"{TA} x {TC}", Submission(A, None, C, None, 3)),
        (f"x {TB} {TC}", Submission(None, B, C, None, 3)),
        (f"{TA} {TB} FAILED", Submission(A, B, None, "FAILED", 3)),
        (f"{TA} FAILED", Submission(A, None, None, "FAILED", 2)),
        ("1704164645 20241332000000 2024010203040", Submission(None, None, None, None, 3)),
        ("20240102246000 20240102036000 20240102030460", Submission(None, None, None, None, 3)),
        ("00000000000000 19691231235959 99999999999999", Submission(None, None, None, None, 3)),
        ("٢٠٢٤٠١٠٢٠٣٠٤٠٥", Submission(None, None, None, None, 1)),
    ],
)  # fmt: skip
def test_a_line(root: Path, line: str, found: Submission) -> None:
    file(root).write_text(line)
    assert recorded(root) == [found]


def test_all_of_them_and_the_last(root: Path) -> None:
    file(root).write_text(f"{TA} {TB} {TC} FAILED\n\n  \n{TB} {TC} {TC} COMPLETED\n{TC}\n\n")
    before = digest(root)
    reading = source(root)
    every = [
        Submission(A, B, C, "FAILED", 4),
        Submission(B, C, C, "COMPLETED", 4),
        Submission(C, None, None, None, 1),
    ]
    assert reading.submissions(ROW, [JOB])[0] == {JOB: every}
    assert reading.submissions(ROW, [JOB], last=True)[0] == {JOB: every[-1:]}
    assert digest(root) == before


@pytest.mark.parametrize("content", [None, "", "\n \n"])
@pytest.mark.parametrize("others", [0, 100])
def test_no_submission(root: Path, content: str | None, others: int) -> None:
    if content is not None:
        file(root).write_text(content)
    settle(root)
    asked = [JOB, *(f"a001_{number}" for number in range(others))]
    reading = source(root)
    found, taken = reading.submissions(ROW, asked)
    assert found == {}
    assert taken.again().same_as(taken)
    file(root).write_text(TA)
    assert not taken.again().same_as(taken)
    assert reading.submissions(ROW, asked)[0] == {JOB: [Submission(A, None, None, None, 1)]}


def test_no_folder(root: Path) -> None:
    (root / "a001" / "tmp").rmdir()
    for asked in ([JOB], [f"a001_{number}" for number in range(100)]):
        found, taken = source(root).submissions(ROW, asked)
        assert found == {}
        file(root).parent.mkdir()
        for job in asked:
            file(root, job).write_text(TA)
        assert not taken.again().same_as(taken)
        for job in asked:
            file(root, job).unlink()
        file(root).parent.rmdir()


def test_of_many_jobs_one_that_changes_is_seen(root: Path) -> None:
    jobs = [f"a001_{number}_SIM" for number in range(100)]
    for job in jobs[::2]:
        file(root, job).write_text(TA)
    reading = source(root)
    found, taken = reading.submissions(ROW, jobs)
    assert list(found) == jobs[::2]
    assert taken.same_as(reading.submissions(ROW, jobs)[1])
    with file(root, jobs[50]).open("a") as output:
        output.write(f" {TB}")
    assert not taken.again().same_as(taken)
    assert reading.submissions(ROW, jobs, last=True)[0][jobs[50]] == [Submission(A, B, None, None, 2)]


def test_of_a_long_file_the_end_is_read(root: Path) -> None:
    line = f"{TA} {TB} {TC} FAILED\n"
    file(root).write_text("x" * 100_000 + "\n" + line * 3)
    assert recorded(root) == [Submission(A, B, C, "FAILED", 4)] * 3
    file(root).write_text(line * 100_000)
    found = recorded(root)
    assert 1000 < len(found) < 5000
    assert set(found) == {Submission(A, B, C, "FAILED", 4)}
    file(root).write_text("x" * 1_000_000)
    assert recorded(root) == []


def test_times_are_local_and_know_summer_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "CET-1CEST,M3.5.0,M10.5.0/3")
    file(root).write_text("20240115120000 20240715120000")
    assert recorded(root) == [Submission(1_705_316_400, 1_721_037_600, None, None, 2)]


ZONES = ("Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


@pytest.mark.parametrize("zone", ZONES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    moments=st.lists(
        st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1))
        # Clocks are changed in these nights, in Lord Howe by half an hour.
        | st.datetimes(datetime(2024, 3, 31), datetime(2024, 4, 8))
        | st.datetimes(datetime(2024, 10, 5), datetime(2024, 11, 4))
    )
)
def test_every_time_is_the_instant_of_the_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, moments: list[datetime]
) -> None:
    use(monkeypatch, zone)
    hours = Hours()
    for moment in moments:
        expected = int(moment.replace(tzinfo=ZoneInfo(zone), microsecond=0, fold=0).timestamp())
        assert hours.seconds(moment.strftime("%Y%m%d%H%M%S")) == expected


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Madrid", datetime(2024, 3, 31, 2)), ("Europe/Madrid", datetime(2024, 10, 27, 2)),
        ("Australia/Lord_Howe", datetime(2024, 10, 6, 2)), ("Australia/Lord_Howe", datetime(2024, 4, 7, 1)),
    ],
)  # fmt: skip
def test_an_hour_in_which_clocks_are_changed(
    monkeypatch: pytest.MonkeyPatch, zone: str, hour: datetime
) -> None:
    use(monkeypatch, zone)
    hours = Hours()
    for minute in range(60):
        moment = hour.replace(minute=minute)
        expected = int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp())
        assert hours.seconds(moment.strftime("%Y%m%d%H%M%S")) == expected


def test_digits_are_those_of_autosubmit() -> None:
    assert Hours().seconds("٢٠٢٤٠١٠٢٠٣٠٤٠٥") is None


@pytest.mark.parametrize("kind", ["link", "lost", "folder", "pipe"])
@pytest.mark.parametrize("others", [0, 100])
def test_a_file_that_cannot_be_used_harms_its_own_job_alone(
    root: Path, tmp_path: Path, kind: str, others: int, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere").write_text(TA)
    if kind in ("link", "lost"):
        file(root).symlink_to(tmp_path / ("elsewhere" if kind == "link" else "nowhere"))
    elif kind == "folder":
        file(root).mkdir()
    else:
        os.mkfifo(file(root))
    file(root, "a001_INI").write_text(TB)
    reading = source(root)
    jobs = [JOB, "a001_INI", *(f"a001_{number}" for number in range(others))]
    found, taken = reading.submissions(ROW, jobs)
    assert found == {"a001_INI": [Submission(B, None, None, None, 1)]}
    assert taken.again().same_as(taken)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    file(root).rename(tmp_path / "away")
    file(root).write_text(TA)
    assert not taken.again().same_as(taken)
    assert set(reading.submissions(ROW, jobs)[0]) == {JOB, "a001_INI"}


def test_a_link_within_the_experiment_is_followed(root: Path) -> None:
    (root / "a001" / "elsewhere").write_text(TA)
    file(root).symlink_to(root / "a001" / "elsewhere")
    assert recorded(root) == [Submission(A, None, None, None, 1)]


def test_a_folder_that_leads_out_is_refused(root: Path, tmp_path: Path) -> None:
    file(root).parent.rename(tmp_path / "elsewhere")
    (root / "a001" / "tmp").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problem, match=SENTENCE):
        source(root).submissions(ROW, [JOB])


def test_submissions_of_the_reference(reference: Path) -> None:
    reading = source(reference)
    found, _ = reading.submissions(reading.find("a3tb"), ["a3tb_19930101_fc01_2_CMOROCE"], last=True)
    ((last,),) = found.values()
    submit, start, finish = (
        calendar.timegm((2022, 3, 15, *clock)) for clock in ((15, 47, 3), (16, 5, 20), (16, 6, 18))
    )
    assert last == Submission(submit, start, finish, "COMPLETED", 4)
