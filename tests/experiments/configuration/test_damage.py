"""Damaged, unreadable and hostile files, and what the fingerprint covers."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mestral.readers import Fingerprint, fingerprint, stamp
from mestral.readers.fingerprint import SETTLE_NS
from mestral_experiments.sources.configuration import load_configuration
from mestral_experiments.sources.configuration.limits import MAX_FILE_BYTES, MAX_FILES
from mestral_experiments.sources.faults import Busy, Damaged, Fault

Load = Callable[..., dict[str, Any]]
Write = Callable[..., None]
CUSTOM = 'DEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/a.yml,%ROOTDIR%/c/later.yml,%ROOTDIR%/more"}\n'


def taken(folder: Path) -> Fingerprint:
    return load_configuration(folder, "t0e1")[1]


def now(known: Fingerprint) -> Fingerprint:
    return fingerprint(stamp(known_stamp.place) for known_stamp in known.stamps)


def test_the_fault_names_the_file_by_its_place_in_the_experiment(load: Load, folder: Path) -> None:
    with pytest.raises(Fault) as raised:
        load({"conf/good.yml": "A: 1", "conf/bad.yml": "A: ["})
    assert "conf/bad.yml: not YAML: " in str(raised.value)
    assert str(folder) not in str(raised.value)
    assert [stamp.place for stamp in raised.value.taken.stamps][-1] == str(folder / "conf/bad.yml")


DAMAGED = ["A: [", "text", "[1, 2]", "A: 1\nA: 2", b"A: \xff", "A: 1\n---\nB: 2", "\0"]


@pytest.mark.parametrize("content", DAMAGED)
def test_one_damaged_file_is_a_clear_error_wherever_it_is(load: Load, content: str | bytes) -> None:
    for files in (
        {"conf/jobs.yml": content},
        {"conf/minimal.yml": content},
        {"conf/jobs.yml": 'DEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/a.yml"}', "c/a.yml": content},
    ):
        with pytest.raises(Fault):
            load(files)
        load(dict.fromkeys(files, ""))  # the same files, mended


def test_a_file_that_cannot_be_opened_is_a_clear_error(load: Load, folder: Path) -> None:
    (folder / "conf/itself.yml").symlink_to("itself.yml")
    with pytest.raises(Fault):
        load("A: 1")


def test_pipes_and_folders_are_not_read(load: Load, folder: Path) -> None:
    os.mkfifo(folder / "conf/pipe.yml")
    with pytest.raises(Fault):
        load({})
    (folder / "conf/pipe.yml").unlink()
    custom = 'DEFAULT: {CUSTOM_CONFIG: "/dev/zero"}'
    with pytest.raises(Fault):
        load(custom)


def test_a_folder_in_place_of_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "t0e1/conf/expdef_t0e1.conf").mkdir(parents=True)
    with pytest.raises(Fault):
        load_configuration(tmp_path / "t0e1", "t0e1")


def test_conf_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("")
    with pytest.raises(Fault):
        load_configuration(tmp_path, "t0e1")


def test_a_broken_link_is_as_no_file(load: Load, folder: Path) -> None:
    (folder / "conf/gone.yml").symlink_to("/nowhere/at/all.yml")
    assert load("A: 1")["A"] == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(("mode", "shown"), [(0o600, False), (0o640, True), (0o604, True)])
def test_private_files_of_others_are_not_shown(load: Load, folder: Path, mode: int, shown: bool) -> None:
    os.chown(folder, 12345, 12345)
    secret = folder.parent / "secret.yml"
    secret.write_text("SECRET: 1")
    secret.chmod(mode)
    assert ("SECRET" in load(f"DEFAULT: {{CUSTOM_CONFIG: {secret}}}")) is shown
    (folder / "conf/link.yml").symlink_to(secret)
    assert ("SECRET" in load("A: 1")) is shown
    os.chown(secret, 12345, 12345)
    assert "SECRET" in load({})


HOSTILE = {
    "laughs": "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    ),
    "laughing placeholders": "\n".join(
        ["A0: " + "x" * 1000] + [f'A{i}: "{f"%A{i - 1}%" * 10}"' for i in range(1, 9)]
    ),
    "growing cycle": 'A: "%B%%B%%B%%B%"\nB: "%A%%A%%A%%A%"',
    "loops in loops": "S: {F: 1}\n"
    + "X:" + "".join(f" {{FOR: {{NAME: [{', '.join('abcdefghij')}]}}, Y:" for _ in range(8)) + " 1" + "}" * 8,
    "one long value many times": f"A: {'x' * 1_000_000}\nB: '{'%A%' * 2000}'",
    "one long name many times": f"S: {{FOR: {{NAME: [{'x' * 1_000_000}]}}, B: '{'%NAME%' * 2000}'}}",
    "one long section many times": f"? {'s' * 1_000_000}\n: {{FOR: {{NAME: [{'a,' * 2000}]}}}}",
    "one long reference many times": f"A: [{'x,' * 100_000}]\nB: '{'%A%' * 2000}'",
    "deep": "A: " + "[" * 500 + "]" * 500,
    "large": "# " + "x" * MAX_FILE_BYTES,
    "many entries": f"DEFAULT: {{CUSTOM_CONFIG: '{'x ' * (MAX_FILES + 1)}'}}",
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_files_are_refused_soon(load: Load, content: str) -> None:
    with pytest.raises(Fault):
        load(content)


def test_more_files_than_allowed_are_refused(load: Load) -> None:
    with pytest.raises(Fault):
        load({f"conf/{number}.yml": "" for number in range(MAX_FILES + 1)})


def test_custom_files_that_name_one_another_without_end_are_refused(load: Load) -> None:
    files = {f"c/{i}.yml": f'DEFAULT: {{CUSTOM_CONFIG: "%ROOTDIR%/c/{i + 1}.yml"}}' for i in range(100)}
    with pytest.raises(Fault):
        load({**files, "conf/a.yml": 'DEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/0.yml"}'})


def test_a_file_that_is_being_written_is_read_again(write: Write, folder: Path) -> None:
    write({"conf/a.yml": "A: ["})
    writer = threading.Timer(0.02, write, [{"conf/a.yml": "A: [1]"}])
    writer.start()
    try:
        assert load_configuration(folder, "t0e1")[0].data["A"] == [1]
    finally:
        writer.join()


def test_a_file_that_stays_half_written_may_be_asked_for_again(load: Load, folder: Path) -> None:
    with pytest.raises(Busy):
        load("A: [")
    long_ago(folder)
    with pytest.raises(Damaged):
        load_configuration(folder, "t0e1")


def long_ago(folder: Path) -> None:
    """Settle what the experiment has: damage is then no unfinished writing."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1, 1))
    time.sleep(SETTLE_NS / 1e9)  # the times of the inodes cannot be set


CHANGES: dict[str, Callable[[Path], Any]] = {
    "file changed": lambda f: (f / "conf/jobs.yml").write_text("A: 2 "),
    "file added": lambda f: (f / "conf/new.yml").write_text(""),
    "file removed": lambda f: (f / "conf/jobs.yml").unlink(),
    "left out file changed": lambda f: (f / "conf/as_misc.yml").write_text("B: 1"),
    "custom file changed": lambda f: (f / "c/a.yml").write_text("C: 2 "),
    "missing custom file appeared": lambda f: (f / "c/later.yml").write_text(""),
    "file in custom folder added": lambda f: (f / "more/z.yml").write_text(""),
    "file in custom folder changed": lambda f: (f / "more/b.yml").write_text("D: 2 "),
    "custom file of a custom file changed": lambda f: (f / "c/further.yml").write_text("E: 2 "),
    "ini file appeared": lambda f: (f / "conf/expdef_t0e1.conf").write_text("[a]\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_every_file_that_takes_part_or_could_is_in_the_fingerprint(
    write: Write, folder: Path, change: Callable[[Path], Any]
) -> None:
    write(
        {
            "conf/jobs.yml": CUSTOM + "A: 1",
            "conf/as_misc.yml": "AS_MISC: true",
            "c/a.yml": 'C: 1\nDEFAULT: {CUSTOM_CONFIG: "%ROOTDIR%/c/further.yml"}',
            "c/further.yml": "E: 1",
            "more/b.yml": "D: 1",
        }
    )
    before = taken(folder)
    assert now(before).same_as(before)
    change(folder)
    assert not now(before).same_as(before)


@pytest.mark.parametrize("name", ["autosubmit", "expdef", "jobs", "platforms", "proj"])
def test_every_ini_file_is_in_the_fingerprint_missing_or_not(write: Write, folder: Path, name: str) -> None:
    write({"conf/expdef_t0e1.conf": "[s]\n"})
    before = taken(folder)
    (folder / f"conf/{name}_t0e1.conf").write_text("[other]\n")
    assert not now(before).same_as(before)


def test_no_conf_folder_is_in_the_fingerprint(folder: Path) -> None:
    (folder / "conf").rmdir()
    before = taken(folder)
    (folder / "conf").mkdir()
    assert not now(before).same_as(before)


def test_files_are_stamped_before_they_are_read(
    write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"conf/a.yml": "A: 1"})
    path = folder / "conf/a.yml"
    opened = os.open

    def changed_just_before(name: Any, *arguments: Any, **named: Any) -> int:
        if str(name) == str(path):
            path.write_text("A: 22")
        return opened(name, *arguments, **named)

    monkeypatch.setattr(os, "open", changed_just_before)
    configuration, before = load_configuration(folder, "t0e1")
    monkeypatch.undo()
    assert configuration.data["A"] == 22
    assert not now(before).same_as(before)


def test_nothing_is_written(write: Write, folder: Path) -> None:
    write({"conf/jobs.yml": CUSTOM + "A: 1", "c/a.yml": "C: 1"})

    def state() -> list[Any]:
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*"))

    before = state()
    taken(folder)
    assert state() == before
