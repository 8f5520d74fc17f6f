"""What plugins use in render functions: fingerprints, stable reading, the memory of parsed copies."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
import weakref
from pathlib import Path

import msgspec
import pytest
from tests.readers.serving import planned, request, running

from mestral.errors import Problem
from mestral.readers import (
    Fingerprint,
    Memo,
    ReaderService,
    fingerprint,
    read_stable,
    stamp,
    stamp_opened,
    stamp_sqlite,
)
from mestral.readers.fingerprint import SETTLE_NS
from mestral.readers.memo import Budget


def test_the_package_is_light() -> None:
    code = "import mestral.readers, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"litestar", "asyncio", "sqlalchemy"} & set(done.stdout.split()) == set()


def test_a_fingerprint_tells_every_change_of_a_file_apart(tmp_path: Path) -> None:
    path = tmp_path / "a"
    seen = [fingerprint([stamp(path)])]
    path.write_text("one")
    seen.append(fingerprint([stamp(path)]))
    path.write_text("longer")
    seen.append(fingerprint([stamp(path)]))
    other = tmp_path / "b"
    other.write_text("shorte")
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    seen.append(fingerprint([stamp(path)]))
    assert len({each.digest() for each in seen}) == 4
    assert seen[-1].same_as(seen[0].again())
    assert not seen[0].same_as(seen[0].again())
    assert seen[-1].digest("x") != seen[-1].digest("y")


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_fingerprint_tells_every_commit_of_a_database_apart(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "a.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"pragma journal_mode={journal}")
    database.execute("create table t (a)")
    first = fingerprint(stamp_sqlite(path))
    assert first.same_as(first.again())
    database.execute("insert into t values (1)")
    second = fingerprint(stamp_sqlite(path))
    assert not second.same_as(first)
    assert second.same_as(first.again())
    database.close()


def test_a_file_just_written_is_not_settled_and_one_left_alone_is(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    now = fingerprint([stamp(path)])
    later = Fingerprint(now.stamps, taken_ns=time.time_ns() + 3 * 10**9)
    assert (now.settled, later.settled) == (False, True)
    assert not (now + later).settled
    assert fingerprint([stamp(tmp_path / "missing")], content="rows").settled


def test_reading_is_repeated_until_nothing_changed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    writes = iter(["three", "seven"])

    def read() -> str:
        text = path.read_text()
        if write := next(writes, ""):
            path.write_text(write)
        return text

    text, seen = read_stable(lambda: fingerprint([stamp(path)]), read, pause_seconds=0)
    assert text == "seven"
    assert seen.same_as(fingerprint([stamp(path)]))


def test_a_file_that_is_half_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    tries = iter(range(9))

    def read() -> int:
        if next(tries) == 1:
            path.write_text("12 34")
        first, second = path.read_text().split()
        return int(first) + int(second)

    assert read_stable(lambda: fingerprint([stamp(path)]), read, pause_seconds=0)[0] == 46


def test_damage_is_raised_as_it_is_and_at_once_when_the_file_is_settled(tmp_path: Path) -> None:
    reads = []

    def read() -> None:
        reads.append(1)
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        read_stable(lambda: fingerprint([stamp(tmp_path / "a")]), read)
    assert len(reads) == 1
    (tmp_path / "a").write_text("just written")
    with pytest.raises(ValueError, match="damaged"):
        read_stable(lambda: fingerprint([stamp(tmp_path / "a")]), read, pause_seconds=0)
    assert len(reads) == 4


def test_a_file_that_never_rests_is_a_503_that_may_pass(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def read() -> None:
        with path.open("a") as file:
            file.write("more")

    with pytest.raises(Problem) as raised:
        read_stable(lambda: fingerprint([stamp(path)]), read, pause_seconds=0)
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "1"})


@pytest.mark.parametrize("name", [b"\xff", "é".encode(), b"plain"])
def test_files_of_any_name_are_stamped(tmp_path: Path, name: bytes) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
    missing = fingerprint([stamp(path)])
    Path(path).write_text("one")
    taken = fingerprint([stamp(path), stamp_opened(path), *stamp_sqlite(path)])
    assert {one.place for one in taken.stamps} == {path, f"{path}-wal", f"{path}-journal"}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(taken), type=Fingerprint) == taken
    assert taken.again().same_as(taken) and taken.digest() == taken.again().digest()
    assert not missing.again().same_as(missing)


def test_half_a_surrogate_pair_is_the_name_of_no_file(tmp_path: Path) -> None:
    taken = fingerprint([stamp(f"{tmp_path}/\ud800"), stamp_opened(f"{tmp_path}/\ud800")])
    assert {one.inode for one in taken.stamps} == {0}
    assert taken.digest() == taken.again().digest()


def test_a_memo_keeps_what_is_certain_within_its_weight() -> None:
    memo = Memo(Budget(100))
    built: list[str] = []

    def get(key: str, content: str, weight: int, seen: Fingerprint | None = None) -> str:
        def build() -> tuple[str, int]:
            built.append(key)
            return f"{key}={content}", weight

        return memo.get(key, seen or fingerprint([], content=content), build)

    assert [get("a", "1", 40), get("a", "1", 40)] == ["a=1", "a=1"]
    assert built == ["a"]
    assert get("a", "2", 40) == "a=2"
    get("b", "1", 40)
    get("a", "2", 40)
    get("c", "1", 40)  # b was not used for longest
    built.clear()
    for key, content in (("a", "2"), ("c", "1"), ("b", "1")):
        get(key, content, 40)
    assert built == ["b"]
    get("huge", "1", 101)
    get("huge", "1", 101)
    unsettled = Fingerprint(content="1")
    get("d", "1", 1, unsettled)
    get("d", "1", 1, unsettled)
    assert built == ["b", "huge", "huge", "d", "d"]


def test_a_memo_looks_again_at_what_was_found_while_a_value_was_built(tmp_path: Path) -> None:
    memo, included = Memo(Budget(100)), tmp_path / "included"
    built: list[str] = []

    def build(before: str | None) -> tuple[str, int, Fingerprint]:
        assert before == (built[-1] if built else None)
        built.append(included.read_text())
        return built[-1], 1, fingerprint([stamp(included)])

    def get() -> tuple[str, Fingerprint]:
        return memo.get_found("a", fingerprint([], content="main"), build)

    included.write_text("one")
    time.sleep(SETTLE_NS / 1e9)
    first, again = get(), get()
    assert first[0] == again[0] == "one"
    assert first[1].same_as(again[1])
    assert built == ["one"]
    included.write_text("two, and longer")
    assert get()[0] == "two, and longer"


def test_a_memo_builds_upon_what_was_built_of_data_that_was_just_written(tmp_path: Path) -> None:
    memo, path = Memo(Budget(100)), tmp_path / "data"
    given: list[str | None] = []

    def get() -> str:
        taken = fingerprint([stamp(path)])

        def build(before: str | None) -> tuple[str, int, Fingerprint]:
            given.append(before)
            return path.read_text(), 1, Fingerprint()

        return memo.get_found("a", taken, build)[0]

    path.write_text("one")
    assert get() == get() == "one"
    path.write_text("two, and longer")
    assert get() == "two, and longer"
    assert given == [None, "one", "one"], "each time it is built again, from what was there"


class Parsed:
    """Something large."""


def test_a_memo_lets_go_of_what_is_outdated_before_the_new_is_built() -> None:
    """Two copies of a large list at a time would be too much."""
    memo, alive = Memo(Budget(100)), weakref.WeakSet[Parsed]()
    before: list[int] = []

    def build() -> tuple[Parsed, int]:
        before.append(len(alive))
        alive.add(made := Parsed())
        return made, 1

    for content in ("1", "2", "3"):
        memo.get("list", fingerprint([], content=content), build)
    assert (before, len(alive)) == ([0, 0, 0], 1)


def test_what_a_memo_kept_goes_with_it() -> None:
    budget, alive = Budget(100), weakref.WeakSet[Parsed]()

    def build() -> tuple[Parsed, int]:
        alive.add(made := Parsed())
        return made, 60

    memo, other = Memo(budget), Memo(budget)
    memo.get("a", fingerprint([]), build)
    del memo
    assert not alive
    other.get("a", fingerprint([]), build)
    assert len(alive) == 1


def test_room_is_made_before_a_large_value_is_built() -> None:
    memo, alive = Memo(Budget(100)), weakref.WeakSet[Parsed]()

    def build(room: int) -> tuple[Parsed, int]:
        memo.make_room(room)
        before.append(len(alive))
        alive.add(made := Parsed())
        return made, 60

    before: list[int] = []
    memo.get("a", fingerprint([]), lambda: build(60))
    memo.get("b", fingerprint([]), lambda: build(60))
    memo.get("c", fingerprint([]), lambda: build(101))  # will not be kept: nothing needs to go for it
    assert before == [0, 0, 1]


def test_a_service_whose_settings_cannot_be_handed_over_harms_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Local:
        """A type that no other process can find."""

    async def run() -> bytes:
        (tmp_path / "a").write_text("")
        bad = ReaderService(slot="test.bad", factory="x:y", settings=Local())
        async with running(tmp_path, services=[bad]) as readers:
            return (await readers.respond(request(), lambda: planned(tmp_path, "service", "a"))).content

    assert b"blue" in asyncio.run(run())
    assert "test.bad" in caplog.text
