"""Move a tree of experiments into PostgreSQL, as Autosubmit itself would have stored it there.

    python -m tools.move_to_postgres RC_FILE postgresql://user:password@host/database

For tests, benchmarks and comparisons. Tables keep their names, columns and rows (formats/AUTOSUBMIT_DATA.md
11); logs and configurations stay files, and so do the databases in files, unless `remove_files` is called.
"""

import configparser
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

Version = tuple[int, int, int, int]

_TABLES = {
    "autosubmit": ("experiment",),
    "as_times": ("experiment_status",),
    "structure_": ("experiment_structure",),
    "job_packages_": ("job_package", "wrapper_job_package"),
    "job_list": ("jobs",),
    "job_data_": ("experiment_run", "job_data"),
    "metrics_": ("user_metrics",),
    "graph_data_": ("experiment_graph_draw",),
}
"""What is in a file whose name begins so."""
_REALS = ("REAL", "FLOA", "DOUB")
"""What the types of real numbers have in their names in SQLite."""


class Moved:
    """What an rc file points to, in a database; the rc file then points to that.

    Args:
        rc_file: Of a tree of files.
        url: Of an empty database, with any driver in it.
    """

    def __init__(self, rc_file: Path, url: str) -> None:
        self._rc = rc = configparser.ConfigParser()
        rc.optionxform = str  # type: ignore[assignment,method-assign]
        rc.read(rc_file)
        self._main = Path(rc["database"]["path"]) / rc["database"].get("filename", "autosubmit.db")
        scheme, _, rest = url.partition("://")
        self._address = f"{scheme.partition('+')[0]}://{rest}"
        self._seen: dict[Path, Version] = {}
        self._tables: dict[Path, list[sql.Identifier]] = {}
        with self._connected() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS job_pkl (expid varchar PRIMARY KEY, pkl bytea, modified varchar)"
            )
        self.again()
        rc["database"]["backend"] = "postgres"
        rc["database"]["connection_url"] = url.replace("%", "%%")
        with rc_file.open("w") as output:
            rc.write(output)

    def _connected(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._address, autocommit=True)

    def again(self, expid: str | None = None) -> None:
        """Move what changed since: of all, or of one experiment and what it shares with others."""
        files = self._files(expid)
        changed = [(schema, file) for schema, file in files if self._seen.get(file) != _version(file)]
        if not changed:
            return
        with self._connected() as connection:
            for schema, file in changed:
                self._seen[file] = _version(file)
                for table in self._tables.pop(file, ()):
                    connection.execute(sql.SQL("DROP TABLE {}").format(table))
                if file.suffix == ".pkl":
                    _copy_pickle(connection, schema, file)
                else:
                    self._tables[file] = list(_copy(connection, schema, file))

    def remove_files(self) -> None:
        """Remove what was moved, so that nothing can be read from files by mistake."""
        for _, file in list(self._files()):  # the main database, which goes first, tells of the others
            file.unlink(missing_ok=True)
            self._seen[file] = _version(file)

    def _files(self, only: str | None = None) -> Iterator[tuple[str, Path]]:
        """Files that are stored in the database, with their schema."""
        rc, root = self._rc, Path(self._rc["local"]["path"])
        graph = Path(rc.get("graph", "path", fallback=str(root / "metadata" / "graph")))
        yield "public", self._main
        yield "public", self._main.parent / "as_times.db"
        for expid, version in _experiments(self._main, only):
            folder = root / expid
            jobs = folder / "db" / "job_list.db"
            files = [
                Path(rc["structures"]["path"]) / f"structure_{expid}.db",
                folder / "pkl" / f"job_packages_{expid}.db",
                jobs,
                Path(rc["historicdb"]["path"]) / f"job_data_{expid}.db",
                folder / "tmp" / f"metrics_{expid}.db",
                graph / f"graph_data_{expid}.db",
                folder / "pkl" / f"job_list_{expid}.pkl",
            ]
            if version.startswith("4.2"):
                files.sort(key=lambda file: file != jobs)  # its tables count, older ones where it has none
            yield from ((expid, file) for file in files)


def _version(file: Path) -> Version:
    try:
        st = file.stat()
    except OSError:
        return (0, 0, 0, 0)
    return st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino


def _experiments(main: Path, only: str | None) -> list[tuple[str, str]]:
    if not _is_database(main):
        return []
    connection = sqlite3.connect(main)
    rows = connection.execute(
        "SELECT name, autosubmit_version FROM experiment WHERE ?1 IS NULL OR name = ?1 ORDER BY id", (only,)
    ).fetchall()
    connection.close()
    return [(name, version or "") for name, version in rows]


def _is_database(file: Path) -> bool:
    return file.is_file() and os.access(file, os.R_OK) and file.read_bytes().startswith(b"SQLite format 3")


def _copy_pickle(connection: "psycopg.Connection[Any]", expid: str, file: Path) -> None:
    connection.execute("DELETE FROM job_pkl WHERE expid = %s", (expid,))
    if file.is_file():
        modified = str(datetime.fromtimestamp(file.stat().st_mtime))
        connection.execute("INSERT INTO job_pkl VALUES (%s, %s, %s)", (expid, file.read_bytes(), modified))


def _copy(connection: "psycopg.Connection[Any]", schema: str, file: Path) -> Iterator[sql.Identifier]:
    """Copies the tables of a SQLite file that are not there yet; of a damaged one, tables without use."""
    if not file.is_file() or not file.stat().st_size:
        return
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    if not _is_database(file):
        for table in next(tables for start, tables in _TABLES.items() if file.name.startswith(start)):
            name = sql.Identifier(schema, table)
            connection.execute(sql.SQL("CREATE TABLE {} (damaged boolean)").format(name))
            yield name
        return
    for table, columns, rows in _tables(file):
        name = sql.Identifier(schema, table)
        found = connection.execute("SELECT to_regclass(%s)", (name.as_string(connection),)).fetchone()
        if found != (None,):
            continue
        described = [
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
        ]
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(described)))
        statement = sql.SQL("COPY {} FROM STDIN").format(name)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_as(value, kind) for value, (_, kind) in zip(row, columns, strict=True)])
        yield name


def _tables(file: Path) -> Iterator[tuple[str, list[tuple[str, LiteralString]], Sequence[tuple[Any, ...]]]]:
    connection = sqlite3.connect(file)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in names:
            described = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
            rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()
            kinds = [
                _kind(row[2], {type(values[number]) for values in rows})
                for number, row in enumerate(described)
            ]
            yield table, [(row[1], kind) for row, kind in zip(described, kinds, strict=True)], rows
    finally:
        connection.close()


def _kind(declared: str, held: set[type]) -> LiteralString:
    """The type that Autosubmit gives such a column in PostgreSQL, or one that holds what SQLite let in."""
    words = declared.upper()
    if held <= {int, type(None)} and "BOOL" in words:
        return "boolean"
    if held <= {int, type(None)} and ("INT" in words or (not words and int in held)):
        return "bigint"
    if held <= {int, float, type(None)} and (float in held or any(word in words for word in _REALS)):
        return "double precision"
    return "text"


def _as(value: object, kind: str) -> object:
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    return str(value) if kind == "text" else value


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit((__doc__ or "").strip())
    Moved(Path(sys.argv[1]), sys.argv[2])
