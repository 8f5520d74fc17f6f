"""`PostgresTables`: the tables of one schema, asked for by name in an open transaction.

Guarantees: those of `Database`. Names are quoted, values are never part of a statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.postgres.server import Reading
from mestral_experiments.sources.storage import Order

KINDS = "'r', 'p', 'm', 'v'"
"""What is read as a table: ordinary ones, partitioned ones and views. (Of foreign ones nothing is known.)"""
_COLUMNS = f"""SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.oid = to_regclass(%s) AND c.relkind IN ({KINDS}) AND a.attnum >= -1 AND NOT a.attisdropped"""  # noqa: S608
_PLACE = "ctid"
"""Column of number -1: where a row is, until it is changed. Views have none."""


class PostgresTables:
    """Implements `Database`.

    Args:
        reading: The transaction.
        schema: Where the tables are; None: where the server looks for names without one.
    """

    version = None

    def __init__(self, reading: Reading, schema: str | None) -> None:
        self._reading = reading
        self._schema = schema

    def select(
        self,
        table: str,
        wanted: Mapping[str, str] | Sequence[str],
        tail: str = "",
        values: Sequence[object] = (),
        *,
        needs: Sequence[str],
    ) -> list[tuple[Any, ...]]:
        """See `Database`."""
        present = self._present(table, needs)
        some = ", ".join(_expressions(present, wanted))
        statement = f"SELECT {some} FROM {self._name(table)} {_marked(tail)}"  # noqa: S608
        return self._rows(statement, _sought(values))

    def in_row_order(self, table: str, otherwise: Order | None = None) -> str:
        """See `Database`."""
        present = self._columns(table)
        if otherwise is None or not {otherwise.changed, otherwise.name} <= present.keys():
            return f"ORDER BY {_PLACE}" if _PLACE in present else ""
        numbers = [quoted(present[number]) for number in otherwise.numbers if number in present]
        name = f"{quoted(present[otherwise.name])}::text"
        keys = [*(f"{number} NULLS FIRST" for number in numbers), f"length({name})", f'{name} COLLATE "C"']
        return f"ORDER BY {', '.join(keys)}"

    def newest(self, table: str, column: str) -> object:
        """See `Database`."""
        present = self._columns(table)
        if column not in present:
            return None
        ((newest,),) = self._rows(f"SELECT MAX({quoted(present[column])}) FROM {self._name(table)}")  # noqa: S608
        return newest

    def walk(self, table: str, needs: Sequence[str]) -> Mapping[str, str]:
        """See `Database`."""
        present = self._present(table, needs)
        self._rows(f"SELECT count(*) FROM {self._name(table)}")  # noqa: S608
        return present

    def json_rows(
        self,
        table: str,
        wanted: Mapping[str, str] | Sequence[str],
        tail: str = "",
        values: Sequence[object] = (),
        *,
        needs: Sequence[str],
    ) -> str | None:
        """See `Database`; of one column only: wide rows arrive sooner than PostgreSQL writes them as JSON."""
        present = self._columns(table)
        if len(wanted) > 1 or not present or not present.keys() >= set(needs):
            return None
        (one,) = _expressions(present, wanted)
        rows = f"SELECT {one} AS one FROM {self._name(table)} {_marked(tail)}"  # noqa: S608
        ((found,),) = self._rows(f"SELECT json_agg(one)::text FROM ({rows}) rows", _sought(values))  # noqa: S608
        return found or "[]"

    def json_columns(self, table: str, wanted: Sequence[str]) -> tuple[str, ...] | None:
        """See `Database`; in the order of the first column, which an update of a row does not change."""
        present = self._columns(table)
        if not present.keys() >= set(wanted):
            return None
        some = _expressions(present, wanted)
        aggregates = ", ".join(f"json_agg({column})::text" for column in some)
        ordered = f"SELECT {', '.join(some)} FROM {self._name(table)} ORDER BY {some[0]}"  # noqa: S608
        (found,) = self._rows(f"SELECT {aggregates} FROM ({ordered}) ordered")  # noqa: S608
        return tuple(column or "[]" for column in found)

    def _name(self, table: str) -> str:
        return quoted(table) if self._schema is None else f"{quoted(self._schema)}.{quoted(table)}"

    def _present(self, table: str, needs: Sequence[str]) -> dict[str, str]:
        """Columns of a table that has those in `needs`."""
        present = self._columns(table)
        if not present:
            raise Missing(f"no table {self._name(table)}")
        for column in needs:
            if column not in present:
                raise Damaged(f"table {self._name(table)} has no column {column}")
        return present

    def _columns(self, table: str) -> dict[str, str]:
        """Columns of a table as they are spelled, by their names in lower case; none without the table."""
        known, name = self._reading.columns, self._name(table)
        if name not in known:
            known[name] = spelled(column for (column,) in self._rows(_COLUMNS, (name,)))
        return known[name]

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._reading.rows(statement, values)


def spelled(columns: Iterable[object]) -> dict[str, str]:
    """How each column is spelled, by its name in lower case."""
    return {str(column).lower(): str(column) for column in columns}


def quoted(name: str) -> str:
    """A name as part of a statement."""
    return '"{}"'.format(name.replace('"', '""'))


def _expressions(present: Mapping[str, str], wanted: Mapping[str, str] | Sequence[str]) -> list[str]:
    templates = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, "{0}")
    return [
        template.format(quoted(present[column])) if column in present else "NULL"
        for column, template in templates.items()
    ]


def _marked(tail: str) -> str:
    """The end of a statement with the placeholders of psycopg."""
    return tail.replace("%", "%%").replace("?", "%s")


def _sought(values: Iterable[object]) -> list[object]:
    """Values to be looked for; NULL, which equals nothing, for what no row can hold."""
    return [value if _storable(value) else None for value in values]


def _storable(value: object) -> bool:
    """Whether a row can hold a value: PostgreSQL has no NUL in texts, and they are UTF-8."""
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
