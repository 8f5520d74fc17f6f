"""Fingerprints of experiments: which files answer for which part.

Guarantees: nothing is read but the change counter of SQLite files, and of many experiments at once no file is
even opened: files are looked at by `stat`, and for many the folder of histories is listed once, so that only
what exists in it is looked at.
"""

import os
from collections.abc import Collection, Sequence

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

_WORTH_LISTING = 1000  # experiments: looking for one file takes about as long as listing a few


def stamp_one(rc: RcFile, experiment: Experiment, parts: Collection[Part]) -> Fingerprint:
    """Fingerprint of the row of one experiment and the files of `parts`, both generations of job lists."""
    stamps: list[Stamp] = []
    if Part.JOBS in parts:
        for path, database in places.job_lists(rc, experiment):
            stamps += stamp_sqlite(path) if database else (stamp_opened(path),)
    if Part.HISTORY in parts:
        stamps += stamp_sqlite(places.history_database(rc, experiment.name))
    if Part.CONFIGURATION in parts:
        folder, *files = places.configuration_files(rc, experiment.name)
        stamps += (stamp(folder), *map(stamp_opened, files))
    return fingerprint(stamps, content_digest(experiment))


def stamp_many(rc: RcFile, experiments: Sequence[Experiment], parts: Collection[Part]) -> Fingerprint:
    """One fingerprint of the rows of `experiments` and of the files of `parts`.

    It has a single stamp that stands for all files (newest times, their number) and the versions of all of
    them in its content: thousands of stamps would be slow to compare and to send.
    """
    seen = _Seen()
    if Part.JOBS in parts:
        for experiment in experiments:
            for path, database in places.job_lists(rc, experiment):
                if seen.look(path):
                    if database:
                        seen.look(path + "-wal")
                    break
    if Part.HISTORY in parts:
        present = _listing(str(rc.job_data)) if len(experiments) > _WORTH_LISTING else None
        for experiment in experiments:
            path = places.history_database(rc, experiment.name)
            for suffix in ("", "-wal"):
                if present is None or f"job_data_{experiment.name}.db{suffix}" in present:
                    seen.look(path + suffix)
    if Part.CONFIGURATION in parts:
        for experiment in experiments:
            for path in places.configuration_files(rc, experiment.name):
                seen.look(path)
    together = Stamp(str(rc.local_root), seen.newest, seen.newest, len(seen.versions), inode=1)
    return fingerprint((together,), content_digest(experiments, seen.versions))


class _Seen:
    """Versions of files. Rollback journals are left out: what they protect is in the database at once."""

    def __init__(self) -> None:
        self.versions: list[tuple[int, int, int, int]] = []
        self.newest = 0

    def look(self, path: str) -> bool:
        """Whether it is there; its inode tells it from the others."""
        try:
            st = os.stat(path)  # noqa: PTH116 - hot path
        except (OSError, ValueError):
            return False
        mtime, ctime = st.st_mtime_ns, st.st_ctime_ns
        self.versions.append((mtime, ctime, st.st_size, st.st_ino))
        self.newest = max(self.newest, mtime, ctime)
        return True


def _listing(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208 - hot path
    except OSError:
        return set()
