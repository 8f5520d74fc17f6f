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
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from mestral_experiments.model import Condition, Experiment, PartName, PartState
from mestral_experiments.sources import history, jobsdb, layout, places, structure, wrapperdb
from mestral_experiments.sources.access import SMALL
from mestral_experiments.sources.configurations import Configurations
from mestral_experiments.sources.faults import Busy, Damaged, Fault, Forbidden, Missing, refused
from mestral_experiments.sources.filestorage import weigh
from mestral_experiments.sources.relations import Relations
from mestral_experiments.sources.runs import Runs
from mestral_experiments.sources.storage import Pickle, Store

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
        self.weigh: Callable[[], tuple[int | None, datetime | None]] = lambda: (None, None)
        self.name: str | None = None  # of what is looked at, where it is not the part's own


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
        try:
            size, modified = found.weigh()
        except Fault:
            size, modified = None, None
        return Condition(part, state, found.format, size, modified, reason)

    def _look_at_jobs(self, experiment: Experiment, found: _Found) -> None:
        jobs = self._storage().job_list(experiment)
        if jobs is None:
            raise Missing("no job list")
        if isinstance(jobs, Store):
            self._examine((jobs,), jobsdb.examine, found)
        else:
            found.weigh, found.format = jobs.weigh, "pickle"
            if layout := self._parsed(jobs).layout:
                found.format = f"pickle: {layout}"

    def _look_at_structure(self, experiment: Experiment, found: _Found) -> None:
        try:
            self._examine(self._storage().structures(experiment), structure.examine, found)
        except Missing:
            found.name = "The job list, which may hold the structure,"
            jobs = self._storage().job_list(experiment)
            if not isinstance(jobs, Pickle) or not self._drawn(experiment):
                raise
            found.weigh, found.format = jobs.weigh, "graph in the job list"

    def _look_at_history(self, experiment: Experiment, found: _Found) -> None:
        self._examine((self._storage().history(experiment),), history.examine, found)

    def _look_at_configuration(self, experiment: Experiment, found: _Found) -> None:
        try:
            configuration, taken = self._configuration(experiment)
        except Damaged as fault:
            found.weigh = partial(weigh, [stamp.place for stamp in fault.taken.stamps if stamp.inode])
            raise
        found.weigh = partial(weigh, [stamp.place for stamp in taken.stamps if stamp.inode])
        if not configuration.data:
            raise Missing("no folder conf")
        found.format = "ini files (Autosubmit 3)" if configuration.as3 else "YAML files (Autosubmit 4)"

    def _look_at_logs(self, experiment: Experiment, found: _Found) -> None:
        rc, name = self._settings(), experiment.name
        listed: list[str] = []
        paths: list[str] = []
        too_many = False
        for folder in places.log_folders(rc, name):
            places.checked(rc, name, folder)
            try:
                with os.scandir(folder) as entries:
                    files = [entry.path for entry in entries if entry.is_file(follow_symlinks=False)]
            except FileNotFoundError:
                continue
            except OSError as error:
                raise refused(folder, error) from error
            too_many = too_many or len(paths) + len(files) > _MOST_LOGS
            paths += [folder] if too_many else [folder, *files]
            found.weigh = partial(_age if too_many else weigh, paths)
            listed.append(folder.rpartition("/")[2])
        if not listed:
            raise Missing("no folder of logs")
        found.format = f"folder{'s' if len(listed) > 1 else ''} {', '.join(listed)}"

    def _look_at_wrappers(self, experiment: Experiment, found: _Found) -> None:
        self._examine(self._storage().wrappers(experiment), wrapperdb.examine, found)

    def _look_at_layout(self, experiment: Experiment, found: _Found) -> None:
        self._examine((self._storage().layout(experiment),), layout.examine, found)

    def _examine(self, stores: Iterable[Store], examine: Callable[..., str], found: _Found) -> None:
        """Go over the first of the stores that has the tables."""
        for store in stores:
            found.weigh, found.format = store.weigh, store.kind
            try:
                found.format = f"{store.kind}: {self._examined(store, examine)}"
            except Missing:
                continue
            return
        raise Missing("no store has the tables")

    def _examined(self, store: Store, examine: Callable[..., str]) -> str:
        """What `examine` says of a store: kept, as damage is, as long as the store does not change."""
        taken = store.taken()
        read = partial(store.read, examine, patience=_BUSY_SECONDS)
        return self._memo.get(
            (store, examine), taken, lambda: (self._failures.read((store, examine), taken, read), SMALL)
        )


def _state_of(fault: Fault) -> PartState:
    if isinstance(fault, Missing):
        return PartState.MISSING
    if isinstance(fault, Busy):
        return PartState.BUSY
    return PartState.UNREADABLE if isinstance(fault, Forbidden) else PartState.DAMAGED


def _age(paths: Iterable[str]) -> tuple[None, datetime | None]:
    """As `weigh`, where there is too much to add up."""
    return None, weigh(paths)[1]
