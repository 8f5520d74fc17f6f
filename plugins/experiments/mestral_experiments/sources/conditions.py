"""In what condition the parts of an experiment are, for `AutosubmitSource`.

Guarantees: no fault of a part is raised, and none hides another. `ok` proves:
  job list ........ a pickle was read whole; it is the parsed copy that jobs are answered from
  databases ....... they open, have their tables and columns, and every page with rows could be gone over
  configuration ... every file that takes part was read and merged
  logs ............ the folders can be listed; no file in them is opened
Nothing is read again, damage included, as long as its files are the same.
"""

import logging
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from mestral.readers import fingerprint, stamp_sqlite
from mestral_experiments.model import Condition, Experiment, PartName, PartState
from mestral_experiments.sources import history, jobsdb, layout, places, structure, wrapperdb
from mestral_experiments.sources.access import SMALL
from mestral_experiments.sources.configurations import Configurations
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Forbidden, Missing, refused
from mestral_experiments.sources.relations import Relations
from mestral_experiments.sources.runs import Runs
from mestral_experiments.sources.sqlite import read_database

_BUSY_SECONDS = 0.5  # there are several databases, and to find one locked is an answer
_MOST_LOGS = 1000  # files that are added up

_NAMES = {
    PartName.JOB_LIST: "The job list",
    PartName.STRUCTURE: "The structure",
    PartName.HISTORY: "The history",
    PartName.CONFIGURATION: "The configuration",
    PartName.LOGS: "The folder of logs",
    PartName.WRAPPERS: "The list of wrappers",
    PartName.LAYOUT: "The layout",
}
_ABSENT = {
    PartName.JOB_LIST: "There is no job list: the experiment was never created, or it is archived.",
    PartName.STRUCTURE: "No dependencies between jobs are stored.",
    PartName.HISTORY: "There is no history: the experiment never ran, or it is archived.",
    PartName.CONFIGURATION: "There is no folder of configuration files.",
    PartName.LOGS: "There is no folder of logs: the experiment never ran, or it is archived.",
    PartName.WRAPPERS: "No wrappers are stored.",
    PartName.LAYOUT: "No layout of the graph is stored.",
}
_REASONS = {
    PartState.BUSY: "{} is locked or being written now; it may be readable later.",
    PartState.UNREADABLE: "{} may not be read by the user that the server runs as.",
    PartState.DAMAGED: "{} is there and cannot be used: it is damaged, incomplete or of an unknown form.",
}


class _Found:
    """What is known of a part, also when it turns out to be damaged."""

    def __init__(self) -> None:
        self.format: str | None = None
        self.files: list[str] = []
        self.name: str | None = None  # of what is looked at, where it is not the part's own file
        self.too_many = False


class Conditions(Relations, Runs, Configurations):
    """Looks at every part of an experiment."""

    def conditions(self, experiment: Experiment) -> Sequence[Condition]:
        """The condition of every part, in the order of `PartName`."""
        looks: dict[PartName, Callable[[Experiment, _Found], None]] = {
            PartName.JOB_LIST: self._look_at_jobs,
            PartName.STRUCTURE: self._look_at_structure,
            PartName.HISTORY: self._look_at_history,
            PartName.CONFIGURATION: self._look_at_configuration,
            PartName.LOGS: self._look_at_logs,
            PartName.WRAPPERS: self._look_at_wrappers,
            PartName.LAYOUT: self._look_at_layout,
        }
        return [self._condition(part, looks[part], experiment) for part in PartName]

    def _condition(
        self, part: PartName, look: Callable[[Experiment, _Found], None], experiment: Experiment
    ) -> Condition:
        found, state = _Found(), PartState.OK
        reason: str | None = None
        try:
            look(experiment, found)
        except Fault as fault:
            state = _state_of(fault)
            if state is PartState.MISSING:
                return Condition(part, state, reason=_ABSENT[part])
            reason = _REASONS[state].format(found.name or _NAMES[part])
            self._failures.tell(logging.WARNING, reason.removesuffix("."), fault)
        except MemoryError:  # what was read is given back once this clause is left
            state = PartState.DAMAGED
        if state is PartState.DAMAGED and reason is None:
            reason = f"{_NAMES[part]} needs more memory than an answer may take."
        size, modified = _weigh(found)
        return Condition(part, state, found.format, size, modified, reason)

    def _look_at_jobs(self, experiment: Experiment, found: _Found) -> None:
        file = self._job_list(experiment)
        if file is None:
            raise Missing("no job list")
        if file.database:
            self._examine(experiment, (file.path,), jobsdb.examine, found)
        else:
            found.files, found.format = [file.path], "pickle"
            if layout := self._parsed(file).layout:
                found.format = f"pickle: {layout}"

    def _look_at_structure(self, experiment: Experiment, found: _Found) -> None:
        candidates = places.structures(self._settings(), experiment)
        try:
            self._examine(experiment, candidates, structure.examine, found)
        except Missing:
            found.name = "The job list, which may hold the structure,"
            file = self._job_list(experiment)
            if file is None or not self._drawn(experiment):
                raise
            found.files, found.format = [file.path], "graph in the job list"

    def _look_at_history(self, experiment: Experiment, found: _Found) -> None:
        self._examine(experiment, (self._history(experiment),), history.examine, found)

    def _look_at_configuration(self, experiment: Experiment, found: _Found) -> None:
        try:
            configuration, taken = self._configuration(experiment)
        except Damaged as fault:
            found.files = [stamp.path for stamp in fault.taken.stamps if stamp.inode]
            raise
        found.files = [stamp.path for stamp in taken.stamps if stamp.inode]
        if not configuration.data:
            raise Missing("no folder conf")
        found.format = "ini files (Autosubmit 3)" if configuration.as3 else "YAML files (Autosubmit 4)"

    def _look_at_logs(self, experiment: Experiment, found: _Found) -> None:
        rc, name = self._settings(), experiment.name
        listed = []
        for folder in places.log_folders(rc, name):
            places.checked(rc, name, folder)
            try:
                with os.scandir(folder) as entries:
                    files = [entry.path for entry in entries if entry.is_file(follow_symlinks=False)]
            except FileNotFoundError:
                continue
            except OSError as error:
                raise refused(folder, error) from error
            found.too_many = found.too_many or len(found.files) + len(files) > _MOST_LOGS
            found.files += [folder] if found.too_many else [folder, *files]
            listed.append(folder.rpartition("/")[2])
        if not listed:
            raise Missing("no folder of logs")
        found.format = f"folder{'s' if len(listed) > 1 else ''} {', '.join(listed)}"

    def _look_at_wrappers(self, experiment: Experiment, found: _Found) -> None:
        self._examine(experiment, places.packages(self._settings(), experiment), wrapperdb.examine, found)

    def _look_at_layout(self, experiment: Experiment, found: _Found) -> None:
        path = places.layout_file(self._settings(), experiment.name)
        self._examine(experiment, (path,), layout.examine, found)

    def _examine(
        self, experiment: Experiment, paths: Sequence[str], examine: Callable[..., str], found: _Found
    ) -> None:
        """Go over the first of the databases that has the tables."""
        rc = self._settings()
        for path in paths:
            if not places.exists(places.checked(rc, experiment.name, path)):
                continue
            found.files, found.format = [path, f"{path}-wal"], "SQLite"
            try:
                found.format = f"SQLite: {self._examined(path, examine)}"
            except Missing:
                continue
            return
        raise Missing("none of the databases")

    def _examined(self, path: str, examine: Callable[..., str]) -> str:
        """What `examine` says of a database: kept, as damage is, as long as its file does not change."""
        taken = fingerprint(stamp_sqlite(path))
        read = partial(
            read_database,
            path,
            examine,
            state_dir=self._state_dir,
            busy_seconds=min(self._busy_seconds, _BUSY_SECONDS),
        )
        return self._memo.get(
            (path, examine), taken, lambda: (self._failures.read((path, examine), taken, read), SMALL)
        )


def _state_of(fault: Fault) -> PartState:
    if isinstance(fault, Missing):
        return PartState.MISSING
    if isinstance(fault, Busy):
        return PartState.BUSY
    return PartState.UNREADABLE if isinstance(fault, Forbidden) else PartState.DAMAGED


def _weigh(found: _Found) -> tuple[int | None, datetime | None]:
    """Bytes of the files, folders left out, and the last change of any."""
    size, newest = None, None
    for path in found.files:
        try:
            st = os.stat(path)  # noqa: PTH116 - hot path
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(st.st_mode):
            size = (size or 0) + st.st_size
        newest = max(newest or 0.0, st.st_mtime)
    modified = None
    if newest is not None:
        with suppress(ValueError, OverflowError, OSError):  # a time that no calendar has
            modified = datetime.fromtimestamp(newest, UTC)
    return None if found.too_many else size, modified
