"""Wrappers: which jobs were, or would be, sent to a platform together (formats/AUTOSUBMIT_DATA.md 5).

Guarantees: the tables of every version are known; the newest that has the columns counts. Tables of previews
count only where there is nothing of real wrappers; all may be absent. Rows without the name of a wrapper are
left out.
"""

from collections.abc import Sequence
from typing import Any

from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.storage import Database

_REAL = ("wrappers_jobs", "job_package")
_PREVIEW = ("preview_wrappers_jobs", "wrapper_job_package")
_COLUMNS = ("job_name", "package_name")


def read_wrappers(database: Database) -> dict[str, str]:
    """The wrapper of every wrapped job: that of its last row, jobs in the order of their first row.

    Raises:
        Missing: There is none of the tables.
        Damaged: There is no row, and a table that lacks columns.
    """
    return dict(_rows(database))


def read_last_wrapper(database: Database, job: str) -> str | None:
    """The wrapper in the last row of one job, else in that of its preview; None when it is in none.

    Raises:
        Missing, Damaged: As `read_wrappers`.
    """
    found = _rows(database, "WHERE job_name = ?", (job,))
    return found[-1][1] if found else None


def examine(database: Database) -> str:
    """The tables that count, once they could be gone over.

    Raises:
        Missing: There is none of the tables.
        Damaged: One that is there lacks columns, and none that is older has them.
    """
    found: list[str] = []
    for tables in (_REAL, _PREVIEW):
        damage: Damaged | None = None
        for table in tables:
            try:
                database.walk(table, _COLUMNS)
            except Missing:
                continue
            except Damaged as fault:
                damage = damage or fault
            else:
                found.append(table)
                damage = None
                break
        if damage:
            raise damage
    if not found:
        raise Missing("no table of wrappers")
    return f"table{'s' if len(found) > 1 else ''} {', '.join(found)}"


def _rows(database: Database, where: str = "", values: Sequence[object] = ()) -> list[tuple[str, str]]:
    """Names of jobs and their wrappers, in the order of the rows: of real wrappers, else of previews."""
    faults: list[Missing | Damaged] = []
    for tables in (_REAL, _PREVIEW):
        try:
            found = _read(database, tables, where, values)
        except (Missing, Damaged) as fault:
            faults.append(fault)
            continue
        rows = [
            row for row in found if isinstance(row[0], str) and isinstance(row[1], str) and row[1].strip()
        ]
        if rows:
            return rows
    damage = next((fault for fault in faults if isinstance(fault, Damaged)), None)
    if damage or len(faults) == 2:
        raise damage or faults[0]
    return []


def _read(
    database: Database, tables: Sequence[str], where: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    """Rows of the first of the tables that has the columns."""
    damage: Damaged | None = None
    for table in tables:
        try:
            tail = f"{where} {database.in_row_order(table)}"
            return database.select(table, _COLUMNS, tail, values, needs=_COLUMNS)
        except Missing:
            continue
        except Damaged as fault:
            damage = damage or fault
    raise damage or Missing(f"none of the tables {', '.join(tables)}")
