"""Configurations of `AutosubmitSource`: what is kept of them.

Guarantees: those of `ExperimentSource`; the files are read in `configuration`. What is kept, damage included,
is given again as long as no file that took part, or could have, changed.
"""

from functools import cached_property
from pathlib import Path

from mestral.readers import Fingerprint
from mestral_experiments.model import Brief, Configuration, Experiment, Settings
from mestral_experiments.settings import ExperimentsSettings
from mestral_experiments.sources import places
from mestral_experiments.sources.access import Access
from mestral_experiments.sources.configuration import as3, brief, load_configuration, settings_of
from mestral_experiments.sources.credentials import without_credentials
from mestral_experiments.sources.faults import Damaged

_UNREADABLE = "Error while reading the experiment configuration"
_KEPT = 32  # configurations: some hundred kilobytes each, at most some megabytes
_BRIEFS = 50_000  # two kilobytes each: more than experiments that a list has, so only deleted ones are lost


class _Kept:
    """What came out, from which description and settings, and the files that took part."""

    def __init__(self, found: Configuration | Damaged, given: object, taken: Fingerprint) -> None:
        self._found = found
        self.given = given
        self.taken = taken

    @property
    def configuration(self) -> Configuration:
        """The configuration. Raises Damaged or Busy when a file of it is unusable."""
        if isinstance(self._found, Damaged):
            raise type(self._found)(str(self._found), self.taken)
        return self._found

    @cached_property
    def settings(self) -> Settings | None:
        """What it says, None without a configuration; raises as that."""
        return settings_of(self.configuration) if self.configuration.data else None


class Configurations(Access):
    """The effective configuration of experiments."""

    def __init__(self, settings: ExperimentsSettings, state_dir: Path) -> None:
        super().__init__(settings, state_dir)
        self._configurations: dict[str, _Kept] = {}
        self._briefs: dict[str, tuple[Brief | None, Fingerprint]] = {}

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The effective configuration; 503 when a file of it is unusable."""
        with self._answering(_UNREADABLE):
            return self._configuration(experiment)

    def settings(self, experiment: Experiment) -> tuple[Settings | None, Fingerprint]:
        """What the configuration says, None without one; 503 as `configuration`."""
        with self._answering(_UNREADABLE):
            kept, taken = self._known_of(experiment)
            settings = kept.settings
        rc, name = self._settings(), experiment.name
        needed = as3.needed(places.experiment_folder(rc, name), name) if settings and settings.as3 else ()
        present = {one.place for one in taken.stamps if one.inode}
        # Autosubmit itself does not load the configuration of an experiment without a folder for jobs.
        usable = present.issuperset(needed) and places.exists(places.job_folder(rc, name))
        return settings if usable else None, taken

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        """What lists show of the configuration, None without one; 503 as `configuration`."""
        kept = self._briefs.pop(experiment.name, None)
        if kept is not None and (now := kept[1].again()).same_as(kept[1]):
            self._briefs[experiment.name] = kept  # as the newest
            return kept[0], now
        configuration, taken = self.configuration(experiment)
        shown = brief(configuration) if configuration.data else None
        if taken.settled:
            self._briefs[experiment.name] = shown, taken
            if len(self._briefs) > _BRIEFS:
                del self._briefs[next(iter(self._briefs))]
        return shown, taken

    def server_settings(self) -> dict[str, str | int | bool]:
        """What the rc file says, with every default."""
        shown: dict[str, str | int | bool] = without_credentials(self._settings().shown())
        return shown

    def _configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The configuration. Raises Damaged or Busy when a file of it is unusable."""
        kept, taken = self._known_of(experiment)
        return kept.configuration, taken

    def _known_of(self, experiment: Experiment) -> tuple[_Kept, Fingerprint]:
        """What is known of the configuration now, damage included."""
        rc, name = self._settings(), experiment.name
        given = (experiment.description, rc)
        kept = self._configurations.pop(name, None)
        if kept is None or kept.given != given or not (now := kept.taken.again()).same_as(kept.taken):
            folder = Path(places.experiment_folder(rc, name))
            places.checked(rc, name, f"{folder}/conf")
            found: Configuration | Damaged
            try:
                found, now = load_configuration(
                    folder, name, description=experiment.description, settings=rc.placeholders()
                )
                found = Configuration(without_credentials(found.data), found.as3)
            except Damaged as fault:
                found, now = fault, fault.taken
            kept = _Kept(found, given, now)
        if kept.taken.settled:
            self._configurations[name] = kept  # as the newest
            if len(self._configurations) > _KEPT:
                del self._configurations[next(iter(self._configurations))]
        return kept, now
