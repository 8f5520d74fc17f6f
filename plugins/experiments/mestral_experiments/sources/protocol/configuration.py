"""The configuration of an experiment and its folder."""

from pathlib import Path
from typing import Protocol

from mestral.readers import Fingerprint
from mestral_experiments.model import (
    Brief,
    Configuration,
    Experiment,
    FolderFacts,
    Settings,
)


class Configured(Protocol):
    """The configuration of an experiment and its folder."""

    def configuration(self, experiment: Experiment) -> tuple[Configuration, Fingerprint]:
        """The effective configuration and the fingerprint of every file that took part.

        The files are looked at again at the next request. What is in no file belongs into `fingerprint`.

        Raises:
            Problem: 503 when a file of it is damaged or unreadable.
        """
        ...

    def settings(self, experiment: Experiment) -> tuple[Settings | None, Fingerprint]:
        """What the configuration on disk says about the experiment and its jobs, None without one.

        Whether an experiment has a folder for files of jobs is a matter of `Part.CONFIGURATION`. The
        fingerprint is as for `configuration`.

        Raises:
            Problem: as `configuration`.
        """
        ...

    def brief(self, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
        """What lists show of the configuration, None without one; kept as long as its files do not change.

        The fingerprint is as for `configuration`.

        Raises:
            Problem: as `configuration`.
        """
        ...

    def obstacle(self, experiment: Experiment) -> tuple[str | None, Fingerprint]:
        """What of an experiment is missing so that its workflow manager could not use it, in a sentence.

        Autosubmit: its folder, the one of its configuration, the one of the files of its jobs, in this order
        (contract/API_V3.md 1.1). None when nothing is. The fingerprint tells when that changes.
        """
        ...

    def facts(self, experiment: Experiment) -> tuple[FolderFacts | None, Fingerprint]:
        """What the file system says about the experiment's folder, None without one.

        The fingerprint tells when that changes; not that somebody looked into the folder, which is no change.
        """
        ...

    def folder(self, experiment: Experiment) -> Path:
        """The experiment's folder (the contract wants absolute paths in some answers)."""
        ...
