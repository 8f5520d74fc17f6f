"""All experiments in memory, as one list per column: records are made of those that are shown.

Guarantees: a `Catalog` does not change. One that replaces another shares with it every column that stayed the
same, and what was made from such columns; the shared databases change all the time, and then mostly in one
column.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import is_
from typing import Any, NamedTuple, TypeVar

from mestral_experiments.model import Experiment

T = TypeVar("T")


class Columns(NamedTuple):
    """The fields of `Experiment`, in its order: one value per experiment, by id ascending."""

    id: Sequence[int]
    name: Sequence[str]
    description: Sequence[str]
    version: Sequence[str | None]
    user: Sequence[str | None]
    created: Sequence[str | None]
    model: Sequence[str | None]
    branch: Sequence[str | None]
    hpc: Sequence[str | None]
    status: Sequence[str | None]
    has_details: Sequence[bool]


class Derived:
    """What was made from columns: made again only when one of them is another object.

    Safe from several threads; two of them may make the same value at once.
    """

    def __init__(self) -> None:
        self._made: dict[str, tuple[tuple[object, ...], Any]] = {}

    def get(self, name: str, sources: tuple[object, ...], make: Callable[..., T]) -> T:
        """`make(*sources)`; the object it gave before when the sources are the same objects, or it is equal.

        Args:
            name: What is made; always from the same columns.
            sources: The columns.
            make: Makes it, and depends on nothing else.
        """
        before = self._made.get(name)
        if before is not None and all(map(is_, before[0], sources)):
            kept: T = before[1]
            return kept
        made = make(*sources)
        if before is not None and made == before[1]:
            made = before[1]
        self._made[name] = sources, made
        return made


class Catalog:
    """All experiments known to a source. Experiments are named by their position in the columns.

    Attributes:
        columns: Their fields.
        derived: What was made from the columns.
        selected: Positions by what was searched for, as long as a view wants to keep them.
        status_known: Whether the status could be read; else it is None everywhere.
    """

    def __init__(self, columns: Columns, derived: Derived, *, status_known: bool = True) -> None:
        self.columns = columns
        self.derived = derived
        self.selected: dict[Any, Sequence[int]] = {}
        self.status_known = status_known
        self._records: dict[int, Experiment] = {}

    @classmethod
    def of(cls, experiments: Iterable[Experiment]) -> "Catalog":
        """A catalog of these records, which are in order."""
        fields = zip(*(tuple(getattr(e, name) for name in Columns._fields) for e in experiments), strict=True)
        return cls(Columns(*(tuple(fields) or [()] * len(Columns._fields))), Derived())

    def __len__(self) -> int:
        return len(self.columns.id)

    def same_as(self, other: "Catalog") -> bool:
        """Whether both hold the same columns, as objects."""
        return self.status_known == other.status_known and all(map(is_, self.columns, other.columns))

    def records(self, positions: Iterable[int]) -> list[Experiment]:
        """The experiments at these positions."""
        known, columns = self._records, self.columns
        found = []
        for position in positions:
            record = known.get(position)
            if record is None:
                values: list[Any] = [column[position] for column in columns]
                record = known[position] = Experiment(*values)
            found.append(record)
        return found

    @property
    def experiments(self) -> list[Experiment]:
        """All of them."""
        return self.records(range(len(self)))

    def find(self, name: str) -> Experiment | None:
        """The experiment of that name; of two with one name the first."""
        position = self.derived.get("positions by name", (self.columns.name,), _positions).get(name)
        return None if position is None else self.records((position,))[0]


def _positions(names: Sequence[str]) -> dict[str, int]:
    last = len(names) - 1
    return {name: last - number for number, name in enumerate(reversed(names))}
