"""Attempts of jobs, from every version of the schema of `job_data`."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.sources.making import (
    ATTEMPTS_TABLE,
    attempts,
    database,
    digest,
    experiment,
    insert,
    source,
    tree,
)

from mestral import Problem
from mestral_experiments.model import Attempt, Times

ROW = experiment("a001")
SIM = {
    "job_name": "a001_SIM", "counter": 3, "created": "2026-01-01", "submit": 10, "start": 20, "finish": 30,
    "status": "COMPLETED", "ncpus": 16, "wallclock": "1:30", "qos": "debug", "energy": 1200,
    "date": "2020-01-01 00:00:00", "section": "SIM", "member": "fc0", "chunk": 1, "platform": "MN5",
    "job_id": 77, "extra_data": "{}", "nnodes": 2, "run_id": 4, "MaxRSS": 1.5, "AveRSS": 0.5, "out": "o.xz",
    "err": "e", "rowstatus": 2, "children": "a, b", "platform_output": "x" * 9000,
    "workflow_commit": "c0ffee", "split": 1, "splits": 4, "fail_count": 2,
}  # fmt: skip
SINCE = {
    12: [],
    14: ["nnodes", "run_id"],
    15: ["MaxRSS", "AveRSS", "out", "err", "rowstatus"],
    17: ["children", "platform_output"],
    19: ["workflow_commit"],
    21: ["split", "splits", "fail_count"],
}
"""Versions of the schema, and the columns that each added."""
WHOLE = Attempt(
    name="a001_SIM", submit=10, start=20, finish=30, status="COMPLETED", counter=3, rowtype=2, ncpus=16,
    nnodes=2, wallclock="1:30", qos="debug", platform="MN5", energy=1200, date="2020-01-01 00:00:00",
    section="SIM", member="fc0", chunk=1, split=1, splits=4, job_id=77, run_id=4, out="o.xz",
    err="e", workflow_commit="c0ffee", created="2026-01-01", last=1,
)  # fmt: skip
NEVER_READ = {"MaxRSS", "AveRSS", "rowstatus", "children", "platform_output", "fail_count"}


@pytest.mark.parametrize("version", SINCE)
@pytest.mark.parametrize("turned", [False, True])
def test_every_version_in_any_order_of_columns(tmp_path: Path, version: int, turned: bool) -> None:
    tree(tmp_path, "a001")
    absent = {column for since, columns in SINCE.items() if since > version for column in columns}
    row = {column: value for column, value in SIM.items() if column not in absent}
    names = ["rowtype", "last", *row, "id INTEGER PRIMARY KEY"]
    table = f"CREATE TABLE job_data ({', '.join(reversed(names) if turned else names)})"
    attempts(tmp_path, "a001", row, table=table)
    gone: dict[str, Any] = dict.fromkeys(absent - NEVER_READ)
    expected = Attempt(**{name: gone.get(name, getattr(WHOLE, name)) for name in Attempt.__struct_fields__})
    reading = source(tmp_path)
    assert reading.attempts(ROW) == reading.attempts(ROW, name="a001_SIM", last=True) == [expected]
    assert reading.last_times(ROW) == [Times.of(expected)]


def test_odd_values_are_null_and_harm_nothing_else(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    odd = {
        "job_name": "odd", "submit": 0, "start": -5, "finish": "soon", "status": b"\xff", "ncpus": "many",
        "energy": 12.5, "chunk": 0, "split": -1, "splits": None, "job_id": "88", "run_id": "x",
        "nnodes": 1e300, "wallclock": 130,
    }  # fmt: skip
    loose = re.sub(r"\b(INTEGER|TEXT|REAL)\b(?! PRIMARY)", "", ATTEMPTS_TABLE)
    attempts(tmp_path, "a001", odd, SIM, {"job_name": None}, {"job_name": b"x", "counter": 9}, table=loose)
    first, second = source(tmp_path).attempts(ROW)
    assert second == WHOLE
    assert (first.submit, first.start, first.finish, first.status) == (None, None, None, None)
    assert (first.ncpus, first.energy, first.chunk, first.split, first.splits) == (
        None,
        12.5,
        None,
        None,
        None,
    )
    assert (first.job_id, first.run_id, first.nnodes, first.wallclock) == (88, None, None, None)


def test_a_time_that_no_calendar_has_is_null(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    last = 253_402_300_799  # 9999-12-31T23:59:59Z
    odd = [{"start": last + 1}, {"finish": 2**63 - 1}, {"submit": -(2**63)}]
    rows = [SIM | changed | {"job_name": f"a001_{n}"} for n, changed in enumerate([{"finish": last}, *odd])]
    attempts(tmp_path, "a001", *rows)
    times = [(10, 20, last), (10, None, 30), (10, 20, None), (None, 20, 30)]
    reading = source(tmp_path)
    assert [(one.submit, one.start, one.finish) for one in reading.attempts(ROW)] == times
    assert sorted(reading.last_times(ROW), key=lambda one: one.name) == [
        Times.of(attempt) for attempt in reading.attempts(ROW)
    ]


def test_what_was_not_yet_or_is_not_split_is_null(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    zero = dict.fromkeys(("submit", "start", "finish", "chunk", "split"), 0) | {"splits": -1}
    attempts(tmp_path, "a001", SIM | zero)
    (found,) = source(tmp_path).attempts(ROW)
    assert (found.submit, found.start, found.finish) == (None, None, None)
    assert (found.chunk, found.split, found.splits, found.energy) == (None, None, None, 1200)
    assert source(tmp_path).last_times(ROW) == [Times.of(found)]


def test_text_that_is_no_utf8(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    path = attempts(tmp_path, "a001", SIM)
    database(path, "UPDATE job_data SET qos = CAST(x'66ff' AS TEXT)")
    assert source(tmp_path).attempts(ROW)[0].qos == "f\N{REPLACEMENT CHARACTER}"


def test_the_attempt_that_counts(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    attempts(
        tmp_path,
        "a001",
        {"job_name": "a", "counter": 2, "start": 2},
        {"job_name": "b", "counter": 0, "start": 5, "last": 0},
        {"job_name": "b", "counter": 1, "start": 6, "rowtype": 0},
        {"job_name": "d", "counter": 4, "start": 9, "rowtype": 1},
        {"job_name": "d", "counter": 5, "start": 3, "rowtype": 0},
        {"job_name": "a", "counter": 1, "start": 1},
        {"job_name": "c", "counter": 0, "start": 7, "rowtype": 17128472368642},
        {"job_name": "A", "counter": 0, "start": 8},
    )
    reading = source(tmp_path)
    last = {attempt.name: (attempt.counter, attempt.start) for attempt in reading.attempts(ROW, last=True)}
    assert last == {"a": (2, 2), "c": (0, 7), "A": (0, 8), "d": (4, 9)}
    assert {times.name: times.start for times in reading.last_times(ROW)} == {"a": 2, "c": 7, "A": 8, "d": 9}
    assert [attempt.counter for attempt in reading.attempts(ROW, name="a")] == [2, 1]
    assert [attempt.counter for attempt in reading.attempts(ROW, name="a", last=True)] == [2]
    assert [attempt.start for attempt in reading.attempts(ROW, name="b")] == [5, 6]
    assert reading.attempts(ROW, name="b", last=True) == reading.attempts(ROW, name="' OR 1") == []
    assert len(reading.attempts(ROW)) == 8


def test_attempts_of_a_run_or_of_completed_sections(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    rows = [
        ("COMPLETED", "SIM", "fc0", 1), ("FAILED", "SIM", "fc0", 1), ("COMPLETED", "SIM", "fc0", 2),
        ("COMPLETED", "fc00", "SIM", 1), ("COMPLETED", "POST", None, 2), ("COMPLETED", None, None, None),
        ("completed", "SIM", "fc0", 2), ("COMPLETED", "sim", "fc0", 2),
    ]  # fmt: skip
    names = ("status", "section", "member", "run_id")
    attempts(
        tmp_path,
        "a001",
        *(
            {"job_name": "a", "counter": n, "last": 0} | dict(zip(names, row, strict=True))
            for n, row in enumerate(rows)
        ),
    )
    reading = source(tmp_path)

    def found(**asked: Any) -> list[int | None]:
        return [attempt.counter for attempt in reading.attempts(ROW, **asked)]

    assert found(run_id=1) == [0, 1, 3]
    assert found(run_id=2) == [2, 4, 6, 7]
    assert found(run_id=3) == found(run_id=0) == found(run_id=2**63) == []
    assert found(completed=["SIM"]) == [0, 2, 3]
    assert found(completed={"SIM", "POST"}) == [0, 2, 3, 4]
    assert found(completed=["SIM"], run_id=2, name="a") == [2]
    assert found(completed=["' OR 1 OR '", "fc0", "\ud800"]) == [0, 2, 7]
    assert found(completed=()) == found(completed=["SIM"], name="b") == []


@pytest.mark.parametrize("lacking", ["run_id", "section", "member", "status"])
def test_a_table_that_does_not_say_what_is_asked_for(tmp_path: Path, lacking: str) -> None:
    tree(tmp_path, "a001")
    table = re.sub(rf"\b{lacking} \w+,", "", ATTEMPTS_TABLE)
    attempts(tmp_path, "a001", {"job_name": "a"}, table=table)
    reading = source(tmp_path)
    assert len(reading.attempts(ROW)) == 1
    assert reading.attempts(ROW, run_id=1, completed=["SIM"]) == []


def test_a_table_that_tells_nothing_apart_is_damaged(tmp_path: Path) -> None:
    tree(tmp_path, "a001")
    path = attempts(tmp_path, "a001", {"job_name": "a"})
    database(path, "ALTER TABLE job_data RENAME COLUMN counter TO lost")
    reading = source(tmp_path)
    for asked in ({}, {"run_id": 1}, {"completed": ["SIM"]}, {"last": True}):
        with pytest.raises(Problem, match="Error while reading the history of jobs"):
            reading.attempts(ROW, **asked)


@pytest.mark.parametrize("value", [0.0, 2.0, 1234.5])
def test_values_are_the_same_however_they_are_read(tmp_path: Path, value: float) -> None:
    tree(tmp_path, "a001")
    loose = re.sub(r"\b(INTEGER|TEXT|REAL)\b(?! PRIMARY)", "", ATTEMPTS_TABLE)
    path = attempts(tmp_path, "a001", SIM | {"energy": value}, table=loose)
    (plain,) = source(tmp_path).attempts(ROW)
    insert(path, "job_data", {"job_name": "odd", "counter": b"blob", "last": 1, "rowtype": 2})
    beside_odd, _ = source(tmp_path).attempts(ROW)
    assert repr(plain) == repr(beside_odd)


RECORDED = {  # rows, and jobs with an attempt that counts
    "a003": (16, 8), "a007": (369, 8), "a1ve": (16, 8), "a1vj": (0, 0), "a1vx": (8, 8), "a3tb": (284, 162),
    "a6zj": (0, 0), "a8qc": (1153, 211), "aa6f": (14, 10),
}  # fmt: skip


@pytest.mark.parametrize("expid", RECORDED)
def test_attempts_of_the_reference_experiments(reference: Path, expid: str) -> None:
    before = digest(reference)
    reading = source(reference)
    found = reading.find(expid)
    last = reading.attempts(found, last=True)
    assert (len(reading.attempts(found)), len(last)) == RECORDED[expid]
    assert [Times.of(a) for a in last] == reading.last_times(found)
    for attempt in last:
        assert reading.attempts(found, name=attempt.name, last=True) == [attempt]
    assert digest(reference) == before


def test_attempts_of_a_real_job(reference: Path) -> None:
    reading = source(reference)
    (job,) = reading.attempts(reading.find("a3tb"), name="a3tb_19930101_fc01_1_SIM", last=True)
    assert (job.job_id, job.submit, job.start, job.finish) == (21131708, 1647354636, 1647354648, 1647355132)
    assert (job.qos, job.status, job.workflow_commit) == ("debug", "COMPLETED", None)
