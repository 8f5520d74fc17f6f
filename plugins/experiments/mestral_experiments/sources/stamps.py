"""Fingerprints of experiments: which files answer for which part.

Guarantees: nothing is read but headers of SQLite files. Of many experiments at once files are looked at by
`stat` alone, as few as possible: the system calls are most of what a long list that did not change costs.
"""

import os
import time
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter

from mestral.readers import (
    Fingerprint,
    Stamp,
    content_digest,
    fingerprint,
    stamp,
    stamp_opened,
    stamp_sqlite,
)
from mestral_experiments.model import Experiment
from mestral_experiments.sources import places
from mestral_experiments.sources.protocol import Part
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.sqlite import uses_wal

_MANY = 1000  # experiments: looking for one file takes about as long as listing a few

_LISTED = {Part.JOBS, Part.STRUCTURE}  # a job list that is a graph has the edges
_RARE = {Part.STRUCTURE, Part.WRAPPERS, Part.METRICS, Part.LAYOUT}  # of many experiments nobody asks for them
_REMEMBERED = 100_000  # databases without a write-ahead log; deleted ones are among them

_Version = tuple[int, int, int, int]
"""Time of the last change of content and of the inode, size and inode of a file."""


def stamp_one(rc: RcFile, experiment: Experiment, parts: Collection[Part]) -> Fingerprint:
    """Fingerprint of the row of one experiment and the files of `parts`, both generations of job lists."""
    stamps: list[Stamp] = []
    databases: dict[str, None] = {}  # one may answer for several parts
    if not _LISTED.isdisjoint(parts):
        for path, database in places.job_lists(rc, experiment):
            if database:
                databases[path] = None
            else:
                stamps.append(stamp_opened(path))
    for path in databases | _databases(rc, experiment, parts):
        stamps += stamp_sqlite(path)
    if Part.HISTORY in parts:
        stamps += stamp_sqlite(rc.job_data / places.history_file(experiment.name))
    if Part.CONFIGURATION in parts:
        stamps += configuration_stamps(rc, experiment)
    return fingerprint(stamps, content_digest(experiment))


def configuration_stamps(rc: RcFile, experiment: Experiment) -> list[Stamp]:
    """The files that the configuration of an experiment begins with."""
    folder, *files = places.configuration_files(rc, experiment.name)
    tmp = places.job_folder(rc, experiment.name)
    present = Stamp(os.fsencode(tmp), inode=stamp(tmp).inode)  # its presence alone matters
    return [stamp(folder), *map(stamp_opened, files), present]


def _databases(rc: RcFile, experiment: Experiment, parts: Collection[Part]) -> dict[str, None]:
    """Databases of the structure, the wrappers, the metrics and the layout, each once."""
    found: dict[str, None] = {}
    if Part.STRUCTURE in parts:
        found |= dict.fromkeys(places.structures(rc, experiment))
    if Part.WRAPPERS in parts:
        found |= dict.fromkeys(places.packages(rc, experiment))
    if Part.METRICS in parts:
        found[places.metrics_file(rc, experiment.name)] = None
    if Part.LAYOUT in parts:
        found[places.layout_file(rc, experiment.name)] = None
    return found


class ManyStamps:
    """Fingerprints of many experiments at once.

    Rollback journals are left out: what they protect is in the database at once. So are write-ahead logs that
    cannot be: of databases whose header says that they have none, as long as these stay the same.
    """

    def __init__(self) -> None:
        self._without_wal: dict[str, _Version] = {}
        self._listed: tuple[str, _Version | None, set[str]] = ("", None, set())

    def stamp(self, rc: RcFile, experiments: Sequence[Experiment], parts: Collection[Part]) -> Fingerprint:
        """One fingerprint of the rows of `experiments` and of the files of `parts`.

        It has a single stamp that stands for all files (newest times, their number) and the versions of all
        of them in its content: thousands of stamps would be slow to compare and to send.
        """
        seen: list[_Version] = []
        many = len(experiments) > _MANY
        if not _LISTED.isdisjoint(parts):
            for experiment in experiments:
                for path, database in places.job_lists(rc, experiment):
                    version = _look(path) or _look(path, os.lstat)  # a link that leads nowhere is no absence
                    if version is not None:
                        seen.append(version)
                        if database and self._without_wal.get(path) != version:
                            self._look_at_wal(path, version, seen, many)
                        break
        if Part.HISTORY in parts:
            folder = str(rc.job_data)
            present = self._names(folder) if many else None
            for experiment in experiments:
                file = places.history_file(experiment.name)
                for wanted in (file, file + "-wal"):
                    if present is None or wanted in present:
                        version = _look(f"{folder}/{wanted}")
                        if version is not None:
                            seen.append(version)
        for experiment in experiments if _RARE.intersection(parts) else ():
            for path in _databases(rc, experiment, parts):
                seen += filter(None, map(_look, (path, f"{path}-wal")))
        if Part.CONFIGURATION in parts:
            for experiment in experiments:
                seen += filter(None, map(_look, places.configuration_files(rc, experiment.name)))
        newest = max(max(map(itemgetter(time), seen), default=0) for time in (0, 1))
        together = Stamp(os.fsencode(rc.local_root), newest, newest, len(seen), inode=1)
        return fingerprint((together,), content_digest(experiments, seen))

    def _look_at_wal(self, path: str, version: _Version, seen: list[_Version], many: bool) -> None:
        wal = _look(path + "-wal")
        if wal is not None:
            seen.append(wal)
        # Opening a file is worth it where the answer is used again and again.
        elif many and _settled(version) and not uses_wal(path):
            if len(self._without_wal) >= _REMEMBERED:
                self._without_wal.clear()
            self._without_wal[path] = version

    def _names(self, folder: str) -> set[str]:
        """What is in a folder: listed again when it changed."""
        version = _look(folder)
        if version is None or version != self._listed[1] or folder != self._listed[0]:
            names = _listing(folder)
            if version is None or not _settled(version):
                return names
            self._listed = folder, version, names
        return self._listed[2]


def _look(path: str, look: Callable[[str], os.stat_result] = os.stat) -> _Version | None:
    """Version of a file, None without one; the inode tells it from the others."""
    try:
        st = look(path)
    except (OSError, ValueError):
        return None
    return st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino


def _settled(version: _Version) -> bool:
    """Whether what is read now belongs to this version and no later one."""
    return Fingerprint((Stamp(b"", *version),), taken_ns=time.time_ns()).settled


def _listing(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208 - hot path
    except OSError:
        return set()
