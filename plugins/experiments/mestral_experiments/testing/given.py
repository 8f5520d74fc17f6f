"""What the tests of a source say about it; every contract class begins here."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import ClassVar

import pytest

from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource

Factory = Callable[[], ExperimentSource]


class Given:
    """The source under test, and what is known of its data.

    Attributes:
        full_expid: Name of an experiment that has all that the source can have.
        empty_expid: Name of one that is known and was never created: nothing but its own row.
        may_lack: Names of methods that answer nothing for `full_expid`, because its workflow manager has no
            such thing. All others must answer something, or the tests would prove nothing.
        last_counters: `Attempt.counter` of the attempt that counts, for some jobs of `full_expid` that have
            several.
        secrets: Credentials in the data of `full_expid`: no answer may hold them.
        settings_names: Names of all `server_settings`.
    """

    full_expid: ClassVar[str]
    empty_expid: ClassVar[str]
    may_lack: ClassVar[Collection[str]] = ()
    last_counters: ClassVar[Mapping[str, int]] = {}
    secrets: ClassVar[Collection[str]] = ()
    settings_names: ClassVar[Collection[str]] = ()

    @pytest.fixture
    def factory(self) -> Factory:
        """Makes a source, as each process does: all see the same data. To be given by the subclass."""
        raise NotImplementedError("the tests of a source give a fixture `factory`")

    @pytest.fixture
    def stored(self) -> Callable[[], object]:
        """Gives all that is stored where the source could write, in a form that can be compared. To be given
        by the subclass."""
        raise NotImplementedError("the tests of a source give a fixture `stored`")

    @pytest.fixture
    def make(self, factory: Factory) -> Iterator[Factory]:
        """As `factory`; what was made is closed at the end."""
        made: list[ExperimentSource] = []

        def another() -> ExperimentSource:
            made.append(factory())
            return made[-1]

        yield another
        for source in made:
            source.close()

    @pytest.fixture
    def source(self, make: Factory) -> ExperimentSource:
        """A new one for each test."""
        return make()

    @pytest.fixture
    def full(self, source: ExperimentSource) -> Experiment:
        """The experiment that has everything."""
        return source.find(self.full_expid)

    @pytest.fixture
    def empty(self, source: ExperimentSource) -> Experiment:
        """The experiment that has nothing."""
        return source.find(self.empty_expid)
