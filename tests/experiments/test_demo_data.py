"""The shipped demonstration tree: small, free of machine paths, readable, and unpacked safely."""

import io
import re
import sqlite3
import tarfile
import time
from configparser import ConfigParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from mestral_experiments import demo

PATHS = re.compile(rb"(?<![\w.%}/~-])/(?:home|root|work|tmp|opt|srv|mnt|var|Users)/[\w.-]+")


@pytest.fixture
def rc_file(tmp_path: Path) -> Path:
    return demo.unpack(tmp_path)


def tree_of(rc_file: Path) -> Path:
    parser = ConfigParser(interpolation=None)
    parser.read(rc_file)
    return Path(parser["local"]["path"])


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_archive_is_small() -> None:
    archive = resources.files(demo).joinpath(demo.ARCHIVE_NAME)
    assert 10_000 < len(archive.read_bytes()) < 600_000


def test_rc_file_has_absolute_paths_inside_the_directory(rc_file: Path, tmp_path: Path) -> None:
    parser = ConfigParser(interpolation=None)
    parser.read(rc_file)
    paths = [Path(section["path"]) for name, section in parser.items() if "path" in section]
    assert rc_file == tmp_path / ".autosubmitrc"
    assert len(paths) >= 6
    assert all(path.is_absolute() and path.is_relative_to(tmp_path) for path in paths)


def test_every_experiment_has_its_files(rc_file: Path) -> None:
    root = tree_of(rc_file)
    experiments = rows(root / "autosubmit.db", "SELECT name, autosubmit_version FROM experiment")
    assert len(experiments) >= 6
    assert {str(version)[:3] for _, version in experiments} >= {"4.1", "4.2"}
    for name, version in experiments:
        folder = root / str(name)
        assert list((folder / "conf").glob("*.yml"))
        assert (folder / "tmp" / f"LOG_{name}").is_dir()
        history = rows(
            root / "metadata" / "data" / f"job_data_{name}.db", "SELECT count(*) FROM experiment_run"
        )
        assert history != [(0,)]
        if str(version) >= "4.2":
            assert rows(folder / "db" / "job_list.db", "SELECT count(*) FROM jobs") != [(0,)]
        else:
            assert (folder / "pkl" / f"job_list_{name}.pkl").stat().st_size > 1000


def test_every_database_is_sound(rc_file: Path) -> None:
    databases = sorted(tree_of(rc_file).rglob("*.db"))
    assert len(databases) > 15
    for path in databases:
        assert rows(path, "PRAGMA integrity_check") == [("ok",)], path


def test_no_file_names_the_machine_it_was_made_on(rc_file: Path) -> None:
    found: set[bytes] = set()
    for path in tree_of(rc_file).rglob("*"):
        if path.is_file():
            found.update(PATHS.findall(path.read_bytes()))
    assert found, "the search itself is broken"
    assert {path for path in found if not path.startswith(b"/home/demo")} == set()


def test_no_file_contains_the_job_template_of_autosubmit(rc_file: Path) -> None:
    for path in tree_of(rc_file).rglob("*"):
        assert path.suffix not in (".cmd", ".sql", ".py", ".sh")
        if path.is_file():
            assert b"as_exit_handler" not in path.read_bytes(), path


def test_one_experiment_looks_alive_and_the_others_do_not(rc_file: Path) -> None:
    root = tree_of(rc_file)
    statuses: dict[str, str] = dict(rows(root / "as_times.db", "SELECT name, status FROM experiment_status"))
    assert statuses.pop(demo.RUNNING_EXPID) == "RUNNING"
    assert statuses
    assert set(statuses.values()) == {"NOT RUNNING"}
    job_list = root / demo.RUNNING_EXPID / "pkl" / f"job_list_{demo.RUNNING_EXPID}.pkl"
    assert abs(time.time() - job_list.stat().st_mtime) < 60


def test_two_copies_are_independent(tmp_path: Path) -> None:
    first, second = demo.unpack(tmp_path / "one"), demo.unpack(tmp_path / "two")
    names = [
        sorted(path.relative_to(tree_of(rc)).as_posix() for path in tree_of(rc).rglob("*"))
        for rc in (first, second)
    ]
    assert names[0] == names[1]
    assert tree_of(first) != tree_of(second)


def test_an_existing_tree_is_never_overwritten(rc_file: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        demo.unpack(tmp_path)


@pytest.mark.parametrize("kind", ["absolute", "parent", "link"])
def test_members_that_would_leave_the_directory_are_refused(kind: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo({"absolute": "/outside", "parent": "a/../../outside", "link": "inside"}[kind])
        if kind == "link":
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(entry)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive, pytest.raises(tarfile.TarError):
        demo._extract(archive, tmp_path)
