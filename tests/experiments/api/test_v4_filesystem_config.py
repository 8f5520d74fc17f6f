"""`GET /v4/experiments/{expid}/filesystem-config` (contract/API_V4.md 5.3 and 10.1)."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import SHARED, Serve
from tests.experiments.api.tree import make_tree, write_configuration
from tests.experiments.sources.making import settle

from mestral.readers.fingerprint import SETTLE_NS


def settings_of(root: str) -> dict[str, object]:
    """What is shown of the rc file of a tree."""
    return {
        "ALLOWED_HOSTS": "",
        "AS_TIMES_DB": "as_times.db",
        "AUTOSUBMIT_API_URL": "http://192.168.11.91:8081",
        "CONFIG_FILE_FOUND": True,
        "CUSTOM_PLATFORMS_PATH": "",
        "DATABASE_BACKEND": "sqlite",
        "DATABASE_CONN_URL": "",
        "DB_DIR": root,
        "DB_FILE": "autosubmit.db",
        "DB_PATH": f"{root}/autosubmit.db",
        "DEFAULT_JOBS_CONF": "",
        "DEFAULT_OUTPUT_DIR": "/esarchive/autosubmit/as_output/stats",
        "DEFAULT_PLATFORMS_CONF": "",
        "DENIED_HOSTS": "",
        "GLOBAL_LOG_DIR": f"{root}/logs",
        "HISTORICAL_LOG_DIR": f"{root}/metadata/logs",
        "JOBDATA_DIR": f"{root}/metadata/data",
        "LOCAL_ASLOG_DIR": "ASLOGS",
        "LOCAL_PROJ_DIR": "proj",
        "LOCAL_ROOT_DIR": root,
        "LOCAL_TMP_DIR": "tmp",
        "LOG_RECOVERY_TIMEOUT": 60,
        "MAIL_FROM": "",
        "SMTP_SERVER": "",
        "STRUCTURES_DIR": f"{root}/metadata/structures",
    }


ADDED = {*settings_of(""), "AS_ENV_CURRENT_USER", "contains_nones"}


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A tree of the test's own; returns its folder."""
    root = tmp_path / "root"
    root.mkdir()
    make_tree(root)
    return root


def ask(client: TestClient[Any], expid: str = "a001") -> dict[str, Any]:
    answer = client.get(f"/v4/experiments/{expid}/filesystem-config")
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["config"]
    config: dict[str, Any] = answer.json()["config"]
    return config


def test_the_files_and_the_settings_of_the_server_are_shown(client: TestClient[Any], tree: Path) -> None:
    config = ask(client)
    assert config["JOBS"]["SIM"]["WALLCLOCK"] == "00:01"
    assert config["DEFAULT"]["DESCRIPTION"] == "Zebra first, plain"
    assert set(config) >= ADDED
    stored = "postgres" if "backend = postgres" in tree.read_text() else "sqlite"
    shown = settings_of(str(tree.parent)) | {"DATABASE_BACKEND": stored}
    assert {key: config[key] for key in shown} == shown


def test_nothing_secret_is_shown(fresh: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    rc_file = fresh / "autosubmitrc"
    text = rc_file.read_text().replace(
        "[local]",
        "connection_url = postgresql://me:hunter2@h/db\n[autosubmitapi]\nurl = http://me:hunter2@h\n[local]",
    )
    rc_file.write_text(f"{text}[config]\nlog_recovery_timeout = soon\n")
    monkeypatch.setenv("AS_ENV_TOKEN", "hunter2")
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("USER", "server")
    write_configuration(
        fresh,
        "a001",
        "DB_DIR: mine\nDATABASE_CONN_URL: postgresql://x:hunter2@h/db\n"
        "MINE:\n  PASSWORD: hunter2\n  ORIGIN: https://me:hunter2@h/x.git\n"
        "  SEEN: '%DATABASE_CONN_URL% %AS_ENV_TOKEN% %AS_ENV_CURRENT_USER%'\n",
    )
    answer = serve(rc_file).get("/v4/experiments/a001/filesystem-config")
    assert "hunter2" not in answer.text
    config = answer.json()["config"]
    assert [key for key in config if key.startswith("AS_ENV")] == ["AS_ENV_CURRENT_USER"]
    assert config["AS_ENV_CURRENT_USER"] == "server"
    assert config["DATABASE_CONN_URL"] == ""
    assert config["DB_DIR"] == str(fresh), "a file cannot change what the server says of itself"
    assert config["LOG_RECOVERY_TIMEOUT"] == 60
    assert config["MINE"]["ORIGIN"] == "https://me:********@h/x.git"


def test_the_user_decides_whether_there_are_nones(
    fresh: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.delenv("USER", raising=False)
    client = serve(fresh / "autosubmitrc")
    assert ask(client)["AS_ENV_CURRENT_USER"] is None
    assert ask(client)["contains_nones"] is True
    monkeypatch.setenv("USER", "one")
    assert ask(client)["contains_nones"] is False
    monkeypatch.setenv("SUDO_USER", "two")
    assert ask(client)["AS_ENV_CURRENT_USER"] == "two"
    write_configuration(fresh, "a001", "EMPTY:\nAS_ENV_CURRENT_USER: three")
    config = ask(client)
    assert (config["AS_ENV_CURRENT_USER"], config["contains_nones"]) == ("three", True)


def test_values_keep_their_types_and_what_json_lacks_is_null(fresh: Path, serve: Serve) -> None:
    write_configuration(
        fresh,
        "a001",
        "A:\n  TEXT: 00:05\n  NUMBER: 1.5\n  YES: true\n  DAY: 2020-01-01\n  TIME: 2020-01-01T00:00:00Z\n"
        "  NAN: .nan\n  INFINITE: -.inf\n  TAGGED: !rrule FREQ=DAILY\n  1: one\n  LIST: [1, 2020-01-01]\n",
    )
    assert ask(serve(fresh / "autosubmitrc"))["A"] == {
        "TEXT": "00:05",
        "NUMBER": 1.5,
        "YES": True,
        "DAY": None,
        "TIME": None,
        "NAN": None,
        "INFINITE": None,
        "TAGGED": "FREQ=DAILY",
        "1": "one",
        "LIST": [1, None],
    }


def test_a_folder_without_files_and_no_folder(fresh: Path, serve: Serve) -> None:
    client = serve(fresh / "autosubmitrc")
    assert ask(client, "b005") == {"contains_nones": True}
    (fresh / "b005" / "conf").mkdir(parents=True)
    config = ask(client, "b005")
    assert config["DEFAULT"] == {"DESCRIPTION": "Archived, only its row is left"}
    assert set(config) >= ADDED


def test_ini_files_are_five_sections_and_no_settings(fresh: Path, serve: Serve) -> None:
    conf = fresh / "d007" / "conf"
    conf.mkdir(parents=True)
    (conf / "expdef_d007.conf").write_text(
        "[DEFAULT]\nEXPID = d007\n[experiment]\nDATELIST = 2000 # no comment\nODD = %\nTwo = %(EXPID)s\n"
    )
    (conf / "jobs_d007.conf").write_text("[SIM]\nTOKEN = hunter2\n")
    answer = serve(fresh / "autosubmitrc").get("/v4/experiments/d007/filesystem-config")
    assert answer.text == (
        '{"config":{"conf":{},"exp":{"experiment":{"DATELIST":"2000 # no comment","ODD":"%","Two":"d007",'
        '"EXPID":"d007"}},"platforms":{},"jobs":{"SIM":{"TOKEN":"********"}},"proj":{},"contains_nones":false}}'
    )


@pytest.mark.parametrize("name", ["zzzz", "A001", "%2e%2e", "..%2fa001", "a001%20"])
def test_only_experiments_have_a_configuration(client: TestClient[Any], name: str) -> None:
    assert client.get(f"/v4/experiments/{name}/filesystem-config").status_code == 404


def test_damage_is_503_until_it_is_mended(fresh: Path, serve: Serve) -> None:
    client = serve(fresh / "autosubmitrc")
    path = write_configuration(fresh, "a001", "A: [")
    answer = client.get("/v4/experiments/a001/filesystem-config")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), "it may be half written"
    settle(fresh)
    time.sleep(SETTLE_NS / 1e9)
    answer = client.get("/v4/experiments/a001/filesystem-config")
    assert answer.status_code == 503
    assert answer.json()["error_message"] == "Error while reading the experiment configuration"
    assert "retry-after" not in answer.headers
    path.write_text("A: [1]")
    assert ask(client)["A"] == [1]


def test_every_file_that_took_part_decides_whether_an_answer_is_current(fresh: Path, serve: Serve) -> None:
    custom = fresh / "o003" / "wrappers.yml"
    custom.write_text("MORE: 1")
    settle(fresh)
    time.sleep(SETTLE_NS / 1e9)
    client = serve(fresh / "autosubmitrc")
    path = "/v4/experiments/o003/filesystem-config"
    first = client.get(path)
    assert first.json()["config"]["MORE"] == 1
    headers = {"If-None-Match": first.headers["etag"]}
    assert client.get(path, headers=headers).status_code == 304
    custom.write_text("MORE: 2")
    assert client.get(path, headers=headers).json()["config"]["MORE"] == 2
    rc_file = fresh / "autosubmitrc"
    rc_file.write_text(f"{rc_file.read_text()}[mail]\nmail_from = me@h\n")
    assert ask(client, "o003")["MAIL_FROM"] == "me@h"


RECORDED = ("a003", "a007", "a1ve", "a1vj", "a1vx", "a6zj", "a8qc", "aa6f")


@pytest.mark.parametrize("expid", RECORDED)
def test_the_reference_configurations_are_as_autosubmit_makes_them(
    reference: TestClient[Any], expid: str
) -> None:
    config = ask(reference, expid)
    root = config["LOCAL_ROOT_DIR"]
    expected = (SHARED / "expected" / f"config_{expid}.json").read_text().replace("@ROOT@", root)
    own = {key: value for key, value in config.items() if key not in ADDED}
    autosubmit = own.pop("AUTOSUBMIT")  # left out where the expected results were recorded
    assert own == json.loads(expected)
    assert ("WORKFLOW_COMMIT" in autosubmit) is (expid == "a1vx")
    assert config["contains_nones"] is (config["AS_ENV_CURRENT_USER"] is None)


def test_the_ini_files_of_the_reference_are_as_recorded(reference: TestClient[Any]) -> None:
    config = ask(reference, "a3tb")
    assert list(config) == ["conf", "exp", "platforms", "jobs", "proj", "contains_nones"]
    assert json.dumps(config["exp"]["experiment"]) == (
        '{"DATELIST": "19930101 19930501", "MEMBERS": "fc01", "CHUNKSIZEUNIT": "month", "CHUNKSIZE": "1", '
        '"NUMCHUNKS": "3", "CALENDAR": "standard", "EXPID": "a3tb", "HPCARCH": "marenostrum4"}'
    )
    assert config["jobs"]["SIM"]["WALLCLOCK"] == "1:30"
