"""Marks: cheap proof that a table, or a row of pickled job lists, has not changed.

Guarantees: a mark is taken in one transaction and is another one after every committed change. Nothing in
the cluster was written as long as `pg_current_snapshot()` stays the same; then known marks are right.
Else a table's mark is the number of its rows and the sum of hashes of the transactions that wrote them: every
change replaces some of these by others. (The largest transaction, or the largest time, would miss what was
begun earlier and committed later; the sum of the numbers themselves can come out the same then.) A pickled
job list is one row: its transaction and its place. Of a view, and of a table of which only some columns may
be read, this cannot be asked: the mark is the snapshot.

Numbers of transactions come again in another server, and in one that a backup was restored in or that lost
its last commits: marks hold the time when the server started.
"""

import threading
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from mestral.readers import content_digest
from mestral_experiments.sources.postgres.server import Reading, Server
from mestral_experiments.sources.postgres.tables import KINDS, quoted, spelled

_VIEW = "v"
_AT_ONCE = 400  # tables in one transaction: it holds a lock on each, and a server has some thousands
_SNAPSHOT = """SELECT concat_ws(' ', pg_current_snapshot(), pg_postmaster_start_time(),
    CASE WHEN pg_is_in_recovery() THEN clock_timestamp() END)"""
"""On a standby server a snapshot does not name the transactions in progress, so none is like another."""
_TABLE = """c.relkind::text, concat_ws(' ', pg_postmaster_start_time(), c.oid, c.xmin),
    (SELECT array_agg(a.attname::text || ' ' || a.atttypid ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum >= -1 AND NOT a.attisdropped),
    has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"""
_IN_SCHEMAS = f"""SELECT k.place, {_TABLE}
FROM unnest(%s::int[], %s::text[], %s::text[]) AS k(place, schema, name)
JOIN pg_namespace n ON n.nspname = k.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = k.name AND c.relkind IN ({KINDS})"""  # noqa: S608
_VISIBLE = f"""SELECT k.place, {_TABLE}
FROM unnest(%s::int[], %s::text[]) AS k(place, name)
JOIN pg_class c ON c.oid = to_regclass(quote_ident(k.name)) AND c.relkind IN ({KINDS})"""  # noqa: S608
_PICKLES = "SELECT expid::text, xmin::text || ' ' || ctid::text FROM {0} WHERE expid = ANY(%s)"


class Table(NamedTuple):
    """A table; without a schema it is where the server looks for such names."""

    schema: str | None
    name: str

    @property
    def sql(self) -> str:
        """As part of a statement."""
        return quoted(self.name) if self.schema is None else f"{quoted(self.schema)}.{quoted(self.name)}"


class PickledRow(NamedTuple):
    """The job list of one experiment in the table of pickled ones."""

    expid: str


PICKLES = Table(None, "job_pkl")


class Marks:
    """Takes marks, and knows those that must still be right.

    Args:
        server: Where the tables are.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._snapshot = ""
        self._known: dict[Table | PickledRow, str | None] = {}

    def moment(self) -> str:
        """Another text whenever anything may have been written.

        Raises:
            Fault: See `Server.reading`.
        """
        with self._server.reading() as reading:
            return self._seen(reading)

    def of(self, things: Collection[Table | PickledRow]) -> list[str | None]:
        """The mark of each; None for what is not there.

        Raises:
            Fault: See `Server.reading`.
        """
        found: dict[Table | PickledRow, str | None] = {}
        wanted = list(dict.fromkeys(things))
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            with self._server.reading() as reading:
                snapshot = self._seen(reading)
                with self._lock:
                    known = self._known if self._snapshot == snapshot else {}
                    found |= {thing: known[thing] for thing in some if thing in known}
                missing = [thing for thing in some if thing not in found]
                if not missing:
                    continue
                taken = _taken(reading, missing)
            found |= taken
            with self._lock:
                if self._snapshot == snapshot:
                    self._known |= taken
        return [found[thing] for thing in things]

    def _seen(self, reading: Reading) -> str:
        """The snapshot of a transaction; what was known before another one is forgotten."""
        if not reading.snapshot:
            ((reading.snapshot,),) = reading.rows(_SNAPSHOT)
            with self._lock:
                if reading.snapshot != self._snapshot:
                    self._snapshot, self._known = reading.snapshot, {}
        return reading.snapshot


def _taken(reading: Reading, things: Sequence[Table | PickledRow]) -> dict[Table | PickledRow, str | None]:
    """Marks in one transaction."""
    marks: dict[Table | PickledRow, str | None] = dict.fromkeys(things)
    tables = [thing for thing in things if isinstance(thing, Table)]
    pickled = {thing.expid: thing for thing in things if isinstance(thing, PickledRow)}
    described = _described(reading, tables)
    marked = [table for table, (_, of_rows) in described.items() if of_rows]
    written = dict(zip(marked, _written(reading, marked), strict=True))
    for table, (description, _) in described.items():
        marks[table] = f"{description} {written.get(table, '')}"
    pickles = _described(reading, [PICKLES]).get(PICKLES) if pickled else None
    if pickles is not None and pickles[1]:
        for expid, row in reading.rows(_PICKLES.format(PICKLES.sql), (list(pickled),)):
            marks[pickled[expid]] = f"{pickles[0]} {row}"
    elif pickles is not None:
        marks |= dict.fromkeys(pickled.values(), pickles[0])
    return marks


def _described(reading: Reading, tables: Sequence[Table]) -> dict[Table, tuple[str, bool]]:
    """Of the tables that exist: what changes with their columns and rights; whether rows have marks too."""
    own = [number for number, table in enumerate(tables) if table.schema is not None]
    visible = [number for number, table in enumerate(tables) if table.schema is None]
    rows: list[tuple[Any, ...]] = []
    if own:
        schemas = [tables[number].schema for number in own]
        names = [tables[number].name for number in own]
        rows += reading.rows(_IN_SCHEMAS, (own, schemas, names))
    if visible:
        rows += reading.rows(_VISIBLE, (visible, [tables[number].name for number in visible]))
    found = {}
    for number, kind, made, columns, may_be_read in rows:
        table = tables[number]
        reading.columns[table.sql] = spelled(column.rpartition(" ")[0] for column in columns or ())
        description = f"{made} {content_digest(columns)} {may_be_read}"
        of_rows = may_be_read and kind != _VIEW
        found[table] = description if of_rows else f"{description} {reading.snapshot}", of_rows
    return found


def _written(reading: Reading, tables: Sequence[Table]) -> list[str]:
    """Number of rows of each table, and the sum of hashes of the transactions that wrote them."""
    if not tables:
        return []
    statement = " UNION ALL ".join(
        f"SELECT {number}, count(*), sum(hashtextextended(xmin::text, 0))::text FROM {table.sql}"  # noqa: S608
        for number, table in enumerate(tables)
    )
    return [f"{count} {total}" for _, count, total in sorted(reading.rows(statement))]
