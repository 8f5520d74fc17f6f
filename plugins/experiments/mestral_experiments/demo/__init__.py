"""A small tree of real Autosubmit experiments, shipped with the package for ``mestral demo`` and for tests.

``unpack`` makes a working copy of it. The archive beside this file is made by ``tools/make_demo.sh`` and
``tools/pack_demo.py`` of the source repository: experiments of Autosubmit 4.1.11, 4.1.17.1 and 4.2.0 that
really ran, on a local machine and on a pretend cluster. Paths inside it say ``/home/demo``; nothing depends
on them.
"""

import os
import sqlite3
import tarfile
import time
from importlib import resources
from pathlib import Path, PurePosixPath

__all__ = ["ARCHIVE_NAME", "RUNNING_EXPID", "unpack"]

ARCHIVE_NAME = "experiments.tar.gz"
RUNNING_EXPID = "o000"
"""The experiment that was stopped half way; a fresh copy shows it as running."""

_RC = """[database]
backend = sqlite
path = {root}
filename = autosubmit.db

[local]
path = {root}

[globallogs]
path = {root}/logs

[structures]
path = {root}/metadata/structures

[historicdb]
path = {root}/metadata/data

[historiclog]
path = {root}/metadata/logs

[graph]
path = {root}/metadata/graph
"""


def unpack(directory: Path) -> Path:
    """Put a fresh copy of the demonstration tree into ``directory`` and return the path of its rc file.

    The tree goes to ``directory/autosubmit``, which must not exist yet; ``.autosubmitrc`` beside it has
    absolute paths. File times are those of the original runs, except that the job list and the log of
    ``RUNNING_EXPID`` are made to look recent.

    Raises:
        FileExistsError: ``directory/autosubmit`` exists already.
    """
    directory = directory.resolve()
    root = directory / "autosubmit"
    root.mkdir(parents=True)
    packed = resources.files(__name__).joinpath(ARCHIVE_NAME)
    with packed.open("rb") as stream, tarfile.open(fileobj=stream, mode="r:gz") as archive:
        _extract(archive, root)
    _look_alive(root)
    rc_file = directory / ".autosubmitrc"
    rc_file.write_text(_RC.format(root=root), encoding="utf-8")
    return rc_file


def _extract(archive: tarfile.TarFile, root: Path) -> None:
    """Write plain files and folders below ``root``, and refuse everything else.

    Stricter than the ``data`` filter of tarfile, which early releases of Python 3.11 do not have.
    """
    folders: list[tuple[Path, float]] = []
    for member in archive:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"unexpected member {member.name!r} in {ARCHIVE_NAME}")
        target = root / name
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            folders.append((target, member.mtime))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(member)
        target.write_bytes(content.read() if content is not None else b"")
        os.utime(target, (member.mtime, member.mtime))
    for folder, modified in reversed(folders):
        os.utime(folder, (modified, modified))


def _look_alive(root: Path) -> None:
    """Make one experiment look as if Autosubmit were running it now, and the others as if they had ended.

    Autosubmit itself never takes back the status RUNNING that it writes when a run starts.
    """
    logs = sorted((root / RUNNING_EXPID / "tmp" / "ASLOGS").glob("*_run.log"))
    for path in (root / RUNNING_EXPID / "pkl" / f"job_list_{RUNNING_EXPID}.pkl", *logs[-1:]):
        os.utime(path)
    connection = sqlite3.connect(root / "as_times.db")
    try:
        connection.execute(
            "UPDATE experiment_status SET modified = ?,"
            " status = CASE name WHEN ? THEN 'RUNNING' ELSE 'NOT RUNNING' END",
            (time.strftime("%Y-%m-%dT%H:%M:%S%z"), RUNNING_EXPID),
        )
        connection.commit()
    finally:
        connection.close()
