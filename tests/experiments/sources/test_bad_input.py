"""Damage in one experiment: a clear 503 for that one and no harm to others; links and rights too."""

import multiprocessing
import os
import pickle
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from tests.experiments.sources.making import (
    attributes,
    digest,
    experiment,
    history,
    job_pickle,
    jobs_database,
    run_python,
    settle,
    source,
    tree,
    tuples,
    writing,
)

from mestral import Problem
from mestral_experiments.model import Experiment, JobStatus
from mestral_experiments.sources.protocol import JobQuery, Part

OLD, NEW = experiment("a001"), experiment("a002", "4.2.0")
SENTENCE = "Error while reading the job list"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two healthy experiments, one of each generation, and a third one."""
    root = tmp_path / "root"
    tree(root, "a001", "a002", "a003")
    job_pickle(root, "a001", tuples("a001_SIM"))
    jobs_database(root, "a002", {"name": "a002_SIM", "status": "RUNNING", "modified": "2026-01-01 00:00:00"})
    job_pickle(root, "a003", tuples("a003_SIM"))
    for name in ("a001", "a002", "a003"):
        history(root, name)
    return root


def pickle_of(root: Path) -> Path:
    return root / "a001" / "pkl" / "job_list_a001.pkl"


def database_of(root: Path) -> Path:
    return root / "a002" / "db" / "job_list.db"


def damaged(root: Path, row: Experiment) -> Problem:
    """The problem of one experiment, while the third is served."""
    reading = source(root)
    before = digest(root)
    for ask in (
        lambda: reading.jobs(row, JobQuery()),
        lambda: reading.jobs(row, JobQuery(limit=5)),
        lambda: reading.states(row),
    ):
        with pytest.raises(Problem) as caught:
            ask()
        assert (caught.value.status, caught.value.message) == (503, SENTENCE)
    assert [job.name for job in reading.jobs(experiment("a003"), JobQuery()).jobs] == ["a003_SIM"]
    assert digest(root) == before
    return caught.value


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"garbage", tuples("a")[:-9], b"cos\nsystem\n(S'true'\ntR."]
)
def test_damaged_pickle(root: Path, content: bytes) -> None:
    pickle_of(root).write_bytes(content)
    damaged(root, OLD)


@pytest.mark.parametrize("keep", [10, 1000, 4096, 5000])
def test_truncated_database(root: Path, keep: int) -> None:
    path = database_of(root)
    path.write_bytes(path.read_bytes()[:keep])
    damaged(root, NEW)
    assert source(root).modified(NEW) is None


def test_locked_database_may_be_asked_again(root: Path) -> None:
    with writing(database_of(root)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert damaged(root, NEW).headers == {"Retry-After": "1"}
        assert source(root).modified(NEW) is None
    assert source(root).states(NEW) == [("a002_SIM", JobStatus.RUNNING)]


def test_locked_history(root: Path) -> None:
    with writing(root / "metadata" / "data" / "job_data_a001.db") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem) as caught:
            source(root).latest_run(OLD)
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})


@pytest.mark.parametrize(
    "version", ["4.1.17", "4.2.0", "4.10.1", "5.0", None, "", "abc", "4", "4.x", "4.2rc1"]
)
def test_the_generation_that_exists_is_used(root: Path, version: str | None) -> None:
    reading = source(root)
    for name in ("a001", "a002"):
        (job,) = reading.jobs(experiment(name, version), JobQuery()).jobs
        assert job.name == f"{name}_SIM"
        assert reading.modified(experiment(name, version)) is not None


@pytest.mark.parametrize(
    ("version", "generation"),
    [("4.2.0", "new"), ("4.10", "new"), ("5.0.1", "new"), ("4.1.17", "old"), (None, "old"), ("4.x", "old")],
)
def test_of_two_generations_the_version_decides(root: Path, version: str | None, generation: str) -> None:
    job_pickle(root, "a002", tuples("old"))
    database_of(root)
    with sqlite3.connect(database_of(root)) as connection:
        connection.execute("UPDATE jobs SET name = 'new'")
    connection.close()
    (job,) = source(root).jobs(experiment("a002", version), JobQuery()).jobs
    assert job.name == generation


def test_nothing_but_a_row(root: Path) -> None:
    shutil.rmtree(root / "a001")
    reading = source(root)
    page = reading.jobs(OLD, JobQuery(name="x", limit=3))
    assert (list(page.jobs), page.total, reading.states(OLD), reading.modified(OLD)) == ([], 0, None, None)


def outside_pickle(root: Path, other: Path) -> None:
    other.write_bytes(tuples("stolen"))
    pickle_of(root).unlink()
    pickle_of(root).symlink_to(other)


def outside_folder(root: Path, other: Path) -> None:
    job_pickle(other.parent, "a001", tuples("stolen"))
    shutil.rmtree(root / "a001")
    (root / "a001").symlink_to(other.parent / "a001")


def outside_subfolder(root: Path, other: Path) -> None:
    job_pickle(other.parent, "a001", tuples("stolen"))
    shutil.rmtree(root / "a001" / "pkl")
    (root / "a001" / "pkl").symlink_to(other.parent / "a001" / "pkl")


def another_experiment(root: Path, other: Path) -> None:
    pickle_of(root).unlink()
    pickle_of(root).symlink_to("../../a003/pkl/job_list_a003.pkl")


@pytest.mark.parametrize("link", [outside_pickle, outside_folder, outside_subfolder, another_experiment])
def test_links_that_leave_are_refused(root: Path, tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    link(root, tmp_path / "elsewhere")
    damaged(root, OLD)
    assert source(root).modified(OLD) is None


def test_links_that_stay_are_followed(root: Path) -> None:
    path = pickle_of(root)
    path.rename(path.with_name("kept.pkl"))
    path.symlink_to("kept.pkl")
    assert [job.name for job in source(root).jobs(OLD, JobQuery()).jobs] == ["a001_SIM"]


def test_a_root_that_is_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    rc = root / "autosubmitrc"
    rc.write_text(rc.read_text().replace(str(root), str(tmp_path / "alias")))
    assert [job.name for job in source(root).jobs(OLD, JobQuery()).jobs] == ["a001_SIM"]


@pytest.mark.parametrize("which", [pickle_of, database_of])
def test_a_pipe_does_not_block(root: Path, which: Callable[[Path], Path]) -> None:
    which(root).unlink()
    os.mkfifo(which(root))
    row = OLD if which is pickle_of else NEW
    source(root).fingerprint(row, Part.JOBS)
    source(root).fingerprint_list([row], Part.JOBS)
    reading = source(root)
    with pytest.raises(Problem, match=SENTENCE):
        reading.jobs(row, JobQuery())


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


AS_NOBODY = """
import sys
from pathlib import Path
from mestral import Problem
from mestral_experiments.sources.protocol import JobQuery, Part
from tests.experiments.sources.making import become_nobody, experiment, source
import mestral_experiments.sources.configuration
become_nobody()
reading = source(Path(sys.argv[1]))
experiments = reading.catalog().experiments
for row in experiments:
    reading.fingerprint(row, *Part)
    reading.fingerprint_list([row], *Part)
    for ask in (
        lambda: reading.jobs(row, JobQuery()).total,
        lambda: reading.jobs(row, JobQuery(limit=2)).total,
        lambda: len(reading.states(row)),
        lambda: reading.latest_run(row),
        lambda: reading.modified(row) is None,
    ):
        try:
            print(ask(), end=" ")
        except Problem as problem:
            print(problem.status, end=" ")
    print(end="; ")
"""


@pytest.fixture
def read_only(public_path: Path) -> Path:
    """A tree that its reader may not write."""
    root = public_path / "root"
    tree(root, "a001", "a002")
    job_pickle(root, "a001", tuples("a001_SIM"))
    jobs_database(root, "a002", {"name": "a002_SIM", "status": "RUNNING"})
    history(root, "a001")
    (public_path / "root-state").mkdir()
    (public_path / "root-state").chmod(0o777)
    return root


def forbid_writing(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_user_without_write_permission_reads_everything(read_only: Path) -> None:
    forbid_writing(read_only)
    before = digest(read_only)
    assert run_python(AS_NOBODY, read_only) == "1 1 1 None False ; 1 1 1 None True ;"
    assert digest(read_only) == before


def test_files_that_may_not_be_read_are_damage_and_not_missing(read_only: Path) -> None:
    forbid_writing(read_only)
    pickle_of(read_only).chmod(0)
    (read_only / "a002" / "db").chmod(0)
    before = digest(read_only)
    assert run_python(AS_NOBODY, read_only) == "503 503 503 None False ; 503 503 503 None True ;"
    assert digest(read_only) == before


def test_fingerprints_follow_the_files(root: Path) -> None:
    settle(root)
    reading = source(root)
    rows = [OLD, NEW]

    def taken(*parts: Part) -> tuple[str, str, str]:
        return (
            reading.fingerprint_list(rows, *parts).content,
            reading.fingerprint(OLD, *parts).digest(),
            reading.fingerprint(NEW, *parts).digest(),
        )

    nothing, jobs, runs, everything = taken(), taken(Part.JOBS), taken(Part.HISTORY), taken(*Part)
    assert (taken(), taken(Part.JOBS), taken(Part.HISTORY), taken(*Part)) == (nothing, jobs, runs, everything)

    job_pickle(root, "a001", tuples("a001_SIM", "a001_POST"))
    assert taken() == nothing
    assert taken(Part.HISTORY) == runs
    assert taken(Part.JOBS)[0] != jobs[0]
    assert (taken(Part.JOBS)[1] != jobs[1], taken(Part.JOBS)[2] != jobs[2]) == (True, False)

    with writing(database_of(root), "wal") as connection:
        before = taken(Part.JOBS)
        connection.execute("UPDATE jobs SET status = 'COMPLETED'")
        after = taken(Part.JOBS)
        assert (after[0] != before[0], after[2] != before[2]) == (True, True)

    with writing(root / "metadata" / "data" / "job_data_a001.db", "wal") as connection:
        before = taken(Part.HISTORY)
        connection.execute("INSERT INTO experiment_run (run_id) VALUES (9)")
        after = taken(Part.HISTORY)
        assert (after[0] != before[0], after[1] != before[1], after[2] == before[2]) == (True, True, True)

    before = taken(Part.CONFIGURATION)
    (root / "a001" / "conf").mkdir()
    (root / "a001" / "conf" / "minimal.yml").write_text("a: 1")
    after = taken(Part.CONFIGURATION)
    assert (after[0] != before[0], after[1] != before[1]) == (True, True)
    assert reading.fingerprint(experiment("a001", "4.1.16")).digest() != nothing[1]


def test_a_kept_list_is_the_one_on_the_disk(root: Path) -> None:
    reading = source(root)
    for number in range(1, 4):
        job_pickle(root, "a001", tuples(*(f"a001_{n}" for n in range(number))))
        assert reading.jobs(OLD, JobQuery()).total == number
    time.sleep(2.1)  # a file that was just written is not kept
    first, second = (reading.jobs(OLD, JobQuery()).jobs for _ in range(2))
    assert first[0] is second[0]
    job_pickle(root, "a001", tuples("a001_x"))
    assert [job.name for job in reading.jobs(OLD, JobQuery()).jobs] == ["a001_x"]


def test_a_list_of_odd_jobs_is_served(root: Path) -> None:
    content = pickle.dumps(
        {"good": attributes(), "odd": attributes(_status="?", _chunk="x"), 5: attributes()}, 5
    )
    job_pickle(root, "a001", content)
    page = source(root).jobs(OLD, JobQuery())
    assert [(job.name, job.status) for job in page.jobs] == [
        ("good", JobStatus.COMPLETED),
        ("odd", JobStatus.UNKNOWN),
    ]
