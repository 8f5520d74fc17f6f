"""Opening SQLite: nothing beside the file changes, whoever reads it, and every fault has its name."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.experiments.sources.making import database, digest, run_python, writing

from mestral_experiments.sources.faults import Busy, Damaged, Fault, Missing
from mestral_experiments.sources.sqlite import open_readonly, read_database
from mestral_experiments.sources.sqlitetables import SqliteTables

COUNT = "SELECT COUNT(*), MAX(x) FROM t"


def read(path: Path, busy_seconds: float = 0.1) -> tuple[int, int]:
    """What is in the table, with private copies beside the folder of the database."""
    state = path.parent.parent / "state"
    with open_readonly(path, state_dir=state, busy_seconds=busy_seconds) as connection:
        count, largest = connection.execute(COUNT).fetchone()
        return count, largest


def killed_while_writing(path: Path, mode: str) -> None:
    """100 rows from 0 to 99 are committed; then the writer is killed in the midst of changing them."""
    path.parent.mkdir()
    pid = os.fork()
    if pid == 0:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("PRAGMA cache_size = 5")  # so that changes reach the file before the commit
        connection.execute("CREATE TABLE t (x, y)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((x, "y" * 100) for x in range(100)))
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE t SET x = 999")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((x, "z" * 500) for x in range(1000)))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def hot_journal(folder: Path) -> Path:
    path = folder / "x.db"
    killed_while_writing(path, "delete")
    assert (folder / "x.db-journal").stat().st_size > 0
    return path


def wal_of_a_killed_writer(folder: Path) -> Path:
    path = folder / "x.db"
    killed_while_writing(path, "wal")
    assert (folder / "x.db-wal").stat().st_size > 0
    return path


def wal_without_shm(folder: Path) -> Path:
    path = wal_of_a_killed_writer(folder)
    (folder / "x.db-shm").unlink()
    return path


def wal_closed_cleanly(folder: Path) -> Path:
    path = database(folder / "x.db", "PRAGMA journal_mode = wal", "CREATE TABLE t (x)")
    database(path, *(f"INSERT INTO t VALUES ({x})" for x in range(100)))
    assert [file.name for file in folder.iterdir()] == ["x.db"]
    return path


def rollback_mode(folder: Path) -> Path:
    path = database(
        folder / "x.db", "CREATE TABLE t (x)", *(f"INSERT INTO t VALUES ({x})" for x in range(100))
    )
    assert [file.name for file in folder.iterdir()] == ["x.db"]
    return path


AT_REST = [rollback_mode, hot_journal, wal_of_a_killed_writer, wal_without_shm, wal_closed_cleanly]
READ = """
import sys
from pathlib import Path
from mestral_experiments.sources.sqlite import open_readonly
from tests.experiments.sources.making import become_nobody

if sys.argv[3] == "nobody":
    become_nobody()
with open_readonly(Path(sys.argv[1]), state_dir=Path(sys.argv[2]), busy_seconds=0.1) as connection:
    print(connection.execute("SELECT COUNT(*), MAX(x) FROM t").fetchone())
"""


def open_to_all(folder: Path, writable: bool) -> None:
    """Lets every user read what is in a folder (and write, if so)."""
    folder.chmod(0o777 if writable else 0o555)
    for file in folder.iterdir():
        file.chmod(0o666 if writable else 0o444)


def read_elsewhere(path: Path, user: str) -> str:
    """What another process reads: of this user (`self`), or of one without rights when this one is root."""
    state = path.parent.parent / user
    state.mkdir(exist_ok=True)
    state.chmod(0o777)
    printed = run_python(READ, path, state, user)
    assert not (state / "sqlite").exists() or not list((state / "sqlite").iterdir())
    return printed


@pytest.mark.parametrize("make", AT_REST)
def test_what_was_committed_is_read_and_nothing_changes(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "data")
    before = digest(tmp_path / "data")
    assert read(path) == (100, 99)
    assert digest(tmp_path / "data") == before
    state = tmp_path / "state" / "sqlite"
    assert not state.exists() or not list(state.iterdir())


@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("make", AT_REST)
def test_other_users_read_the_same_and_change_nothing(
    public_path: Path, make: Callable[[Path], Path], writable: bool
) -> None:
    path = make(public_path / "data")
    open_to_all(path.parent, writable)
    before = digest(public_path / "data")
    assert read_elsewhere(path, "nobody") == "(100, 99)"
    assert digest(public_path / "data") == before


@pytest.mark.parametrize("writable", [False, True])
def test_a_writer_in_wal_mode_is_not_disturbed(public_path: Path, writable: bool) -> None:
    path = wal_closed_cleanly(public_path / "data")
    with writing(path, "wal") as connection:
        connection.execute("INSERT INTO t VALUES (1000)")
        open_to_all(path.parent, writable)
        before = digest(public_path / "data")
        assert set(before) == {"x.db", "x.db-wal", "x.db-shm"}
        assert read_elsewhere(path, "nobody") == "(101, 1000)"
        assert read_elsewhere(path, "self") == "(101, 1000)"
        assert digest(public_path / "data") == before
        connection.execute("INSERT INTO t VALUES (1001)")
        assert read_elsewhere(path, "self") == "(102, 1001)"


def test_an_open_transaction_is_not_seen(tmp_path: Path) -> None:
    path = rollback_mode(tmp_path / "data")
    with writing(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE t SET x = 999")
        before = digest(tmp_path / "data")
        assert "x.db-journal" in before
        assert read(path) == (100, 99)
        assert digest(tmp_path / "data") == before


def test_one_block_reads_one_state(tmp_path: Path) -> None:
    path = rollback_mode(tmp_path / "data")
    with (
        writing(path) as connection,
        open_readonly(path, state_dir=tmp_path / "state", busy_seconds=0.1) as reading,
    ):
        first = reading.execute(COUNT).fetchone()
        with suppress(sqlite3.OperationalError):  # the reader's lock is in its way
            connection.execute("INSERT INTO t VALUES (1000)")
        assert reading.execute(COUNT).fetchone() == first


def test_a_lock_is_waited_for_and_then_reported(tmp_path: Path) -> None:
    path = rollback_mode(tmp_path / "data")
    with writing(path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy):
            read(path)
    assert read(path) == (100, 99)


def test_names_with_special_characters(tmp_path: Path) -> None:
    path = database(tmp_path / "a?b#c%20d é" / "x.db", "CREATE TABLE t (x)", "INSERT INTO t VALUES (5)")
    assert read(path) == (1, 5)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text_file(path: Path) -> None:
    path.write_text("no database at all, however long it may be " * 100)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (Path.unlink, Missing),
        (empty, Missing),
        (text_file, Damaged),
        (truncated, Damaged),
        (overwritten, Damaged),
        (pipe, Damaged),
        (folder, Damaged),
    ],
)
def test_unusable_files(tmp_path: Path, spoil: Callable[[Path], None], fault: type[Fault]) -> None:
    rows = (f"INSERT INTO t VALUES ({x})" for x in range(3000))
    path = database(tmp_path / "data" / "x.db", "CREATE TABLE t (x)", *rows)
    assert path.stat().st_size > 10_000
    spoil(path)
    before = digest(tmp_path / "data")
    with pytest.raises(fault):
        read(path)
    assert digest(tmp_path / "data") == before


def test_a_file_that_may_not_be_read(public_path: Path) -> None:
    path = rollback_mode(public_path / "data")
    open_to_all(path.parent, writable=False)
    path.chmod(0)
    with pytest.raises(AssertionError, match="Forbidden"):
        read_elsewhere(path, "nobody")


def test_a_file_that_looks_damaged_while_it_is_written_is_read_again(tmp_path: Path) -> None:
    path = rollback_mode(tmp_path / "data")
    whole = path.read_bytes()
    path.write_bytes(whole[:1500])
    seen = []

    def count(connection: sqlite3.Connection) -> object:
        seen.append(path.stat().st_size)
        if len(seen) == 1:
            try:
                return connection.execute(COUNT).fetchone()
            finally:
                path.write_bytes(whole)
        return connection.execute(COUNT).fetchone()

    assert read_database(path, count, state_dir=tmp_path / "state", busy_seconds=0.1) == (100, 99)
    assert seen == [1500, len(whole)]


def test_what_a_killed_reader_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "state" / "sqlite" / "left"
    fresh = tmp_path / "state" / "sqlite" / "fresh"
    for copy in (left, fresh):
        copy.mkdir(parents=True)
    os.utime(left, (1, 1))
    read(hot_journal(tmp_path / "data"))
    assert fresh.exists()
    assert not left.exists()


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = database(tmp_path / "data" / "x.db", "CREATE TABLE t (b, A)", "INSERT INTO t VALUES (1, 2)")
    with open_readonly(path, state_dir=tmp_path, busy_seconds=0.1) as connection:
        assert SqliteTables(connection).select("t", ("a", "b", "c"), needs=("a",)) == [(2, 1, None)]
        assert SqliteTables(connection).select("t", {"a": "{0} + 1", "c": "{0} + 1"}, needs=("a",)) == [
            (3, None)
        ]
        with pytest.raises(Damaged, match="c"):
            SqliteTables(connection).select("t", ("a", "c"), needs=("c",))
        with pytest.raises(Missing):
            SqliteTables(connection).select("other", ("a",), needs=("a",))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = database(
        tmp_path / "data" / "x.db", "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES (CAST(x'41FF' AS TEXT))"
    )
    with open_readonly(path, state_dir=tmp_path, busy_seconds=0.1) as connection:
        assert SqliteTables(connection).select("t", ("x",), needs=()) == [("A\ufffd",)]


def test_root_does_not_touch_the_journals_of_others(tmp_path: Path) -> None:
    """A process of root that opens a journal would take ownership of it, which changes its ctime."""
    path = rollback_mode(tmp_path / "data")
    journal = path.with_name("x.db-journal")
    with writing(path, "persist") as connection:
        connection.execute("INSERT INTO t VALUES (1000)")
        assert journal.stat().st_size > 0
        before = digest(tmp_path / "data")
        assert read(path) == (101, 1000)
        assert digest(tmp_path / "data") == before
