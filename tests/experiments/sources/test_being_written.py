"""Files that somebody writes while they are read."""

import multiprocessing
import os
import sqlite3
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from tests.experiments.sources.making import experiment, jobs_database, source, tuples, writing
from tests.experiments.sources.pair import NEW, OLD, damaged, database_of, pickle_of

from mestral import Problem
from mestral_experiments.sources.protocol import JobQuery


def rewrite(path: str, stop: Event) -> None:
    """Rewrites a pickle in place again and again, half of it first and the rest a moment later."""
    contents = [tuples("a001_SIM"), tuples(*(f"a001_{n}_SIM" for n in range(200)))]
    while not stop.is_set():
        for content in contents:
            half = len(content) // 2
            with Path(path).open("wb", buffering=0) as stream:
                stream.write(content[:half])
                stop.wait(0.04)
                stream.write(content[half:])
            stop.wait(0.08)


def test_half_written_pickles_are_read_again(root: Path) -> None:
    stop = multiprocessing.get_context("spawn").Event()
    writer = multiprocessing.get_context("spawn").Process(target=rewrite, args=(str(pickle_of(root)), stop))
    writer.start()
    try:
        reading, totals = source(root), []
        for _ in range(40):
            try:
                totals.append(reading.jobs(OLD, JobQuery()).total)
            except Problem as problem:
                assert problem.headers == {"Retry-After": "1"}
    finally:
        stop.set()
        writer.join()
    assert set(totals) <= {1, 200}
    assert len(totals) > 20


def test_a_pickle_that_is_finished_a_moment_later_is_read(root: Path) -> None:
    whole = tuples("a001_SIM", "a001_POST")
    pickle_of(root).write_bytes(whole[:30])
    later = threading.Timer(0.02, pickle_of(root).write_bytes, [whole])
    later.start()
    try:
        assert source(root).jobs(OLD, JobQuery()).total == 2
    finally:
        later.join()


def test_damage_that_was_written_just_now_may_pass(root: Path) -> None:
    for row, path in ((OLD, pickle_of(root)), (NEW, database_of(root))):
        path.write_bytes(path.read_bytes()[:50])
        assert damaged(root, row).headers == {"Retry-After": "1"}
    time.sleep(2.1)
    for row in (OLD, NEW):
        assert damaged(root, row).headers == {}


def write_states(path: str, stop: Event) -> None:
    """Moves all jobs of a database from one state to the next, each time in one transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    while not stop.is_set():
        for status in ("WAITING", "RUNNING", "COMPLETED"):
            connection.execute("UPDATE jobs SET status = ?", (status,))
    connection.close()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_busy_database_never_shows_half_a_transaction(root: Path, mode: str) -> None:
    rows = ({"name": f"a002_{n}", "status": "RUNNING"} for n in range(300))
    path = jobs_database(root, "a003", *rows)
    with writing(path, mode):
        stop = multiprocessing.get_context("spawn").Event()
        writer = multiprocessing.get_context("spawn").Process(target=write_states, args=(str(path), stop))
        writer.start()
        try:
            reading, seen, busy = source(root, busy_seconds=2), set(), 0
            for _ in range(40):
                try:
                    states = reading.states(experiment("a003", "4.2")) or []
                except Problem as problem:
                    assert problem.headers == {"Retry-After": "1"}
                    busy += 1
                    continue
                seen.add(frozenset(status for _, status in states))
                assert len(states) == 300
        finally:
            stop.set()
            writer.join()
    assert all(len(states) == 1 for states in seen)
    assert busy < 40 or os.geteuid() == 0
