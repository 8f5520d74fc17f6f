"""The last lines of logs: of any size, compressed or not, whole or broken, and never read as a whole."""

import gzip
import lzma
import os
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.experiments.sources.making import digest, experiment, run_python, source, tree

from mestral import Problem
from mestral_experiments.model import Log
from mestral_experiments.sources import logs

ROW = experiment("a001")
NAME = "a001_SIM.20240101000000.out"
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {"xz": lzma.compress, "gz": gzip.compress}
FORMS: dict[str, Callable[[bytes], bytes]] = {"plain": lambda content: content, **COMPRESSED}
MEGABYTE = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "root")


def make(root: Path) -> Path:
    tree(root, "a001")
    place(root).parent.mkdir(parents=True)
    return root


def place(root: Path, name: str = NAME) -> Path:
    return root / "a001" / "tmp" / "LOG_a001" / name


def read(root: Path, lines: int = 150, name: str = NAME) -> Log:
    log = source(root).job_log(ROW, name, lines)[0]
    assert log is not None
    return log


def whole(log: Log) -> list[str]:
    assert log.problem is None
    return list(log.lines)


# a beginning of its own: what is compressed twice would be taken for a log that is compressed
_contents = st.builds(
    lambda pieces, times: b"[" + b"".join(pieces) * times,
    st.lists(
        st.sampled_from([b"\n", b"\r", b"\r\n", b" ", "é€".encode(), b"\xff", b"\xe2\x82", b"\0"])
        | st.binary(max_size=12)
        | st.text("ab\n\u2028\x85", max_size=20).map(str.encode),
        max_size=12,
    ),
    st.sampled_from([1, 2, 500, 5000]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_contents, st.integers(1, 200))
def test_they_are_the_last_lines_of_the_whole(root: Path, content: bytes, count: int) -> None:
    expected = [line.decode("utf-8", "replace") for line in content.splitlines()][-count:]
    place(root).write_bytes(content)
    assert whole(read(root, count)) == expected
    for compress in COMPRESSED.values():
        place(root).write_bytes(compress(content))
        assert whole(read(root, count)) == [line.rstrip() for line in expected]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo\rthree\n\n", ["one", "two", "three", ""]),
        (b"caf\xc3\xa9\ncaf\xe9\n", ["café", "caf\ufffd"]),
        ("a\x0bb\x0cc\x85d\u2028e\n".encode(), ["a\x0bb\x0cc\x85d\u2028e"]),
    ],
)
def test_lines(root: Path, form: str, content: bytes, lines: list[str]) -> None:
    place(root).write_bytes(FORMS[form](content))
    assert whole(read(root)) == lines
    assert whole(read(root, 1)) == lines[-1:]


@pytest.mark.parametrize("form", FORMS)
def test_blanks_at_the_ends_of_lines_are_kept_where_nothing_is_compressed(root: Path, form: str) -> None:
    place(root).write_bytes(FORMS[form](b" one \t\ntwo  "))
    assert whole(read(root)) == ([" one \t", "two  "] if form == "plain" else [" one", "two"])


@pytest.mark.parametrize("form", FORMS)
def test_lines_that_are_too_long(root: Path, form: str) -> None:
    """A megabyte is given at most: whole lines, or the end of the last one."""
    long = b"x" * (3 * MEGABYTE) + "end€".encode()
    place(root).write_bytes(FORMS[form](b"first\n" + long))
    (line,) = whole(read(root))
    assert line == "x" * (MEGABYTE - 6) + "end€"
    assert whole(read(root, 1)) == [line]

    place(root).write_bytes(FORMS[form](b"first\n" + long + b"\r\nsecond\nthird\n"))
    assert whole(read(root)) == ["second", "third"]
    assert whole(read(root, 2)) == ["second", "third"]

    place(root).write_bytes(FORMS[form]((b"y" * (MEGABYTE // 10) + b"\n") * 20))
    assert whole(read(root)) == ["y" * (MEGABYTE // 10)] * 9


@pytest.mark.parametrize("form", FORMS)
def test_a_last_line_longer_than_what_is_read_first_is_whole(root: Path, form: str) -> None:
    place(root).write_bytes(FORMS[form](b"one\n" + b"x" * 500_000 + b"\n"))
    assert whole(read(root, 1)) == ["x" * 500_000]


def test_what_is_in_a_file_counts_and_not_its_name(root: Path) -> None:
    for name, content in (("a001_1.out.xz", b"one\n"), ("a001_1.out", gzip.compress(b"one\n"))):
        place(root, name).write_bytes(content)
        assert whole(read(root, name=name)) == ["one"]


@pytest.mark.parametrize("form", COMPRESSED)
def test_streams_one_after_the_other_are_one_log(root: Path, form: str) -> None:
    """As `cat`, several appends and padded copies make them."""
    compress = COMPRESSED[form]
    one, two = compress(b"one\ntw"), compress(b"o\nthree\n")
    for between in (b"", b"\0" * 4096):
        place(root).write_bytes(one + between + compress(b"") + two + between)
        assert whole(read(root)) == ["one", "two", "three"]


DAMAGED = "The compressed log is damaged and cannot be read."
INCOMPLETE = "The compressed log is incomplete: its end is missing."
LINES = [f"line {number} of what a job wrote" for number in range(40_000)]
CONTENT = "\n".join(LINES).encode()


@pytest.mark.parametrize("form", COMPRESSED)
def test_a_truncated_file_gives_what_is_there_and_says_so(root: Path, form: str) -> None:
    compressed = COMPRESSED[form](CONTENT)
    for length in (len(compressed) - 1, len(compressed) * 2 // 3):
        place(root).write_bytes(compressed[:length])
        log = read(root, 10)
        assert log.problem == INCOMPLETE
        assert len(log.lines) == 10
        assert "\n".join(log.lines) in CONTENT.decode()
    place(root).write_bytes(compressed[:8])
    log = read(root)
    assert (list(log.lines), log.problem) == ([], INCOMPLETE)


@pytest.mark.parametrize("form", COMPRESSED)
def test_nothing_of_a_damaged_file_is_trusted(root: Path, form: str) -> None:
    compressed = COMPRESSED[form](CONTENT)
    half = len(compressed) // 2
    for damaged in (
        compressed[:half] + b"\xff" * 4096 + compressed[half + 4096 :],
        compressed[:6] + b"\xff" * 100,
        compressed + b"and something else",
    ):
        place(root).write_bytes(damaged)
        log = read(root, 10)
        assert (list(log.lines), log.problem) == ([], DAMAGED)


def test_damage_is_logged_once(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    place(root).write_bytes(gzip.compress(CONTENT)[:5000])
    reading = source(root)
    for _ in range(3):
        reading.job_log(ROW, NAME, 10)
    assert len(caplog.records) == 1
    assert "incomplete" in caplog.text


def test_xz_that_asks_for_gigabytes_of_memory_is_damage(root: Path) -> None:
    content = bytearray(lzma.compress(b"one\n", preset=0))
    assert content[12:16] == b"\x02\x00\x21\x01"  # the block's header: its size, flags, and the filter LZMA2
    content[16] = 40  # a dictionary of 4 GB
    content[20:24] = zlib.crc32(content[12:20]).to_bytes(4, "little")
    place(root).write_bytes(content)
    assert read(root).problem == DAMAGED


BOUNDED = """
import resource, sys
from pathlib import Path
from mestral_experiments.sources import logs
from tests.experiments.sources.making import experiment, source
logs.UNPACKING_SECONDS = 100  # whatever else this machine does
reading, row = source(Path(sys.argv[1])), experiment("a001")
assert reading.job_log(row, "a001_none", 150)[0] is None
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
log = reading.job_log(row, sys.argv[2], 150)[0]
print(len(log.lines), log.lines[-1][-9:], "-", log.problem)
"""


def test_a_log_of_300_megabytes_is_not_read_whole(root: Path) -> None:
    with place(root).open("wb") as file:
        file.truncate(300 * MEGABYTE)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + CONTENT)
    assert run_python(BOUNDED, root, NAME) == "150 job wrote - None"


@pytest.mark.parametrize("form", COMPRESSED)
def test_a_compressed_log_of_300_megabytes_is_not_held_whole(root: Path, form: str) -> None:
    compress = COMPRESSED[form]
    many = compress(CONTENT * 6)  # 8 MB
    place(root).write_bytes(many * 37 + compress(b"\nlast"))
    assert run_python(BOUNDED, root, NAME) == "150 last - None"


@pytest.mark.parametrize("form", COMPRESSED)
def test_a_bomb_is_given_up(root: Path, form: str) -> None:
    compress = COMPRESSED[form]
    zeros = compress(bytes(64 * MEGABYTE))
    with place(root).open("wb") as file:
        for _ in range(20_000 * MEGABYTE // (64 * MEGABYTE)):  # 20 GB
            file.write(zeros)
    answer = run_python(BOUNDED, root, NAME).replace("\0", "")
    assert answer.endswith("- The compressed log holds more than 512 MB: its end is not read.")
    assert answer.startswith("1 ")


@pytest.mark.parametrize("form", COMPRESSED)
def test_what_takes_too_long_to_unpack_may_pass(
    root: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes out of it at all, so that no number of bytes would end it."""
    place(root).write_bytes(COMPRESSED[form](b"") * 100_000)
    monkeypatch.setattr(logs, "UNPACKING_SECONDS", 0.0)
    with pytest.raises(Problem, match="Error while reading the logs") as raised:
        source(root).job_log(ROW, NAME, 150)
    assert raised.value.status == 503
    assert raised.value.headers["Retry-After"] == "1"
    monkeypatch.undo()
    assert whole(read(root)) == []


def test_a_log_that_is_being_written(root: Path) -> None:
    """Whatever is read is a sequence of whole lines that was the end at some time."""
    stop = threading.Event()

    def write() -> None:
        with place(root).open("ab", buffering=0) as file:
            number = 0
            while not stop.is_set():
                number += 1
                file.write(b"%d\n" % number)

    place(root).touch()
    reading = source(root)
    seen: set[tuple[str, ...]] = set()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(seen) < 50:
            log = reading.job_log(ROW, NAME, 20)[0]
            assert log is not None
            seen.add(tuple(whole(log)))
    finally:
        stop.set()
        writer.join()
    for lines in seen - {()}:
        first = int(lines[0])
        assert lines == tuple(map(str, range(first, first + len(lines))))


def test_an_unchanged_log_is_unpacked_once(root: Path) -> None:
    place(root).write_bytes(gzip.compress(CONTENT))
    reading = source(root)

    def again() -> bool:
        one, two = (reading.job_log(ROW, NAME, 10)[0] for _ in range(2))
        assert one is not None and two is not None and one == two
        return one.lines is two.lines

    deadline = threading.Event()
    assert any(again() or deadline.wait(0.25) for _ in range(20))  # once it is settled, after 2 s
    place(root).write_bytes(gzip.compress(b"other"))
    log = reading.job_log(ROW, NAME, 10)[0]
    assert log is not None and whole(log) == ["other"]


def test_nothing_is_written(root: Path) -> None:
    for name, compress in FORMS.items():
        place(root, f"a001_{name}").write_bytes(compress(CONTENT))
    before = digest(root)
    for name in FORMS:
        assert whole(read(root, name=f"a001_{name}")) == LINES[-150:]
    assert digest(root) == before
