"""Which experiments there are, and whether something about one changed."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from mestral.readers import Fingerprint
from mestral_experiments.model import (
    Condition,
    Experiment,
)
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.sources.protocol.parts import Part


class Experiments(Protocol):
    """Which experiments there are, and whether something about one changed."""

    def catalog(self) -> Catalog:
        """All experiments, by id, each with a name of its own (`^[a-z0-9]{4,}$`, in addresses and answers).

        Kept between calls as long as it is unchanged.

        Raises:
            Problem: 503 when the experiment database is missing, damaged or locked past the wait.
        """
        ...

    def find(self, expid: str) -> Experiment:
        """The experiment of that name.

        Raises:
            Problem: 404 `Experiment with expid 'x' not found.` for an unknown name and for every text that is
                not a name; 503 as `catalog`.
        """
        ...

    def fingerprint(self, experiment: Experiment, *parts: Part) -> Fingerprint:
        """Fingerprint of the experiment's own rows and of the files of `parts`, which are not read.

        Where there are no files, its `content` is another text after every change. Damage is a state like any
        other: only what cannot be looked at raises.

        Raises:
            Problem: 503 when it is not known whether something changed.
        """
        ...

    def fingerprint_list(self, experiments: Sequence[Experiment], *parts: Part) -> Fingerprint:
        """As `fingerprint` for many at once, linear and cheap: by `stat` alone, never by opening a file.

        On a network file system attributes may be seconds old, and so may be the list.

        Raises:
            Problem: As `fingerprint`.
        """
        ...

    def in_turn(self, experiments: Sequence[Experiment], *parts: Part) -> Iterator[Experiment]:
        """The same experiments, for somebody who asks about these parts of each before taking the next.

        A source may read some of them together, as they were when it gave out the first of these.
        """
        ...

    def conditions(self, experiment: Experiment) -> Sequence[Condition]:
        """In what condition every part of an experiment is, in the order of `PartName`.

        Damage is part of the answer and raises nothing. What `ok` proves, the implementation says. Nothing is
        read again as long as its files are the same.
        """
        ...

    def server_settings(self) -> dict[str, str | int | bool]:
        """What this server's own settings of the workflow manager say, as configurations show them.

        Autosubmit's have the names of contract/API_V4.md 5.3; without credentials. Called in the front.

        Raises:
            Problem: 503 when they cannot be read.
        """
        ...

    def health(self) -> str | None:
        """What is wrong with where experiments are read from, and what to do; None when all is well.

        For the deployer: it may name paths. Called in a thread, again and again, also where nothing serves.
        """
        ...

    def close(self) -> None:
        """Give back what is held open, when the server stops; may be called again."""
        ...
