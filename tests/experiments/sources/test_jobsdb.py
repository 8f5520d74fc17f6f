"""Job lists of Autosubmit 4.2: tables of every shape, and pages by SQL equal to those of the whole list."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.experiments.sources.making import database, experiment, jobs_database, source, tree

from mestral import Problem
from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.protocol import JobQuery

FULL = {
    "name": "a001_SIM", "id": 12, "priority": 3, "status": "RUNNING", "section": "SIM", "chunk": 2,
    "member": "fc0", "splits": 4, "split": 1, "date": "2024-01-01T00:00:00",
    "local_logs_out": "o", "local_logs_err": "e",
    "remote_logs_out": "ro", "remote_logs_err": "", "created": "2026-11-23 19:48:04",
    "modified": "2026-11-23 19:48:17",
}  # fmt: skip
BARE = {"name": "a001_INI", "status": "WAITING"}
ROW = experiment("a001", "4.2.0")
ALL = JobQuery()


def jobs(root: Path, query: JobQuery = ALL) -> list[Job]:
    return list(source(root).jobs(ROW, query).jobs)


def test_all_fields(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    jobs_database(tmp_path, "a001", FULL, BARE)
    bare, full = jobs(tmp_path)
    assert full == Job(
        "a001_SIM", 12, JobStatus.RUNNING, 3, "SIM", datetime(2024, 1, 1), "fc0", 2, 1, 4, "o", "e", "ro", ""
    )
    assert bare == Job(
        "a001_INI", None, JobStatus.WAITING, 0, "", None, None, None, None, None, None, None, None, None
    )
    assert source(tmp_path).states(ROW) == [("a001_SIM", JobStatus.RUNNING), ("a001_INI", JobStatus.WAITING)]
    assert source(tmp_path).modified(ROW) == datetime(2026, 11, 23, 19, 48, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "query", [JobQuery(), JobQuery(limit=10), JobQuery(name="sim"), JobQuery(status=JobStatus.RUNNING)]
)
@pytest.mark.parametrize("absent", sorted(set(FULL) - {"name"}))
def test_an_absent_column_is_null(tmp_path: Path, absent: str, query: JobQuery) -> None:
    tree(tmp_path, "a001")
    columns = [f"{column} TEXT" for column in FULL if column != absent]
    row = {column: value for column, value in FULL.items() if column != absent}
    jobs_database(tmp_path, "a001", row, table=f"CREATE TABLE jobs ({', '.join(columns)})")
    if absent == "status" and query.status:
        assert jobs(tmp_path, query) == []
        return
    (job,) = jobs(tmp_path, query)
    assert job.name == "a001_SIM"
    values = {
        "id": job.id, "status": job.status, "section": job.section, "date": job.date, "chunk": job.chunk,
        "member": job.member, "split": job.split, "splits": job.splits, "priority": job.priority,
        "local_logs_out": job.out_local, "local_logs_err": job.err_local, "remote_logs_out": job.out_remote,
        "remote_logs_err": job.err_remote, "created": None, "modified": source(tmp_path).modified(ROW),
    }  # fmt: skip
    assert values[absent] in (None, 0, "", JobStatus.UNKNOWN)


def test_unreadable_values_are_null_and_harm_no_other_job(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    odd = FULL | {
        "name": "odd", "id": "x", "priority": "high", "status": "BURNING", "chunk": "one", "date": "soon",
        "split": -1, "splits": 0, "member": b"\xff", "local_logs_out": 5.5,
    }  # fmt: skip
    jobs_database(tmp_path, "a001", odd, FULL)
    for query in (JobQuery(), JobQuery(limit=5)):
        good, bad = jobs(tmp_path, query)
        assert (good.name, good.chunk, good.date) == ("a001_SIM", 2, datetime(2024, 1, 1))
        assert (bad.id, bad.priority, bad.status, bad.chunk, bad.date) == (
            None,
            0,
            JobStatus.UNKNOWN,
            None,
            None,
        )
        assert (bad.split, bad.splits, bad.member, bad.out_local) == (None, None, None, "5.5")


@pytest.mark.parametrize("endless", ["id", "priority", "chunk", "split", "splits"])
def test_a_number_beyond_all_bounds_harms_nothing(tmp_path: Path, endless: str) -> None:
    tree(tmp_path, "a001")
    jobs_database(tmp_path, "a001", FULL | {"name": "odd", endless: float("inf")}, FULL)
    for query in (JobQuery(), JobQuery(limit=5)):
        good, _ = jobs(tmp_path, query)
        assert (good.name, good.id, good.chunk) == ("a001_SIM", 12, 2)
    assert len(source(tmp_path).states(ROW) or ()) == 2


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2024-01-01", datetime(2024, 1, 1)),
        ("2024-01-01 06:00:00", datetime(2024, 1, 1, 6)),
        ("2024-01-01T06:00:00+02:00", datetime(2024, 1, 1, 6)),
        ("", None),
    ],
)
def test_dates(tmp_path: Path, stored: str, read: datetime | None) -> None:
    tree(tmp_path, "a001")
    jobs_database(tmp_path, "a001", FULL | {"date": stored})
    assert jobs(tmp_path)[0].date == jobs(tmp_path, JobQuery(limit=1))[0].date == read


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2026-11-23 19:48:17", datetime(2026, 11, 23, 19, 48, 17, tzinfo=UTC)),
        ("2026-11-23T19:48:17+02:00", datetime(2026, 11, 23, 17, 48, 17, tzinfo=UTC)),
        ("yesterday", None),
        ("9999-12-31T23:59:59-14:00", None),
        (None, None),
    ],
)
def test_last_change_is_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str | None, read: datetime | None
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    tree(tmp_path, "a001")
    jobs_database(tmp_path, "a001", FULL | {"modified": stored})
    try:
        assert source(tmp_path).modified(ROW) == read
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("query", [JobQuery(), JobQuery(limit=10), JobQuery(name="a")])
def test_missing_and_damaged(tmp_path: Path, query: JobQuery) -> None:
    tree(tmp_path, "a001")
    assert jobs(tmp_path, query) == []
    path = database(tmp_path / "a001" / "db" / "job_list.db", "CREATE TABLE other (x)")
    assert jobs(tmp_path, query) == []
    assert source(tmp_path).states(ROW) is None
    database(path, "CREATE TABLE jobs (status TEXT)")
    with pytest.raises(Problem, match="Error while reading the job list"):
        jobs(tmp_path, query)
    path.write_bytes(b"")
    assert jobs(tmp_path, query) == []


def test_pages_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    jobs_database(
        tmp_path, "a001", *({"name": name, "status": "WAITING"} for name in ("b", "A", "a", "B", "c"))
    )
    pages = [jobs(tmp_path, JobQuery(offset=offset, limit=2)) for offset in (0, 2, 4, 6)]
    assert [[job.name for job in page] for page in pages] == [["A", "a"], ["B", "b"], ["c"], []]


def test_a_pattern_asked_again_sees_what_changed(tmp_path: Path) -> None:
    """Names, and which of them match, are kept while they are the same: states and names may change alone."""
    tree(tmp_path, "a001")
    path = jobs_database(tmp_path, "a001", *({"name": f"job_{n}", "status": "WAITING"} for n in range(12)))
    reading = source(tmp_path)

    def found(pattern: str) -> list[tuple[str, JobStatus]]:
        return [(job.name, job.status) for job in reading.jobs(ROW, JobQuery(name=pattern, limit=5)).jobs]

    for number in [*range(12), 0]:  # more than are kept, and the first one once more
        assert found(f"_{number}")[0] == (f"job_{number}", JobStatus.WAITING)
    database(path, "UPDATE jobs SET status = 'RUNNING' WHERE name = 'job_5'")
    assert found("_5") == [("job_5", JobStatus.RUNNING)]
    database(path, "UPDATE jobs SET name = 'job_6x5' WHERE name = 'job_6'")
    assert found("_5") == [("job_5", JobStatus.RUNNING)]
    assert found("_6*5") == [("job_6x5", JobStatus.WAITING)]
    assert found("!job_1")[-1] == ("job_5", JobStatus.RUNNING)
    database(
        path, "UPDATE jobs SET name = 'task' WHERE name = 'job_5'", "DELETE FROM jobs WHERE name = 'job_7'"
    )
    assert found("_5") == found("_7") == []
    assert reading.jobs(ROW, JobQuery(limit=5)).total == 11


NAMES = st.sampled_from(["aAbB_", "aAbB_!*%", "aB\u212aÉé"]).flatmap(
    lambda letters: st.lists(st.text(letters, max_size=3), max_size=8, unique=True)
)
PATTERNS = st.text("aAbBkK_!*%\u212aé", max_size=4)
STATES = ["RUNNING", "COMPLETED", "UNKNOWN", "odd", ""]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=NAMES,
    pattern=PATTERNS,
    status=st.sampled_from([None, JobStatus.RUNNING, JobStatus.UNKNOWN, JobStatus.FAILED]),
    offset=st.sampled_from([0, 1, 3, 10**20]),
    limit=st.sampled_from([None, 1, 2, 10**20]),
)
def test_pages_by_sql_equal_those_of_the_whole_list(
    tmp_path: Path, names: list[str], pattern: str, status: JobStatus | None, offset: int, limit: int | None
) -> None:
    tree(tmp_path, "a001")
    (tmp_path / "a001" / "db" / "job_list.db").unlink(missing_ok=True)
    rows: list[dict[str, Any]] = [
        {"name": name, "status": STATES[number % len(STATES)]} for number, name in enumerate(names)
    ]
    jobs_database(tmp_path, "a001", *rows)
    (tmp_path / "autosubmit.db").unlink()
    reading = source(tmp_path)
    whole = JobList.of(list(reading.jobs(ROW, JobQuery()).jobs))
    query = JobQuery(name=pattern, status=status, offset=offset, limit=limit)
    page, expected = reading.jobs(ROW, query), whole.select(query)
    assert (list(page.jobs), page.total) == (list(expected.jobs), expected.total)


def test_one_job_and_some_states(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    jobs_database(tmp_path, "a001", FULL, BARE, {"name": "a001_sim", "status": "BURNING"})
    reading = source(tmp_path)
    for job in reading.jobs(ROW, ALL).jobs:
        assert reading.job(ROW, job.name) == job
    assert reading.job(ROW, "A001_SIM") is None
    assert reading.states_of(ROW, ["a001_SIM", "a001_sim", "nobody"]) == {
        "a001_SIM": JobStatus.RUNNING, "a001_sim": JobStatus.UNKNOWN,
    }  # fmt: skip
    assert reading.states_of(ROW, []) == {}
