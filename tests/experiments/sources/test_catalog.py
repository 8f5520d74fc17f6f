"""The catalog: every shape of the shared databases, what is missing, what changes, and what is locked."""

import os
import threading
from pathlib import Path

import pytest
from tests.experiments.sources.making import (
    MAIN_TABLES,
    STATUS_TABLE,
    database,
    rc_file,
    settle,
    source,
    tree,
    writing,
)

from mestral import Problem
from mestral_experiments.model import Experiment

ROWS = (
    "INSERT INTO experiment VALUES (5, 'a005', 'five', '4.2.0')",
    "INSERT INTO experiment VALUES (1, 'a001', NULL, NULL)",
    "INSERT INTO experiment VALUES (9, 'a001', 'again', '3.13.0')",
)
DETAILS = "INSERT INTO details VALUES (5, 'me', '2024-01-08 14:52:35', 'model', 'branch', 'hpc')"
FIVE = Experiment(
    5, "a005", "five", "4.2.0", "me", "2024-01-08 14:52:35", "model", "branch", "hpc", "RUNNING", True
)


def test_rows_are_joined_and_ordered_by_id(tmp_path: Path) -> None:
    rc_file(tmp_path)
    database(tmp_path / "autosubmit.db", *MAIN_TABLES, *ROWS, DETAILS)
    database(
        tmp_path / "as_times.db", STATUS_TABLE, "INSERT INTO experiment_status VALUES (5, 'a005', 'RUNNING')"
    )
    catalog = source(tmp_path).catalog()
    assert [experiment.id for experiment in catalog.experiments] == [1, 5, 9]
    assert catalog.experiments[1] == FIVE
    assert catalog.experiments[0] == Experiment(1, "a001")
    assert (catalog.find("a005"), catalog.find("a001")) == (FIVE, catalog.experiments[0])


@pytest.mark.parametrize(
    "details",
    [
        (),
        (MAIN_TABLES[1],),
        ("CREATE TABLE details (other TEXT)",),
        (
            "CREATE TABLE details (exp_id INTEGER PRIMARY KEY, user TEXT)",
            "INSERT INTO details VALUES (1, NULL)",
        ),
    ],
)
@pytest.mark.parametrize("status", [None, b"", b"no database", (STATUS_TABLE,), ("CREATE TABLE other (x)",)])
def test_without_details_or_status(
    tmp_path: Path, details: tuple[str, ...], status: bytes | tuple[str, ...] | None
) -> None:
    rc_file(tmp_path)
    database(tmp_path / "autosubmit.db", MAIN_TABLES[0], *ROWS, *details)
    if isinstance(status, bytes):
        (tmp_path / "as_times.db").write_bytes(status)
    elif status is not None:
        database(tmp_path / "as_times.db", *status)
    found = source(tmp_path).find("a005")
    assert (found.description, found.user, found.hpc, found.status) == ("five", None, None, None)


def test_of_two_rows_of_details_the_last_counts(tmp_path: Path) -> None:
    rc_file(tmp_path)
    later = DETAILS.replace("'me'", "'you'")
    database(tmp_path / "autosubmit.db", *MAIN_TABLES, *ROWS, DETAILS, later)
    catalog = source(tmp_path).catalog()
    assert [experiment.user for experiment in catalog.experiments] == [None, "you", None]


def test_an_id_beyond_all_bounds_loses_its_own_row_alone(tmp_path: Path) -> None:
    rc_file(tmp_path)
    endless = DETAILS.replace("(5, 'me'", "(9e999, 'nobody'")
    database(tmp_path / "autosubmit.db", *MAIN_TABLES, *ROWS, endless, DETAILS)
    assert [experiment.user for experiment in source(tmp_path).catalog().experiments] == [None, "me", None]


def test_odd_values(tmp_path: Path) -> None:
    rc_file(tmp_path)
    odd = (
        "INSERT INTO experiment VALUES (7, 'a007', x'00ff', CAST(x'41ff' AS TEXT)), (8, NULL, 'nameless', '')"
    )
    database(tmp_path / "autosubmit.db", *MAIN_TABLES, *ROWS, odd)
    catalog = source(tmp_path).catalog()
    assert [experiment.name for experiment in catalog.experiments] == ["a001", "a005", "a007", "a001"]
    assert catalog.find("a007") == Experiment(7, "a007", "", "A\ufffd")


def test_unchanged_databases_give_the_same_catalog_and_changed_ones_another(tmp_path: Path) -> None:
    tree(tmp_path, "a001", "a002")
    settle(tmp_path)
    reading = source(tmp_path)
    first = reading.catalog()
    assert reading.catalog() is first
    database(tmp_path / "as_times.db", STATUS_TABLE)
    assert reading.catalog() is first  # a write that changes no record
    database(tmp_path / "as_times.db", "INSERT INTO experiment_status VALUES (1, 'a001', 'RUNNING')")
    second = reading.catalog()
    assert [experiment.status for experiment in second.experiments] == ["RUNNING", None]
    assert second is not first
    database(tmp_path / "autosubmit.db", "INSERT INTO experiment VALUES (3, 'a003', '', '')")
    assert reading.find("a003").id == 3


@pytest.mark.parametrize(
    "expid", ["zzzz", "", "a00", "A001", "../a001", "a001/", "a001\n", "a001\0", "á001", "a" * 10_000]
)
def test_unknown_names_are_404_with_the_name_in_full(tmp_path: Path, expid: str) -> None:
    tree(tmp_path, "a001")
    with pytest.raises(Problem) as caught:
        source(tmp_path).find(expid)
    assert (caught.value.status, caught.value.message) == (404, f"Experiment with expid '{expid}' not found.")


@pytest.mark.parametrize("name", ["../x", "a001/..", "a001\n", "abc"])
def test_a_name_that_is_none_is_not_found_even_if_the_database_has_it(tmp_path: Path, name: str) -> None:
    rc_file(tmp_path)
    row = f"INSERT INTO experiment VALUES (1, '{name}', '', '4.2')"
    database(tmp_path / "autosubmit.db", *MAIN_TABLES, row)
    reading = source(tmp_path)
    with pytest.raises(Problem, match="not found"):
        reading.find(name)
    (experiment,) = reading.catalog().experiments
    for ask in (reading.modified, reading.latest_run):
        with pytest.raises(Problem):
            ask(experiment)


@pytest.mark.parametrize("content", [None, b"", b"no database at all", b"SQLite format 3\0" + bytes(200)])
def test_no_experiment_database(tmp_path: Path, content: bytes | None) -> None:
    rc_file(tmp_path)
    if content is not None:
        (tmp_path / "autosubmit.db").write_bytes(content)
    with pytest.raises(Problem) as caught:
        source(tmp_path).catalog()
    assert (caught.value.status, caught.value.message) == (503, "The experiment database cannot be read")


def test_many_wait_together_for_a_locked_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tree(tmp_path, "a001")
    reading = source(tmp_path, busy_seconds=0.3)
    problems: list[Problem] = []

    def ask() -> None:
        try:
            reading.catalog()
        except Problem as problem:
            problems.append(problem)

    with writing(tmp_path / "autosubmit.db") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [problem.status for problem in problems] == [503] * 20
    assert problems[0].headers == {"Retry-After": "1"}
    assert len(caplog.records) < 5  # each is one attempt
    assert reading.find("a001").id == 1


def test_one_experiment_is_found_as_it_is_now_whatever_was_read_before(tmp_path: Path) -> None:
    tree(tmp_path, "a001", "a002")
    settle(tmp_path)
    reading = source(tmp_path)
    for description, listed in (("one", False), ("two", False), ("three", True), ("four", False)):
        if listed:
            reading.catalog()
        database(tmp_path / "autosubmit.db", f"UPDATE experiment SET description = '{description}'")
        os.utime(tmp_path / "autosubmit.db", (1_700_000_000, 1_700_000_000))  # the counter tells it apart
        for _ in range(2):
            assert reading.find("a001").description == description
    database(
        tmp_path / "as_times.db", STATUS_TABLE, "INSERT INTO experiment_status VALUES (2, 'a002', 'RUNNING')"
    )
    assert reading.find("a002").status == "RUNNING"
    with pytest.raises(Problem, match="'a003' not found"):
        reading.find("a003")
