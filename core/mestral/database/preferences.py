"""What users prefer: their names on the machines where commands run, in the table of Autosubmit API.

Guarantees: a name is one that an account can have, or there is none, whoever wrote the row. What is taken
over from Autosubmit API is only read there, and replaces nothing here.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mestral.settings.secret import mask_urls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from mestral.database.engine import Database

NAME = r"^[a-zA-Z_][a-zA-Z0-9_.-]{0,63}$"
"""What a preferred user name may be (contract/AUTH.md B24): it becomes a user of SSH."""

_ROWS = "SELECT user_id, preferred_username, created, modified FROM user_preferences"
_KEEP = """
INSERT INTO user_preferences (user_id, preferred_username, created, modified)
VALUES (:user_id, :preferred_username, :created, :modified) ON CONFLICT (user_id) DO
"""
_UPDATE = f"{_KEEP} UPDATE SET preferred_username = :preferred_username, modified = :modified"
_NOTHING = f"{_KEEP} NOTHING"


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """A row.

    Attributes:
        user_id: Account of this site, or `provider:subject`.
        preferred_username: The name.
        created, modified: Local ISO 8601 with offset; date and time are joined by `-`.
    """

    user_id: str
    preferred_username: str
    created: str | None
    modified: str | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of rows that were taken over.

    Attributes:
        new, known: How many are new here, and how many were here before and stayed.
        refused: Those whose name is none.
    """

    new: int
    known: int
    refused: list[Preference]


def is_name(text: object) -> bool:
    """Whether this can be a preferred user name."""
    return isinstance(text, str) and re.fullmatch(NAME, text) is not None


async def preference_of(database: Database, user_id: str) -> Preference | None:
    """What somebody prefers; None when nothing is known, or nothing that may be used."""

    def work(connection: Connection) -> Preference | None:
        from sqlalchemy import text

        row = connection.execute(text(f"{_ROWS} WHERE user_id = :user_id"), {"user_id": user_id}).first()
        return Preference(**row._mapping) if row is not None and is_name(row.preferred_username) else None

    return await database.run(work)


async def keep(database: Database, user_id: str, name: str) -> Preference:
    """Keep what somebody prefers."""
    now = datetime.now().astimezone().isoformat(timespec="seconds").replace("T", "-")
    row = Preference(user_id=user_id, preferred_username=name, created=now, modified=now)

    def work(connection: Connection) -> Preference:
        from sqlalchemy import text

        connection.execute(text(_UPDATE), msgspec.structs.asdict(row))
        kept = connection.execute(text(f"{_ROWS} WHERE user_id = :user_id"), {"user_id": user_id}).one()
        return Preference(**kept._mapping)

    return await database.run(work, writes=True)


def keep_all(database: Database, rows: Sequence[Preference]) -> Kept:
    """Take rows over; blocks."""

    def work(connection: Connection) -> Kept:
        from sqlalchemy import text

        refused = [row for row in rows if not is_name(row.preferred_username)]
        good = [msgspec.structs.asdict(row) for row in rows if is_name(row.preferred_username)]
        new = sum(connection.execute(text(_NOTHING), row).rowcount for row in good)
        return Kept(new=new, known=len(good) - new, refused=refused)

    return database.work(work, writes=True)


def read_all(source: str) -> list[Preference]:
    """All rows of a database of Autosubmit API: a file of SQLite, or the URL of one in PostgreSQL.

    Raises:
        ValueError: It cannot be read; the text says why.
    """
    rows = _rows_in_postgres(source) if "://" in source else _rows_in_file(Path(source))
    return [
        Preference(user_id=str(user), preferred_username=str(name or ""), created=created, modified=modified)
        for user, name, created, modified in rows
        if user is not None
    ]


def _rows_in_file(file: Path) -> Sequence[tuple[str, str, str | None, str | None]]:
    """Read in a copy: opening a database makes files beside it when it is one in WAL mode."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy.db")
            shutil.copyfile(file, copy)
            for suffix in ("-wal", "-journal"):
                if (beside := file.with_name(file.name + suffix)).exists():
                    shutil.copyfile(beside, copy.with_name(copy.name + suffix))
            with closing(sqlite3.connect(copy)) as connection:
                return connection.execute(_ROWS).fetchall()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except sqlite3.Error as error:
        raise ValueError(
            f"{file} has no preferences of Autosubmit API: {error}. Its file is autosubmit_api.db, in the "
            "folder of autosubmit.db."
        ) from error


def _rows_in_postgres(url: str) -> Sequence[tuple[str, str, str | None, str | None]]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from mestral.database.engine import url_of

    try:
        arguments = {"connect_timeout": 5, "options": "-c default_transaction_read_only=on"}
        engine = create_engine(url_of(url), connect_args=arguments)
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(text(_ROWS))]
        engine.dispose()
    except (SQLAlchemyError, ImportError, ValueError) as error:
        why = str(getattr(error, "orig", None) or error)
        raise ValueError(f"{mask_urls(url)} cannot be read: {mask_urls(why.strip())}") from None
    return rows
