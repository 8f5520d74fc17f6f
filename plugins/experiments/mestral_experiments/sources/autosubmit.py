"""`AutosubmitSource`: the experiments of Autosubmit, read from its own files and databases.

Guarantees: those of `ExperimentSource`. This module and what it builds on (`relations`, `lists`, `logs`,
`access`) only decide which store answers which question and which sentence a fault becomes; each format is
read in a module of its own.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mestral import not_found
from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources import places
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.conditions import Conditions
from mestral_experiments.sources.folders import Folders
from mestral_experiments.sources.health import problem_of
from mestral_experiments.sources.jobfiles import JobFiles
from mestral_experiments.sources.maindb import MainDatabase
from mestral_experiments.sources.protocol import Part

_UNREACHABLE = "The database of the experiments cannot be reached"


class AutosubmitSource(Conditions, JobFiles, Folders):
    """Implements `ExperimentSource` (see there).

    Args:
        settings: `[plugins.experiments]`.
        state_dir: Folder for private copies of databases that cannot be read in place.
    """

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        super().__init__(settings, state_dir)
        self._main: MainDatabase | None = None

    def catalog(self) -> Catalog:
        """All experiments."""
        return self._shared().catalog()

    def find(self, expid: str) -> Experiment:
        """The experiment of that name; 404 for what is no name or unknown."""
        experiment = self._shared().find(expid) if places.is_name(expid) else None
        if experiment is None:
            raise not_found(f"Experiment with expid '{expid}' not found.")
        return experiment

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        """Fingerprint of the experiment's own rows and the files of `parts`."""
        with self._answering(_UNREACHABLE):
            return self._storage().fingerprint(experiment, parts)

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        """As `fingerprint` for many, by `stat` alone."""
        with self._answering(_UNREACHABLE):
            return self._storage().fingerprint_list(experiments, parts)

    def in_turn(self, experiments: Sequence[Experiment], *parts: Part) -> Iterator[Experiment]:
        """The experiments, read together where that is cheaper."""
        return self._storage().in_turn(experiments, parts)

    def health(self) -> str | None:
        """What is wrong with the rc file or with what it points to; None when all is well."""
        return problem_of(self._rc, lambda: self._shared().problem())

    def close(self) -> None:
        """Close the connections to a database."""
        self._forget()

    def folder(self, experiment: Experiment) -> Path:
        """The experiment's folder."""
        return self._settings().local_root / experiment.name

    def _shared(self) -> MainDatabase:
        """The shared databases of the storage that counts now: what another one held is nothing to it."""
        storage = self._storage()
        with self._changing:
            if self._main is None or self._main.storage is not storage:
                self._main = MainDatabase(storage, self._failures)
            return self._main
