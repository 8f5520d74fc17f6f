"""`GET /v3/cconfig/{expid}`: contract/API_V3.md 1.1 and 2.1."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import make_tree, write_configuration, write_run

KEYS = [
    "error",
    "error_message",
    "warning",
    "warning_message",
    "configuration_current_run",
    "configuration_filesystem",
    "are_equal",
    "differences",
]
NOTHING = {
    "error": True,
    "warning": False,
    "warning_message": "",
    "configuration_current_run": {"contains_nones": True},
    "configuration_filesystem": {"contains_nones": True},
    "are_equal": True,
    "differences": [],
}
UNREADABLE = "Error while reading the experiment configuration"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of the test's own without files of experiments; returns its folder."""
    root = tmp_path / "root"
    root.mkdir()
    make_tree(root, only_rows=True)
    return root


def ask(client: TestClient[Any], expid: str = "a001") -> dict[str, Any]:
    answer = client.get(f"/v3/cconfig/{expid}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == KEYS
    assert body["are_equal"] is (not body["differences"])
    assert body["differences"] == sorted(body["differences"])
    return body


def write_metadata(root: Path, expid: str, configuration: Mapping[str, Any] | str | None) -> None:
    """A new run with this configuration."""
    path = write_run(root, expid, 1, 9, 0, 0, 0, 0, 0)
    text = configuration if isinstance(configuration, str | None) else json.dumps(configuration)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE experiment_run SET metadata = ? WHERE run_id = (SELECT max(run_id) FROM experiment_run)",
            (text,),
        )


def write_ini(root: Path, expid: str, **files: str) -> Path:
    """Files of Autosubmit 3."""
    conf = root / expid / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (conf / f"{name}_{expid}.conf").write_text(text)
    return conf


def test_a_run_with_the_configuration_of_the_files_is_equal(
    root: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Autosubmit stores it: with the settings of the server where the run was started, and its user."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.delenv("USER", raising=False)
    text = "DEFAULT:\n  HPCARCH: local\nPLATFORMS:\n  LOCAL: {TYPE: local}\nJOBS:\n  SIM:\n    SPLITS: 3\n"
    write_configuration(root, "a001", text)
    client = serve(root / "autosubmitrc")
    files = ask(client)["configuration_filesystem"]
    assert (files["AS_ENV_CURRENT_USER"], files["contains_nones"]) == (None, True)
    stored = {key: value for key, value in files.items() if key != "contains_nones"}
    elsewhere = {
        "DB_DIR": "/other",
        "SMTP_SERVER": "mail.other",
        "DATABASE_CONN_URL": "postgresql://a:hunter2@h/b",
    }
    write_metadata(root, "a001", stored | elsewhere | {"AS_ENV_CURRENT_USER": "me", "AS_ENV_X": "hunter2"})
    body = ask(client)
    assert (body["differences"], body["are_equal"]) == ([], True)
    assert "hunter2" not in str(body)
    run = body["configuration_current_run"]
    assert (run["DB_DIR"], run["AS_ENV_CURRENT_USER"], run["contains_nones"]) == ("/other", "me", False)
    write_metadata(root, "a001", {key: stored[key] for key in stored if key not in ("DB_DIR", "MAIL_FROM")})
    assert ask(client)["differences"] == []
    stored["JOBS"]["SIM"]["SPLITS"] = "3"
    write_metadata(root, "a001", stored)
    assert ask(client)["differences"] == []
    stored["JOBS"]["SIM"]["SPLITS"] = 4
    write_metadata(root, "a001", stored)
    assert ask(client)["differences"] == ["JOBS", "JOBS.SIM", "JOBS.SIM.SPLITS"]


def test_differences_are_symmetric_and_sorted(root: Path, serve: Serve) -> None:
    write_configuration(
        root,
        "a001",
        "B:\n  FILES: 1\n  BOTH: 1\n  DEEP:\n    X: 1\nLEAF: 1\nDICT: {A: 1}\nONLY_FILES: {}\n"
        "SAME: {N: 1.5, T: '2', YES: true, LIST: [1, '2', {A: x}]}\nLISTS: [1, 2]\n",
    )
    client = serve(root / "autosubmitrc")
    ours = ask(client)["configuration_filesystem"]
    made = {
        key: ours[key] for key in ("ROOTDIR", "PROJDIR", "HPCARCH", "AUTOSUBMIT", "DEFAULT") if key in ours
    }
    write_metadata(
        root,
        "a001",
        made
        | {
            "ONLY_RUN": {"INNER": 1},
            "LISTS": [1, 2, 3],
            "DICT": 5,
            "LEAF": {"A": 1},
            "B": {"RUN": 1, "BOTH": 2, "DEEP": {"X": 1}},
            "SAME": {"N": "1.5", "T": 2, "YES": True, "LIST": ["1", 2, {"A": "x"}]},
        },
    )
    hpc = {key for key in ours if key.startswith("HPC")} - set(made)
    assert set(ask(client)["differences"]) - hpc == {
        "B", "B.BOTH", "B.FILES", "B.RUN", "DICT", "LEAF", "LISTS", "ONLY_FILES", "ONLY_RUN",
    }  # fmt: skip


def test_without_a_run_all_is_different(root: Path, serve: Serve) -> None:
    write_configuration(root, "a001", "MINE:\n  A: 1\n")
    body = ask(serve(root / "autosubmitrc"))
    assert body["configuration_current_run"] == {"contains_nones": True}
    assert {"MINE", "ROOTDIR", "contains_nones"} <= set(body["differences"])
    assert "MINE.A" not in body["differences"]
    assert {"error": body["error"], "warning": body["warning"]} == {"error": False, "warning": False}


def test_values_that_json_does_not_know(root: Path, serve: Serve) -> None:
    write_configuration(
        root,
        "a001",
        "A:\n  DAY: 2020-01-01\n  TIME: 2020-01-01T12:00:00Z\n  NAN: .nan\n  INFINITE: -.inf\n"
        "  TAGGED: !rrule FREQ=DAILY\n  BIG: 1267650600228229401496703205376\n  2020-01-01: day\n  1: one\n",
    )
    odd = '{"A": {"BIG": 1267650600228229401496703205376, "NAN": NaN}, "HALF\\ud800": "\\ud800", "É": 1e400}'
    write_metadata(root, "a001", odd)
    body = ask(serve(root / "autosubmitrc"))
    files = body["configuration_filesystem"]["A"]
    assert int(files.pop("BIG")) == 2**100
    assert files == {
        "DAY": "2020-01-01",
        "TIME": "2020-01-01T12:00:00+00:00",
        "NAN": None,
        "INFINITE": None,
        "TAGGED": "FREQ=DAILY",
        "2020-01-01": "day",
        "1": "one",
    }
    run = body["configuration_current_run"]
    assert run == {"A": {"BIG": 2**100, "NAN": None}, "HALF?": "?", "É": None, "contains_nones": True}
    assert "HALF?" in body["differences"]
    assert not {"A.BIG", "A.NAN"} & set(body["differences"])


def test_configurations_of_autosubmit_3(root: Path, serve: Serve) -> None:
    write_ini(
        root,
        "d007",
        expdef="[DEFAULT]\nEXPID = d007\nHPCARCH = here\n[experiment]\nA = 2000\n[git]\nX = %PROJDIR%/x\n",
        jobs="[SIM]\nWALLCLOCK = 00:10\n",
    )
    client = serve(root / "autosubmitrc")
    files = ask(client, "d007")["configuration_filesystem"]
    assert files == {
        "conf": {},
        "exp": {
            "experiment": {"A": "2000", "EXPID": "d007", "HPCARCH": "here"},
            "git": {"X": "%PROJDIR%/x", "HPCARCH": "here"},
        },
        "platforms": {},
        "jobs": {"SIM": {"WALLCLOCK": "00:10"}},
        "proj": {},
        "contains_nones": False,
    }


def test_a_run_of_autosubmit_3_beside_its_files(root: Path, serve: Serve) -> None:
    (root / "metadata" / "data" / "job_data_d007.db").unlink(missing_ok=True)
    write_ini(root, "d007", expdef="[experiment]\nCHUNKSIZE = 1\n", jobs="[SIM]\nA = 1\n[POST]\nB = 2\n")
    run = {
        "platforms": {},
        "jobs": {"SIM": {"A": 1}, "INI": {}},
        "exp": {"experiment": {"CHUNKSIZE": 1, "EXPID": "d007"}, "git": {"EXPID": "d007"}},
        "CONF": {},
        "proj": None,
        "left out": 1,
    }
    write_metadata(root, "d007", run)
    body = ask(serve(root / "autosubmitrc"), "d007")
    assert body["configuration_current_run"] == {
        "platforms": {},
        "jobs": {"SIM": {"A": 1}, "INI": {}},
        "exp": {"experiment": {"CHUNKSIZE": 1, "EXPID": "d007"}, "git": {}},
        "CONF": {},
        "proj": None,
        "contains_nones": True,
    }
    assert body["differences"] == [
        "CONF", "conf", "contains_nones", "exp", "exp.experiment", "exp.experiment.EXPID", "exp.git",
        "jobs", "jobs.INI", "jobs.POST", "proj",
    ]  # fmt: skip


def test_files_of_autosubmit_3_that_cannot_be_read_are_a_warning(root: Path, serve: Serve) -> None:
    conf = write_ini(root, "d007", expdef="[experiment]\nCHUNKSIZE = 1\n", jobs="no section\n")
    write_metadata(root, "d007", {"exp": {"git": {"EXPID": "d007"}}})
    client = serve(root / "autosubmitrc")
    assert ask(client, "d007") == {
        "error": False,
        "error_message": "",
        "warning": True,
        "warning_message": f"The filesystem system configuration can't be retrieved because '{UNREADABLE}'",
        "configuration_current_run": {"exp": {"git": {}}, "contains_nones": False},
        "configuration_filesystem": {"contains_nones": True},
        "are_equal": False,
        "differences": ["contains_nones", "exp"],
    }
    (conf / "jobs_d007.conf").write_text("[SIM]\n")
    assert ask(client, "d007")["warning"] is False


def test_a_file_of_autosubmit_4_that_cannot_be_read_is_an_error(root: Path, serve: Serve) -> None:
    path = write_configuration(root, "a001", "A: [")
    write_metadata(root, "a001", {"A": 1})
    client = serve(root / "autosubmitrc")
    assert ask(client) == {**NOTHING, "error_message": UNREADABLE}
    path.write_text("A: 1\n")
    assert ask(client)["error"] is False


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("zzzz", "Experiment zzzz does not exist"),
        ("%2e%2e", "Experiment .. does not exist"),
        ("b005", "Experiment b005 does not exist"),
        ("o003", "Experiment o003/conf does not exist"),
    ],
)
def test_without_a_configuration_there_is_an_error(root: Path, serve: Serve, path: str, message: str) -> None:
    (root / "o003" / "tmp").mkdir(parents=True)
    assert ask(serve(root / "autosubmitrc"), path) == {**NOTHING, "error_message": message}


@pytest.mark.files
def test_a_history_that_cannot_be_read_is_a_warning(root: Path, serve: Serve) -> None:
    write_configuration(root, "a001", "A: 1\n")
    write_configuration(root, "t002", "A: 1\n")
    write_metadata(root, "a001", "no json")
    (root / "metadata" / "data" / "job_data_t002.db").write_bytes(b"no database" * 100)
    client = serve(root / "autosubmitrc")
    for expid, reason in (
        ("a001", "Error while reading the run configuration"),
        ("t002", "Error while getting experiment runs"),
    ):
        body = ask(client, expid)
        assert (body["error"], body["warning"]) == (False, True)
        assert body["warning_message"] == (
            f"The configuration of the current run can't be retrieved because '{reason}'"
        )
        assert body["configuration_current_run"] == {"contains_nones": True}
        assert body["configuration_filesystem"]["A"] == 1


def test_what_changed_is_compared_again(root: Path, serve: Serve) -> None:
    path = write_configuration(root, "a001", "A: 1\n")
    client = serve(root / "autosubmitrc")
    for change in (lambda: path.write_text("A: 2\n"), lambda: write_metadata(root, "a001", {"A": 2})):
        tag = client.get("/v3/cconfig/a001").headers["etag"]
        change()
        answer = client.get("/v3/cconfig/a001", headers={"If-None-Match": tag})
        assert answer.status_code == 200
    assert "A" not in answer.json()["differences"]


SERVER = {
    "ALLOWED_HOSTS", "AS_ENV_CURRENT_USER", "AS_TIMES_DB", "AUTOSUBMIT_API_URL", "CONFIG_FILE_FOUND",
    "CUSTOM_PLATFORMS_PATH", "DATABASE_BACKEND", "DATABASE_CONN_URL", "DB_DIR", "DB_FILE", "DB_PATH",
    "DEFAULT_JOBS_CONF", "DEFAULT_OUTPUT_DIR", "DEFAULT_PLATFORMS_CONF", "DENIED_HOSTS", "GLOBAL_LOG_DIR",
    "HISTORICAL_LOG_DIR", "JOBDATA_DIR", "LOCAL_ASLOG_DIR", "LOCAL_PROJ_DIR", "LOCAL_ROOT_DIR",
    "LOCAL_TMP_DIR", "LOG_RECOVERY_TIMEOUT", "MAIL_FROM", "SMTP_SERVER", "STRUCTURES_DIR",
}  # fmt: skip


def test_the_reference_differences_are_as_recorded(reference: TestClient[Any]) -> None:
    assert ask(reference, "a3tb")["differences"] == ["proj", "proj.save_ic", "proj.save_ic.SAVE_IC"]
    assert ask(reference, "a1vj")["differences"] == [
        "AUTOSUBMIT", "DEFAULT", "DEFAULT.DESCRIPTION", "HPCLOGDIR", "HPCROOTDIR", "PROJDIR", "ROOTDIR",
    ]  # fmt: skip
    only_run = {"ASMISC", "PLATFORMS", "WRAPPERS"}
    assert only_run <= set(ask(reference, "a007")["differences"])
    for expid in ("a003", "a007", "a1ve", "a1vj", "a1vx", "a6zj", "a8qc", "aa6f"):
        body = ask(reference, expid)
        assert not SERVER & set(body["differences"])
        assert body["configuration_filesystem"]["DATABASE_CONN_URL"] == ""


def test_a_custom_tag_breaks_nothing(reference: TestClient[Any]) -> None:
    assert (ask(reference, "aa6f")["error"], ask(reference, "aa6f")["warning"]) == (False, False)


def test_runs_that_were_moved_differ_in_their_folders(real: TestClient[Any]) -> None:
    assert ask(real, "a000")["differences"] == [
        "DEFAULT", "DEFAULT.CUSTOM_CONFIG", "DEFAULT.CUSTOM_CONFIG.POST", "DEFAULT.CUSTOM_CONFIG.PRE",
        "HPCLOGDIR", "HPCROOTDIR", "PROJDIR", "ROOTDIR", "STORAGE",
    ]  # fmt: skip
