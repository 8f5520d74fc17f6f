"""Logs through the app: contract/API_V3.md 1.1, 2.7 to 2.10."""

import gzip
import lzma
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Backend, Serve, serve_tree
from tests.experiments.api.tree import make_tree, write_configuration
from tests.experiments.sources.making import MODIFIED, settle

from mestral.readers.fingerprint import SETTLE_NS

END = ["logfile", "found", "lastModified", "timeStamp", "error", "error_message", "logcontent"]
NO_END = {
    "found": False,
    "lastModified": "",
    "timeStamp": "",
    "error": False,
    "error_message": "",
    "logcontent": [],
}
UNUSABLE = "The log is there and cannot be used: it is no regular file, or lies elsewhere."
DAMAGED = "The compressed log is damaged and cannot be read."


def not_found(expid: str) -> str:
    return f"Experiment with expid '{expid}' not found."


@pytest.fixture(scope="module")
def root(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with logs of every kind, which no test changes."""
    root = tmp_path_factory.mktemp("logs")
    rc_file = make_tree(root, only_rows=True)
    commands, jobs = folders(root, "a001")
    (commands / "20240101_000000_run.log").write_text("old\n")
    (commands / "20240102_000000_run.log").write_bytes(
        b"".join(b"line %d \n" % number for number in range(200)) + b"\xff\ra\x0cb\x85\r\nend"
    )
    (commands / "20250101_000000_run.log.bak").write_text("junk\n")
    (commands / "20250513_124457_local_log_recovery.log").write_text("a local \n")
    (commands / "20250513_124457_a_b_log_recovery.log.xz").write_bytes(lzma.compress(b"compressed \r\n"))
    (commands / "20240513_124457_a_b_log_recovery.log").write_text("older\n")
    (commands / "20251399_124457_never_log_recovery.log").write_text("no date\n")
    (commands / "20250513_124457_broken_log_recovery.log.gz").write_bytes(b"\x1f\x8b broken")
    (jobs / "a001_SIM.20240101000000.out").write_text("out\n")
    (jobs / "a001_SIM.20240101000000.err.gz").write_bytes(gzip.compress(b"err \nlast"))
    (jobs / "a001_broken.out.xz").write_bytes(b"\xfd7zXZ\0 broken")
    (jobs / "a001_away.out").symlink_to("/etc/passwd")
    commands, jobs = folders(root, "d007")
    (commands / "20240102_000000_run.log").write_text("in ASLOGS\n")
    (commands.parent / "20240101_000000_run.log").write_text("in tmp\n")
    conf = root / "d007" / "conf"
    conf.mkdir()
    (conf / "expdef_d007.conf").write_text("[DEFAULT]\nEXPID = d007\n")
    (conf / "autosubmit_d007.conf").write_text("[config]\nAUTOSUBMIT_VERSION = 3.12.1\n")
    settle(root)
    os.utime(folders(root, "a001")[0] / "20240101_000000_run.log", (MODIFIED - 9, MODIFIED - 9))
    backend.settle(rc_file)
    time.sleep(SETTLE_NS / 1e9)
    return root


@pytest.fixture(scope="module")
def logs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """A client of an app that serves it."""
    with ExitStack() as stack:
        yield serve_tree(stack, root / "autosubmitrc", tmp_path_factory.mktemp("state"))


def folders(root: Path, expid: str) -> tuple[Path, Path]:
    """Folders for the logs of commands and of jobs, which exist then."""
    found = root / expid / "tmp" / "ASLOGS", root / expid / "tmp" / f"LOG_{expid}"
    for folder in found:
        folder.mkdir(parents=True, exist_ok=True)
    return found


def ask(client: TestClient[Any], path: str) -> dict[str, Any]:
    answer = client.get(f"/v3/{path}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def lines(body: dict[str, Any], key: str = "logcontent") -> list[str]:
    assert [line["index"] for line in body[key]] == list(range(len(body[key])))
    return [line["content"] for line in body[key]]


def test_the_newest_log_of_a_run_is_shown_to_its_last_150_lines(logs: TestClient[Any]) -> None:
    body = ask(logs, "exprun/a001")
    assert list(body) == END
    shown = lines(body)
    assert len(shown) == 150
    assert shown[:2] == ["line 53 ", "line 54 "]
    assert shown[-3:] == ["\ufffd", "a\x0cb\ufffd", "end"]
    assert body | {"logcontent": []} == {
        "logfile": "20240102_000000_run.log",
        "found": True,
        "lastModified": body["lastModified"],
        "timeStamp": MODIFIED,
        "error": False,
        "error_message": "",
        "logcontent": [],
    }
    assert body["lastModified"].startswith("2023-11-1")


def test_an_experiment_without_logs(logs: TestClient[Any]) -> None:
    assert ask(logs, "exprun/t002") == {"logfile": "", **NO_END}
    assert ask(logs, "exp-recovery-logs/t002") == {
        "platform_recovery_logs": [],
        "error": False,
        "error_message": "",
    }
    assert ask(logs, "joblog/t002_SIM.out") | {"logfile": ""} == {"logfile": "", **NO_END}


def test_each_platform_has_its_newest_log_and_a_broken_one_hides_no_other(logs: TestClient[Any]) -> None:
    body = ask(logs, "exp-recovery-logs/a001")
    assert list(body) == ["platform_recovery_logs", "error", "error_message"]
    assert (body["error"], body["error_message"]) == (False, "")
    first, broken, local = body["platform_recovery_logs"]
    assert list(first) == ["datetime", "filename", "platform", "modified_date", "content"]
    assert (first["platform"], first["filename"], lines(first, "content")) == (
        "a_b",
        "20250513_124457_a_b_log_recovery.log.xz",
        ["compressed"],
    )
    assert (broken["platform"], lines(broken, "content")) == ("broken", [DAMAGED])
    assert (local["platform"], local["datetime"]) == ("local", "2025-05-13T12:44:57")
    assert lines(local, "content") == ["a local "]
    assert local["modified_date"] == ask(logs, "exprun/a001")["lastModified"]


@pytest.mark.parametrize(
    ("asked", "found", "content"),
    [
        ("a001_SIM.20240101000000.out", "a001_SIM.20240101000000.out", ["out"]),
        ("a001_SIM.20240101000000.err.gz", "a001_SIM.20240101000000.err.gz", ["err", "last"]),
        ("a001_SIM.20240101000000.err", "a001_SIM.20240101000000.err.gz", ["err", "last"]),
    ],
)
def test_logs_of_jobs(logs: TestClient[Any], root: Path, asked: str, found: str, content: list[str]) -> None:
    body = ask(logs, f"joblog/{asked}")
    assert list(body) == END
    assert (body["found"], body["error"], body["timeStamp"]) == (True, False, MODIFIED)
    assert body["logfile"] == str(root / "a001" / "tmp" / "LOG_a001" / found)
    assert lines(body) == content


@pytest.mark.parametrize(
    "name", ["a001_nothing.out", "a001_%ff", "a001_%e2%80%8b", "a001_" + "x" * 300, "a001"]
)
def test_a_log_that_is_not_there_is_no_error(logs: TestClient[Any], root: Path, name: str) -> None:
    body = ask(logs, f"joblog/{name}")
    assert body["logfile"].startswith(str(root / "a001" / "tmp" / "LOG_a001" / "a001"))
    assert body == {"logfile": body["logfile"], **NO_END}


@pytest.mark.parametrize(("name", "message"), [("a001_away.out", UNUSABLE), ("a001_broken.out.xz", DAMAGED)])
def test_what_is_wrong_with_a_log_is_said(logs: TestClient[Any], name: str, message: str) -> None:
    body = ask(logs, f"joblog/{name}")
    assert (body["found"], body["error"], body["error_message"], body["logcontent"]) == (
        True,
        True,
        message,
        [],
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("exprun/zzzz", not_found("zzzz")),
        ("exprun/%2e%2e", not_found("..")),
        ("joblog/zzzz_SIM.out", not_found("zzzz")),
        ("joblog/%2e%2e_x", not_found("..")),
        ("joblog/%2e%2e", "Unsafe log file path"),
        ("joblog/A001_SIM.20240101000000.out", not_found("A001")),
        ("joblog/_", not_found("")),
    ],
)
def test_an_unknown_experiment_is_an_error_with_all_keys(
    logs: TestClient[Any], path: str, message: str
) -> None:
    body = ask(logs, path)
    assert list(body) == END
    assert body == {"logfile": body["logfile"], **NO_END, "error": True, "error_message": message}


def test_an_unknown_experiment_has_no_recovery_logs_and_no_age(logs: TestClient[Any]) -> None:
    assert ask(logs, "exp-recovery-logs/zzzz") == {
        "platform_recovery_logs": [],
        "error": True,
        "error_message": not_found("zzzz"),
    }
    assert ask(logs, "logrun/zzzz") == {
        "error": True,
        "error_message": not_found("zzzz"),
        "is_running": False,
        "timediff": 300,
        "log_path": None,
    }


def test_the_age_of_the_newest_log(logs: TestClient[Any], root: Path) -> None:
    body = ask(logs, "logrun/a001")
    assert list(body) == ["error", "error_message", "is_running", "timediff", "log_path"]
    assert 0 <= time.time() - MODIFIED - body.pop("timediff") <= 10
    assert body == {
        "error": False,
        "error_message": "",
        "is_running": False,
        "log_path": str(root / "a001" / "tmp" / "ASLOGS" / "20240102_000000_run.log"),
    }


def test_old_versions_are_looked_for_among_the_jobs_first(logs: TestClient[Any], root: Path) -> None:
    assert ask(logs, "logrun/d007")["log_path"] == str(root / "d007" / "tmp" / "20240101_000000_run.log")
    assert lines(ask(logs, "exprun/d007")) == ["in ASLOGS"]


def test_the_status_tells_who_runs_and_the_log_only_where_there_is_none(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    now = time.time()
    for expid, age in (("a001", 5), ("t002", 4000), ("o003", 100), ("a009", 400)):
        path = folders(root, expid)[0] / "20240101_000000_run.log"
        path.write_text("one\n")
        os.utime(path, (now - age, now - age))
    write_configuration(root, "o003", "A: [")
    client = serve(rc_file)
    running = {
        e: ask(client, f"logrun/{e}")["is_running"] for e in ("a001", "t002", "c006", "o003", "a009", "b005")
    }
    assert running == {
        "a001": False,  # it is said not to run
        "t002": True,  # it is said to run, and has nothing to say
        "c006": True,
        "o003": True,  # nothing is said of those; whether the configuration can be read is nothing to that
        "a009": False,
        "b005": False,
    }
    assert ask(client, "logrun/b005") == {
        "error": False, "error_message": "", "is_running": False, "timediff": 0, "log_path": None,
    }  # fmt: skip


def test_a_log_that_grows_is_read_again(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    commands, jobs = folders(root, "a001")
    shown = {
        "exprun/a001": commands / "20240101_000000_run.log",
        "joblog/a001_SIM.out": jobs / "a001_SIM.out",
        "exp-recovery-logs/a001": commands / "20240101_000000_local_log_recovery.log",
    }
    client = serve(rc_file)
    for path, log in shown.items():
        assert "first" not in client.get(f"/v3/{path}").text
        log.write_text("first\n")
        answer = client.get(f"/v3/{path}")
        assert '"content":"first"' in answer.text
        with log.open("a") as file:
            file.write("second\n")
        again = client.get(f"/v3/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert '"index":1,"content":"second"' in again.text


@pytest.mark.parametrize(
    "path", ["exprun/a001", "exp-recovery-logs/a001", "joblog/a001_SIM.20240101000000.out", "ifrun/a001"]
)
def test_what_did_not_change_is_not_sent_again(logs: TestClient[Any], path: str) -> None:
    tag = logs.get(f"/v3/{path}").headers["etag"]
    assert logs.get(f"/v3/{path}", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.files
def test_folders_that_cannot_be_looked_into_are_an_error(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    (root / "a001" / "tmp").mkdir(parents=True)
    (root / "a001" / "tmp" / "ASLOGS").symlink_to("/etc")
    client = serve(rc_file)
    message = "Error while reading the logs"
    assert ask(client, "exprun/a001") == {"logfile": "", **NO_END, "error": True, "error_message": message}
    assert ask(client, "exp-recovery-logs/a001")["error_message"] == message
    assert ask(client, "logrun/a001") == {
        "error": True, "error_message": message, "is_running": False, "timediff": 300, "log_path": None,
    }  # fmt: skip


def test_names_of_files_that_are_no_text_harm_nothing(serve: Serve, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    rc_file = make_tree(root, only_rows=True)
    write_configuration(root, "a001", "A: 1\n")
    commands, _ = folders(root, "a001")
    for folder, name in (
        (commands, b"20240101_000000_\xff_run.log"),
        (commands, b"20240101_000000_\xff_log_recovery.log"),
        (root / "a001" / "conf", b"\xff.yml"),
    ):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("B: 2\n")
    client = serve(rc_file)
    body = ask(client, "exprun/a001")
    assert (body["logfile"], lines(body)) == ("20240101_000000_?_run.log", ["B: 2"])
    (one,) = ask(client, "exp-recovery-logs/a001")["platform_recovery_logs"]
    assert (one["platform"], lines(one, "content")) == ("?", ["B: 2"])
    assert ask(client, "logrun/a001")["error"] is False
    assert ask(client, "expinfo/a001")["error"] is False
    assert ask(client, "cconfig/a001")["configuration_filesystem"]["B"] == 2
    assert len(ask(client, "search/a001")["experiment"]) == 1


@pytest.mark.parametrize("path", ["exprun", "joblog", "joblog/a001%2fx", "logrun/a001/b"])
def test_other_paths_are_not_found(logs: TestClient[Any], path: str) -> None:
    assert logs.get(f"/v3/{path}").status_code == 404


def test_the_reference_logs_are_as_recorded(reference: TestClient[Any]) -> None:
    run = ask(reference, "exprun/a003")
    assert (run["logfile"], run["found"], len(lines(run))) == ("20240112_163324_run.log", True, 150)
    assert lines(run)[0].startswith(
        "2024-01-12 16:34:27,343 Command 'timeout 18000 nohup bash /home/ltenorio/autosubmit/a003/tmp/"
    )
    assert ask(reference, "logrun/a003")["log_path"].endswith("/a003/tmp/ASLOGS/20240112_163324_run.log")
    local, other = ask(reference, "exp-recovery-logs/a1vx")["platform_recovery_logs"]
    assert (local["datetime"], local["platform"], other["platform"]) == (
        "2025-05-13T12:44:57",
        "local",
        "mn5",
    )
    for expid in ("a007", "a3tb", "a6zj"):
        assert ask(reference, f"exp-recovery-logs/{expid}")["platform_recovery_logs"] == []
    name = "a3tb_19930101_fc01_1_SIM.20220315153049"
    assert (
        lines(ask(reference, f"joblog/{name}.out"))[0] == "-> report : Performance report : Ratio : 2.98382%"
    )
    assert lines(ask(reference, f"joblog/{name}.err"))[0] == "+ for __m in '$config'"
    name = "a8qc_20220630_000_1_CLEAN.20250312185154"
    assert lines(ask(reference, f"joblog/{name}.err.gz")) == lines(ask(reference, f"joblog/{name}.err"))
    assert ask(reference, f"joblog/{name}.out")["logfile"].endswith(".out.xz")


def test_logs_of_experiments_that_really_ran(real: TestClient[Any]) -> None:
    assert ask(real, "exprun/a003")["logfile"] == "20261123_194806_run.log"
    body = ask(real, "joblog/a000_20240101_INI.20261123194358.out")
    assert lines(body) == ["[INFO] JOBID=3524", "", "20240101"]
    assert {e: ask(real, f"logrun/{e}")["is_running"] for e in ("a000", "a002")} == {
        "a000": True,
        "a002": False,
    }
    platforms = [one["platform"] for one in ask(real, "exp-recovery-logs/a004")["platform_recovery_logs"]]
    assert platforms == sorted(set(platforms)) and "fakecluster" in platforms
