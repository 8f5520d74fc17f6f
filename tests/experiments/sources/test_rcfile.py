"""The rc file: where it is looked for, what its keys mean, that it is live, and what a broken one says."""

import os
from pathlib import Path

import pytest

from mestral import Problem
from mestral_experiments.sources.rcfile import RcFile, RcReader

EVERYTHING = """
[database]
path = /d
filename = main.db
backend = postgres
connection_url = postgresql://u:p%40w@h/db
[local]
path = /l
[structures]
path = /s
[historicdb]
path = /h
[historiclog]
path = /hl
[globallogs]
path = /gl
[defaultstats]
path = /ds
[graph]
path = /g
[statusdb]
path = /sd
filename = sd.db
[clients]
authorized = https://a/ https://b/
[conf]
platforms = p.yml
custom_platforms = c.yml
jobs = j.yml
[mail]
smtp_server = smtp
mail_from = me
[hosts]
authorized = [run host1]
forbidden = [all host2]
[autosubmitapi]
url = http://x # not a comment
[config]
log_recovery_timeout = 45
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working folder."""
    (tmp_path / "home").mkdir()
    (tmp_path / "cwd").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path


def filename(reader: RcReader) -> str:
    return reader.read().database_file


def test_every_key(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.write_text(EVERYTHING)
    assert RcReader(path).read() == RcFile(
        found=True,
        database_dir=Path("/d"), database_file="main.db", postgres=True,
        connection_url="postgresql://u:p%40w@h/db", local_root=Path("/l"), structures=Path("/s"),
        job_data=Path("/h"), history_logs=Path("/hl"), global_logs=Path("/gl"), default_stats=Path("/ds"),
        graph=Path("/g"), status_dir=Path("/sd"), status_file="sd.db",
        authorized_clients=("https://a/", "https://b/"), platforms_conf="p.yml", custom_platforms="c.yml",
        jobs_conf="j.yml", smtp_server="smtp", mail_from="me", hosts_authorized="[run host1]",
        hosts_forbidden="[all host2]", api_url="http://x # not a comment", log_recovery_timeout="45",
    )  # fmt: skip


def test_search_order(home: Path) -> None:
    configured, system = home / "rc", home / "etc"
    system.mkdir()
    reader = RcReader(configured, system)
    assert filename(reader) == "autosubmit.db"
    files = [
        system / ".autosubmitrc", system / "autosubmitrc", home / "home" / ".autosubmitrc",
        home / "cwd" / ".autosubmitrc", configured,
    ]  # fmt: skip
    for number, path in enumerate(files):
        path.write_text(f"[database]\nfilename = {number}.db\n")
        assert filename(reader) == f"{number}.db"


def test_a_configured_file_that_is_not_there_is_told_with_the_one_that_is_used(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    used = home / "cwd" / ".autosubmitrc"
    used.write_text("[database]\nfilename = a.db\n")
    assert filename(RcReader(home / "rc", home)) == "a.db"
    assert caplog.messages == [f"the configured rc file {home / 'rc'} does not exist; using {used}"]


def test_system_files_together(home: Path) -> None:
    (home / ".autosubmitrc").write_text("[database]\nfilename = a.db\npath = /a\n[graph]\npath = /a\n")
    (home / "autosubmitrc").write_text("[database]\nfilename = b.db\n[clients]\nauthorized = c\n")
    rc = RcReader(None, home).read()
    assert (rc.database_file, rc.database_dir, rc.graph, rc.authorized_clients) == (
        "b.db",
        Path("/a"),
        None,
        ("c",),
    )


def test_names_of_options_are_case_sensitive_and_placeholders_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.write_text("[database]\nPATH = /no\nroot = /r\npath = %(root)s/db\n[local]\npath = ~/x\n")
    rc = RcReader(path).read()
    assert (rc.database_dir, rc.local_root) == (Path("/r/db"), Path(os.environ["HOME"]) / "x")


def test_changes_are_seen_and_keys_return_to_their_default(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.write_text("[database]\nfilename = first.db\n")
    reader = RcReader(path)
    first = reader.read()
    assert reader.read() is first
    path.write_text("[database]\nbackend = sqlite\n")
    assert filename(reader) == "autosubmit.db"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("path = /secret\n", "line 1 stands before the first"),
        ("[database]\nsecret words\n", "no `key = value` in line 2"),
        ("[database]\npath = /secret\npath = /b\n", "key path occurs twice in [database] (line 3)"),
        ("[database]\n[database]\n", "section [database] occurs twice (line 2)"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "rc"
    path.write_text(content)
    reader = RcReader(path)
    with pytest.raises(Problem) as caught:
        reader.read()
    assert caught.value.status == 503
    assert reason in caught.value.message
    assert "secret" not in caught.value.message
    assert str(tmp_path) not in caught.value.message
    path.write_text("[database]\nfilename = mended.db\n")
    assert filename(reader) == "mended.db"


def test_a_broken_file_is_logged_once_until_it_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "rc"
    reader = RcReader(path)
    for content, logged in (("path = /x\n", 1), ("path = /longer\n", 2)):
        path.write_text(content)
        for _ in range(3):
            with pytest.raises(Problem):
                reader.read()
        assert len(caplog.records) == logged


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Problem, match="cannot be read"):
        RcReader(path).read()
