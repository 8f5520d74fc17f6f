"""`SqliteTables`: the tables of an opened SQLite file, asked for by name.

Guarantees: those of `Database`. Bytes that are no UTF-8 become U+FFFD instead of failing the table.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.storage import Order
from mestral_experiments.sources.values import known


class SqliteTables:
    """Implements `Database`.

    Args:
        connection: From `sqlite.open_readonly`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def version(self) -> int:
        """`PRAGMA user_version`."""
        ((version,),) = self._rows("PRAGMA user_version")
        return int(version)

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
        expressions = _expressions(wanted)
        sought = list(map(known, values))
        try:
            return self._rows(f"SELECT {', '.join(expressions.values())} FROM {table} {tail}", sought)  # noqa: S608
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
                raise
        # No such column or table. Asking for the schema first would cost a third of every opening.
        present = self._present(table, needs)
        some = [expression if column in present else "NULL" for column, expression in expressions.items()]
        return self._rows(f"SELECT {', '.join(some)} FROM {table} {tail}", sought)  # noqa: S608

    def in_row_order(self, table: str, otherwise: Order | None = None) -> str:
        """See `Database`."""
        return "ORDER BY rowid"

    def newest(self, table: str, column: str) -> object:
        """See `Database`."""
        if column not in self._columns(table):
            return None
        ((newest,),) = self._rows(f"SELECT MAX({column}) FROM {table}")  # noqa: S608
        return newest

    def walk(self, table: str, needs: Sequence[str]) -> set[str]:
        """See `Database`."""
        present = self._present(table, needs)
        self._rows(f"SELECT count(*) FROM {table} NOT INDEXED")  # noqa: S608
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
        """See `Database`."""
        expressions = _expressions(wanted)
        sought = list(map(known, values))
        found = self._json(_joined(expressions.values(), table, tail), sought)
        if found is None and set(needs) <= (present := self._columns(table)) and present:
            some = [expression if column in present else "NULL" for column, expression in expressions.items()]
            found = self._json(_joined(some, table, tail), sought)
        return None if found is None else f"[{found[0]}]"

    def json_columns(self, table: str, wanted: Sequence[str]) -> tuple[str, ...] | None:
        """See `Database`."""
        columns = ", ".join(f"json_group_array({column})" for column in wanted)
        return self._json(f"SELECT {columns} FROM {table}")  # noqa: S608

    def _json(self, statement: str, values: Sequence[object] = ()) -> tuple[str, ...] | None:
        try:
            (found,) = self._connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR or "decode" in str(error):
                return None
            raise
        return tuple(map(str, found))

    def _present(self, table: str, needs: Sequence[str]) -> set[str]:
        """Columns of a table that has those in `needs`."""
        present = self._columns(table)
        if not present:
            raise Missing(f"no table {table}")
        for column in needs:
            if column not in present:
                raise Damaged(f"table {table} has no column {column}")
        return present

    def _columns(self, table: str) -> set[str]:
        """Columns of a table, in lower case; none when there is no such table."""
        return {str(row[1]).lower() for row in self._rows(f"PRAGMA table_info({table})")}

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return self._connection.execute(statement, values).fetchall()


def _joined(expressions: Collection[str], table: str, tail: str) -> str:
    """The statement that makes the items of one JSON list of the rows. Joined as text, they keep their order.

    SQLite would add brackets by two more copies of the text, all there at once.
    """
    row = f"{'json_quote' if len(expressions) == 1 else 'json_array'}({', '.join(expressions)})"
    rows = f"SELECT {row} AS one FROM {table} {tail}"  # noqa: S608
    return f"SELECT coalesce(group_concat(one), '') FROM ({rows})"  # noqa: S608


def _expressions(wanted: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    if isinstance(wanted, Mapping):
        return {column: expression.format(column) for column, expression in wanted.items()}
    return {column: column for column in wanted}
