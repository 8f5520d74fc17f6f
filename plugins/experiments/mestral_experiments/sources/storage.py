"""Where the data of experiments is stored: the words in which readers of formats ask for it.

Guarantees: what reads a format (`history`, `structure`, `jobsdb`, ...) asks a `Database` for tables and
columns by name and knows neither SQLite nor PostgreSQL; what answers questions (`lists`, `relations`,
`runs`, ...) asks a `Storage` which store holds what. Implemented by `filestorage` over Autosubmit's own files
and by `postgres`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources.joblist import JobList
from mestral_experiments.sources.protocol import Part

T = TypeVar("T")


class Order(msgspec.Struct, frozen=True):
    """What orders the rows of a table that Autosubmit changes, where a row that is changed loses its place.

    Attributes:
        changed: A column that it changes; rows of a table without it keep their places.
        name: The column of names that tell the rows apart: shorter ones first, then in byte order, so that
            2 comes before 10.
        numbers: Columns of numbers that count before it, null first; those that are absent do not.
    """

    changed: str
    name: str
    numbers: tuple[str, ...] = ()


class Database(Protocol):
    """One consistent state of a database, opened for reading.

    Names of tables and columns are given in lower case; a column may be spelled otherwise where it is stored.
    """

    @property
    def version(self) -> int | None:
        """What the database says about its schema; None where it does not say."""
        ...

    def select(
        self,
        table: str,
        wanted: Mapping[str, str] | Sequence[str],
        tail: str = "",
        values: Sequence[object] = (),
        *,
        needs: Sequence[str],
    ) -> list[tuple[Any, ...]]:
        """Rows of a table whose columns differ between versions of Autosubmit.

        Args:
            table: Name of the table.
            wanted: Columns, or each with the expression to read, in which `{0}` stands for the column; an
                absent column reads as NULL.
            tail: What follows the table's name in the statement; it uses columns named in `needs` only.
            values: Values of the placeholders `?` in `tail`.
            needs: Columns without which the table is useless.

        Raises:
            Missing: No such table.
            Damaged: One of `needs` is absent.
        """
        ...

    def in_row_order(self, table: str, otherwise: Order | None = None) -> str:
        """Ends a `tail` whose rows are wanted in the order in which they were written.

        Args:
            table: Name of the table.
            otherwise: What orders its rows where nothing says in which order they were written.
        """
        ...

    def newest(self, table: str, column: str) -> object:
        """The largest value of a column; None without table, column or rows."""
        ...

    def walk(self, table: str, needs: Sequence[str]) -> Collection[str]:
        """Go over every page that holds rows of a table, without reading values: corruption shows here.

        Long texts that continue on pages of their own are not looked at.

        Returns:
            Names of the columns.

        Raises:
            Missing: No such table.
            Damaged: One of `needs` is absent.
        """
        ...

    def json_rows(
        self,
        table: str,
        wanted: Mapping[str, str] | Sequence[str],
        tail: str = "",
        values: Sequence[object] = (),
        *,
        needs: Sequence[str],
    ) -> str | None:
        """Rows of a table as one JSON list of lists (of values, for a single column).

        SQLite writes it in half the time that it takes to bring the values into Python one by one, and
        msgspec decodes it into records. Arguments as for `select`, an absent column reads as null. Of real
        numbers 15 digits are certain.

        Returns:
            The JSON; None where `select` has to be asked: it is faster, there is no such table, one of
            `needs` is absent, or a value is one that JSON cannot hold.
        """
        ...

    def json_columns(self, table: str, wanted: Sequence[str]) -> tuple[str, ...] | None:
        """Each column of a table as a JSON list of its values, all in the same order; none may be absent.

        Else as `json_rows`. Twice as fast as rows, and what did not change need not be decoded.
        """
        ...


class Store(ABC):
    """A place that holds tables. Equal and hashable by what it is; its text is for the log."""

    kind: ClassVar[str]
    """What it is, in words."""

    @abstractmethod
    def taken(self) -> Fingerprint:
        """Its state now.

        Raises:
            Fault: It cannot be looked at.
        """

    @abstractmethod
    def read(self, read: Callable[[Database], T], *, patience: float | None = None) -> T:
        """What `read` makes of one consistent state of it.

        Args:
            read: Called once, or again where it was being written.
            patience: Seconds to wait for a lock; None: as configured.

        Raises:
            Missing: There is nothing.
            Damaged, Busy: It cannot be used; and whatever `read` raises.
        """

    @abstractmethod
    def peek(self, read: Callable[[Database], T]) -> T | None:
        """As `read`, but nothing is waited for or copied: None where that would be needed."""

    @abstractmethod
    def weigh(self) -> tuple[int | None, datetime | None]:
        """Its size in bytes and its last change (aware, UTC), as far as they are known."""


class Pickle(ABC):
    """A pickled job list. Equal and hashable by where it is; its text is for the log."""

    @abstractmethod
    def taken(self) -> Fingerprint:
        """Its state now; raises as `Store.taken`."""

    @abstractmethod
    def read(self) -> JobList:
        """The jobs.

        Raises:
            Missing, Damaged, Busy: As `pickles.read_jobs`.
        """

    @abstractmethod
    def modified(self) -> datetime | None:
        """When it was written (aware, UTC), None when it is not there or does not say.

        Raises:
            Fault: It cannot be looked at.
        """

    @abstractmethod
    def weigh(self) -> tuple[int | None, datetime | None]:
        """As `Store.weigh`."""


class Storage(Protocol):
    """Which store answers which question. Several candidates come in the order in which they count."""

    @property
    def main(self) -> Store:
        """The tables of experiments and their details."""
        ...

    @property
    def status(self) -> Store:
        """The table of what is running."""
        ...

    def moment(self) -> Fingerprint:
        """The state of both shared stores: cheap, and another one whenever one of them may have changed."""
        ...

    def job_list(self, experiment: Experiment) -> Store | Pickle | None:
        """The job list that counts: of the generation that the version names, else the other."""
        ...

    def structures(self, experiment: Experiment) -> Iterator[Store]:
        """What may hold the edges between jobs."""
        ...

    def wrappers(self, experiment: Experiment) -> Iterator[Store]:
        """What may hold the wrappers."""
        ...

    def history(self, experiment: Experiment) -> Store:
        """Runs and attempts of jobs."""
        ...

    def metrics(self, experiment: Experiment) -> Store:
        """User metrics."""
        ...

    def layout(self, experiment: Experiment) -> Store:
        """The stored layout of the graph."""
        ...

    def fingerprint(self, experiment: Experiment, parts: Collection[Part]) -> Fingerprint:
        """As `ExperimentSource.fingerprint`."""
        ...

    def fingerprint_list(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Fingerprint:
        """As `ExperimentSource.fingerprint_list`."""
        ...

    def in_turn(self, experiments: Sequence[Experiment], parts: Collection[Part]) -> Iterator[Experiment]:
        """As `ExperimentSource.in_turn`."""
        ...

    def problem(self) -> str:
        """What is wrong with the shared stores and which setting is at fault, for the deployer; else ""."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...
