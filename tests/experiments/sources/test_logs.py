"""Which file is a log of a job, of a run, or of fetching logs from a platform; and which is refused."""

import gzip
import lzma
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.experiments.sources.making import MODIFIED, experiment, run_python, source, tree

from mestral import Problem
from mestral_experiments.model import Log

ROW = experiment("a001")
NAME = "a001_SIM.20240101000000.out"
SENTENCE = "Error while reading the logs"
FORBIDDEN = "The log may not be read by the user that the server runs as."
UNUSABLE = "The log is there and cannot be used: it is no regular file, or lies elsewhere."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "root")


def make(root: Path) -> Path:
    tree(root, "a001", "a002")
    for folder in (jobs(root), commands(root)):
        folder.mkdir(parents=True)
    return root


def jobs(root: Path) -> Path:
    return root / "a001" / "tmp" / "LOG_a001"


def commands(root: Path) -> Path:
    return root / "a001" / "tmp" / "ASLOGS"


def write(folder: Path, *names: str, age: int = 0) -> None:
    """Logs that hold their own name."""
    for name in names:
        content = f"{name}\n".encode()
        if name.endswith(".gz"):
            content = gzip.compress(content)
        elif name.endswith(".xz"):
            content = lzma.compress(content)
        (folder / name).write_bytes(content)
        os.utime(folder / name, (MODIFIED - age, MODIFIED - age))


def job_log(root: Path, name: str = NAME, lines: int = 150) -> Log | None:
    return source(root).job_log(ROW, name, lines)[0]


def run_log(root: Path, lines: int = 150, *, jobs_first: bool = False) -> str | None:
    log = source(root).run_log(ROW, lines, jobs_first=jobs_first)[0]
    assert log is None or (log.problem is None and list(log.lines) == [Path(log.path).name] * (lines > 0))
    return None if log is None else str(Path(log.path).relative_to(root / "a001" / "tmp"))


def recovery_logs(root: Path) -> dict[str, str]:
    found = source(root).recovery_logs(ROW, 150)[0]
    assert [one.platform for one in found] == sorted(one.platform for one in found)
    for one in found:
        assert list(one.log.lines) == [Path(one.log.path).name]
        assert one.log.path.startswith(f"{commands(root)}/{one.started:%Y%m%d_%H%M%S}_")
    return {one.platform: Path(one.log.path).name for one in found}


def test_a_log_of_a_job(root: Path) -> None:
    write(jobs(root), NAME, "a001_SIM.20240101000000.err")
    log = job_log(root)
    assert log == Log(str(jobs(root) / NAME), datetime.fromtimestamp(MODIFIED, UTC), [NAME], None)
    assert source(root).log_folder(ROW) == jobs(root)
    assert job_log(root, "a001_SIM.20240101000000") is None


@pytest.mark.parametrize("ending", [".xz", ".gz"])
def test_a_log_is_found_when_it_was_compressed_meanwhile(root: Path, ending: str) -> None:
    reading = source(root)
    missing, looked = reading.job_log(ROW, NAME, 150)
    assert missing is None
    write(jobs(root), NAME + ending)
    assert not looked.again().same_as(looked)
    log, taken = reading.job_log(ROW, NAME, 150)
    assert log is not None
    assert (log.path, list(log.lines)) == (f"{jobs(root) / NAME}{ending}", [NAME + ending])
    assert taken.again().same_as(taken)
    write(jobs(root), NAME)  # and is preferred while both are there
    assert not taken.again().same_as(taken)
    log = reading.job_log(ROW, NAME, 150)[0]
    assert log is not None and list(log.lines) == [NAME]


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../x", "../ASLOGS/20240101_000000_run.log",
        "a001_/../../ASLOGS/20240101_000000_run.log", "a001_/../../../../a002/a002_SIM.out", "/etc/passwd",
        "a002_SIM.out", "other.out", ".a001_x", "a001",
        "a001_\0", "a001_\n", "a001_\ud800", "a001_*", "A001_SIM.20240101000000.out", "a001_" + "x" * 5000,
    ],
)  # fmt: skip
def test_names_that_are_none(root: Path, name: str) -> None:
    write(commands(root), "20240101_000000_run.log")
    write(jobs(root), "other.out", "a002_SIM.out", ".a001_x", "a001", "a001_\n", NAME)
    write(root / "a001", "x")
    (jobs(root) / "a001_").mkdir()  # which a path could lead through
    for lines in (0, 150):
        assert job_log(root, name, lines) is None


def test_a_log_is_not_opened_when_no_lines_are_wanted(root: Path) -> None:
    (jobs(root) / NAME).write_bytes(b"\x1f\x8b damaged")
    log = job_log(root, lines=0)
    assert log is not None
    assert (log.path, list(log.lines), log.problem) == (str(jobs(root) / NAME), [], None)
    write(commands(root), "20240101_000000_run.log")
    assert run_log(root, lines=0) == "ASLOGS/20240101_000000_run.log"


def test_the_log_of_a_run_that_changed_last(root: Path) -> None:
    assert run_log(root) is None
    write(
        commands(root),
        "20250101_000000_run_err.log", "20250101_000000_run.log.bak", "20250101_000000_create.log",
        "20250101_000000_run.log.bz2", "20250101_000000_run.logs", "jobs_active_status.log",
    )  # fmt: skip
    assert run_log(root) is None
    write(commands(root), "20240301_000000_run.log.xz", age=20)
    assert run_log(root) == "ASLOGS/20240301_000000_run.log.xz"
    write(commands(root), "20240101_000000_run.log", "20240201_000000_run.log.gz", age=10)
    assert run_log(root) == "ASLOGS/20240201_000000_run.log.gz"


def test_logs_of_runs_of_old_versions_lie_in_tmp(root: Path) -> None:
    write(commands(root).parent, "20240101_000000_run.log")
    assert run_log(root) == "20240101_000000_run.log"
    write(commands(root), "20230101_000000_run.log", age=10)
    assert run_log(root) == "ASLOGS/20230101_000000_run.log"
    (commands(root) / "20230101_000000_run.log").unlink()
    commands(root).rmdir()
    assert run_log(root) == "20240101_000000_run.log"


def test_the_folder_to_look_into_first_can_be_the_other(root: Path) -> None:
    write(commands(root), "20240201_000000_run.log")
    assert run_log(root, jobs_first=True) == "ASLOGS/20240201_000000_run.log"
    write(commands(root).parent, "20240101_000000_run.log", age=10)
    assert run_log(root, jobs_first=True) == "20240101_000000_run.log"
    assert run_log(root) == "ASLOGS/20240201_000000_run.log"


def test_the_fingerprint_of_runs_knows_all_that_could_be_the_last(root: Path) -> None:
    """A run that was refused leaves a newer log than the one that goes on."""
    write(commands(root), "20240101_000000_run.log", age=10)
    write(commands(root), "20240102_000000_run.log")
    log, taken = source(root).run_log(ROW, 1)
    assert log is not None and log.path.endswith("20240102_000000_run.log")
    assert taken.again().same_as(taken)
    write(commands(root), "20240101_000000_run.log", age=-10)
    assert not taken.again().same_as(taken)
    assert run_log(root) == "ASLOGS/20240101_000000_run.log"


def test_the_newest_log_of_fetching_logs_of_each_platform(root: Path) -> None:
    assert recovery_logs(root) == {}
    write(
        commands(root),
        "20240101_000000_mn5_log_recovery.log", "20240301_000000_mn5_log_recovery.log.xz",
        "20240201_000000_mn5_log_recovery.log.gz", "20240101_000000_local_log_recovery.log",
        "20240101_000000_local_log_recovery.log.xz", "20240101_000000__log_recovery.log",
        "20240101_000000_a_log_recovery_b_log_recovery.log", "20241301_000000_never_log_recovery.log",
        "20240101_000000_log_recovery.log", "20240101_000000_mn6_log_recovery_err.log",
        "20240101_000000_mn6_log_recovery.log.bak", "x20240101_000000_mn6_log_recovery.log",
        "2024012٣_000000_mn6_log_recovery.log",
    )  # fmt: skip
    assert recovery_logs(root) == {
        "": "20240101_000000__log_recovery.log",
        "a_log_recovery_b": "20240101_000000_a_log_recovery_b_log_recovery.log",
        "local": "20240101_000000_local_log_recovery.log",
        "mn5": "20240301_000000_mn5_log_recovery.log.xz",
    }


def test_a_name_that_is_no_utf_8_can_be_told(root: Path) -> None:
    (commands(root) / os.fsdecode(b"20240101_000000_\xff_log_recovery.log")).write_text("one\n")
    (log,) = source(root).recovery_logs(ROW, 150)[0]
    assert (log.platform, list(log.log.lines)) == ("?", ["one"])
    log.log.path.encode()


def test_a_damaged_log_does_not_hide_that_of_another_platform(root: Path) -> None:
    write(commands(root), "20240101_000000_b_log_recovery.log")
    (commands(root) / "20240101_000000_a_log_recovery.log.gz").write_bytes(b"\x1f\x8b damaged")
    (commands(root) / "20240101_000000_c_log_recovery.log").symlink_to("/etc/passwd")
    found = source(root).recovery_logs(ROW, 150)[0]
    assert [len(one.log.lines) for one in found] == [0, 1, 0]
    assert [one.log.problem for one in found] == [
        "The compressed log is damaged and cannot be read.", None, UNUSABLE,
    ]  # fmt: skip


def test_fingerprints_change_with_the_logs(root: Path) -> None:
    reading = source(root)
    newer = "20250101_000000_mn5_log_recovery.log"
    for name in ("20240101_000000_mn5_log_recovery.log", newer):
        before = reading.recovery_logs(ROW, 150)[1]
        write(commands(root), name)
        assert not before.again().same_as(before)
    before = reading.recovery_logs(ROW, 150)[1]
    assert before.again().same_as(before)
    with (commands(root) / newer).open("a") as file:
        file.write("more\n")
    assert not before.again().same_as(before)
    (log,), _ = reading.recovery_logs(ROW, 150)
    assert list(log.log.lines) == [newer, "more"]


def test_missing_folders_have_no_logs(root: Path) -> None:
    for folder in (jobs(root), commands(root), commands(root).parent):
        folder.rmdir()
    reading = source(root)
    assert reading.run_log(ROW, 150)[0] is None
    assert list(reading.recovery_logs(ROW, 150)[0]) == []
    assert reading.job_log(ROW, NAME, 150)[0] is None


@pytest.mark.parametrize("kind", ["link out", "dangling link", "link to another", "pipe", "folder"])
def test_only_files_of_the_experiment_are_read(root: Path, tmp_path: Path, kind: str) -> None:
    run = commands(root) / "20240101_000000_run.log"
    for path in (jobs(root) / NAME, run):
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "link to another":
            (root / "a002").mkdir(exist_ok=True)
            (root / "a002" / "secret").write_text("secret\n")
            path.symlink_to("../../../a002/secret")
        else:
            if kind == "link out":
                (tmp_path / "elsewhere").write_text("secret\n")
            path.symlink_to(tmp_path / "elsewhere")
    log = job_log(root)
    assert log is not None and (list(log.lines), log.problem) == ([], UNUSABLE)
    log = source(root).run_log(ROW, 150)[0]
    assert log is not None and (list(log.lines), log.problem) == ([], UNUSABLE)


def test_links_inside_are_followed(root: Path) -> None:
    write(jobs(root), "a001_kept.out")
    (jobs(root) / NAME).symlink_to("a001_kept.out")
    log = job_log(root)
    assert log is not None and list(log.lines) == ["a001_kept.out"]


@pytest.mark.parametrize("folder", ["LOG_a001", "ASLOGS"])
def test_folders_that_lead_out_are_refused(root: Path, tmp_path: Path, folder: str) -> None:
    write(tmp_path, NAME, "20240101_000000_run.log", "20240101_000000_mn5_log_recovery.log")
    (jobs(root).parent / folder).rmdir()
    (jobs(root).parent / folder).symlink_to(tmp_path)
    reading = source(root)
    if folder == "LOG_a001":
        log = job_log(root)
        assert log is not None and (list(log.lines), log.problem) == ([], UNUSABLE)
    else:
        with pytest.raises(Problem, match=SENTENCE):
            reading.run_log(ROW, 150)
        with pytest.raises(Problem, match=SENTENCE):
            reading.recovery_logs(ROW, 150)


AS_NOBODY = """
import sys
from pathlib import Path
from mestral import Problem
from tests.experiments.sources.making import become_nobody, experiment, source
row, reading = experiment("a001"), source(Path(sys.argv[1]))
become_nobody()
print(reading.job_log(row, sys.argv[2], 150)[0].problem)
print(reading.run_log(row, 0)[0].problem)
print(reading.run_log(row, 150)[0].problem)
try:
    reading.recovery_logs(row, 150)
except Problem as problem:
    print(problem.status, problem.headers)
"""


def test_logs_that_may_not_be_read(public_path: Path) -> None:
    root = make(public_path / "root")
    write(jobs(root), NAME)
    write(commands(root).parent, "20240101_000000_run.log")
    (jobs(root) / NAME).chmod(0)
    (commands(root).parent / "20240101_000000_run.log").chmod(0)
    answers = run_python(AS_NOBODY, root, NAME).split("\n")
    assert answers == [FORBIDDEN, "None", FORBIDDEN]
    commands(root).chmod(0)
    code = AS_NOBODY.replace("print(reading.run_log", "0 and print(reading.run_log")
    assert run_python(code, root, NAME).split("\n") == [FORBIDDEN, "503 {}"]
