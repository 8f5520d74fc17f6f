"""Bring the tables up to date: core's and those of every plugin, each by a version table of its own.

Guarantees: a plugin that is taken away leaves its tables and harms nobody's upgrade (branches of one version
table would: PLATFORM A16). An upgrade is one transaction per owner, and of two at once one waits and finds
nothing left to do. What is up to date is told without importing alembic, and of a file without SQLAlchemy,
because servers ask at every start.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mestral.database.engine import reason
from mestral.errors import Problem
from mestral.plugins.records import PluginRecord
from mestral.settings.model import Finding, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from mestral.database.engine import Database

logger = logging.getLogger(__name__)

CORE = "core"
TABLE_PREFIX = "mestral_version_"
_LOCK_FILE = "mestral.db.lock"
_LOCK_NUMBER = 0x6D657374  # of PostgreSQL's advisory locks: nobody else's, one hopes
_LOCK_SECONDS = 60


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has tables.

    Attributes:
        name: `core`, or the name of a plugin.
        folder: Its revisions: `0001_what.py`, `0002_what.py`, ... each with `revision` as its number.
    """

    name: str
    folder: Path

    @property
    def table(self) -> str:
        """The table that holds its version."""
        return f"{TABLE_PREFIX}{self.name}"

    @property
    def revisions(self) -> list[str]:
        """All there are, in order."""
        return sorted(path.stem.partition("_")[0] for path in self.folder.glob("[0-9]*_*.py"))


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """How far an owner's tables are.

    Attributes:
        owner: Name.
        current: The revision they are at; None when there are none.
        head: The newest that this installation knows; None when it does not know the owner.
        state: `pending` when there is something to do; `newer` when a newer installation was here; `unknown`
            when no plugin in use has these tables.
    """

    owner: str
    current: str | None
    head: str | None
    state: Literal["up to date", "pending", "newer", "unknown"]

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do; empty when nothing is."""
        if self.state == "pending":
            return (
                f"The tables of {self.owner} are at {self.current or 'no revision'}, and {self.head} is "
                "needed: run `mestral db upgrade`."
            )
        if self.state == "newer":
            return (
                f"The tables of {self.owner} are at {self.current}, which this version of it does not know "
                f"(it knows {self.head}): install the newer one again, or bring back a copy of the database."
            )
        return ""


def owners(records: Sequence[PluginRecord]) -> list[Owner]:
    """Core and every plugin in use that has tables."""
    return [
        CORE_OWNER,
        *(
            Owner(name=record.name, folder=record.migrations.folder)
            for record in records
            if record.serves and record.migrations is not None
        ),
    ]


CORE_OWNER = Owner(name=CORE, folder=Path(__file__).parent / "versions")


def status(database: Database, of: Sequence[Owner]) -> list[Version]:
    """How far everybody's tables are; at the end those that nobody in use owns.

    Raises:
        Problem: 503, the database cannot be reached.
    """
    found = _versions_in_file(database.file) if database.file is not None else database.work(_versions)
    known = [_version(owner, found.pop(owner.table, None)) for owner in of]
    others = [
        Version(owner=table.removeprefix(TABLE_PREFIX), current=current, head=None, state="unknown")
        for table, current in sorted(found.items())
    ]
    return known + others


def upgrade(database: Database, of: Sequence[Owner]) -> list[Version]:
    """Bring tables to their newest revision, under a lock.

    Returns:
        How they were before.

    Raises:
        Problem: 503, the database cannot be reached.
        Exception: What a revision raised; nothing of its owner is changed then, and those before are done.
    """
    with _file_lock(database):
        before = status(database, of)
        for owner, version in zip(of, before, strict=False):
            if version.state == "newer":
                raise ValueError(version.sentence)
            if version.state == "pending":
                database.work(partial(_upgrade, owner), writes=True)
                logger.info("Tables of %s: %s -> %s.", owner.name, version.current or "none", version.head)
    return before


def prepare(database: Database, records: Sequence[PluginRecord]) -> None:
    """At the start of a server: make the tables of SQLite, under a lock; look at those of PostgreSQL.

    A plugin whose tables are not there is degraded.

    Raises:
        SettingsError: Core's tables cannot be made, or are not up to date in PostgreSQL.
    """
    of = owners(records)
    try:
        versions = status(database, of)
    except Problem as problem:
        if database.file is None:
            logger.error(
                "Mestral's database %s cannot be reached (%s). What needs it is answered 503 until it can.",
                database,
                reason(problem),
            )
            return
        versions = [_version(owner, None) for owner in of]
    for owner, version in zip(of, versions, strict=False):
        sentence = version.sentence
        if version.state == "pending" and database.file is not None:
            sentence = _upgraded(database, owner)
        if sentence and owner.name == CORE:
            raise SettingsError((finding(database, sentence),))
        if sentence:
            logger.error("plugin %s: %s", owner.name, sentence)
            _degrade(owner.name, sentence, records)


def check(database: Database, records: Sequence[PluginRecord]) -> list[Finding]:
    """Why a server would not start, or what it could not do, with this database; nothing is written."""
    try:
        versions = status(database, owners(records))
    except Problem as problem:
        sentence = f"It cannot be used: {reason(problem).rstrip('.')}."
        if database.file is None:
            sentence += " Set database.url to where it is, or start it; without it nobody can log in."
        return [finding(database, sentence)]
    made_at_start = database.file is not None
    return [
        finding(database, version.sentence)
        for version in versions
        if version.state == "newer" or (version.state == "pending" and not made_at_start)
    ]


async def problem_of(database: Database, seconds: float) -> str:
    """What is wrong with the database now, for health checks; empty when nothing is."""
    try:
        versions = await database.look(lambda: status(database, [CORE_OWNER]), seconds)
    except Problem as problem:
        return f"The database {database} cannot be used: {reason(problem)}"
    return versions[0].sentence


def finding(database: Database, sentence: str) -> Finding:
    """Something that is wrong with the database, as an error of its setting."""
    key = "state_dir" if database.file is not None else "database.url"
    return Finding(level="error", where=f"Mestral's database {database}", key=key, message=sentence)


def _upgraded(database: Database, owner: Owner) -> str:
    """Upgrade one owner; why it failed, empty when it did not."""
    try:
        upgrade(database, [owner])
    except Problem as problem:
        why = reason(problem)
    except Exception as error:
        logger.exception("The tables of %s in %s cannot be made.", owner.name, database)
        why = f"{type(error).__name__}: {error}"
    else:
        return ""
    remedy = ""
    if owner.name == CORE:
        remedy = " Make the folder writable, or bring back a copy of the file; without it a new one is made."
    return f"The tables of {owner.name} cannot be made: {why.rstrip('.')}.{remedy}"


def _degrade(name: str, sentence: str, records: Sequence[PluginRecord]) -> None:
    for record in records:
        if record.name == name:
            record.degrade(sentence)


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    """Alone with the file of SQLite, which is for its owner's eyes; PostgreSQL has locks of its own."""
    if database.file is None:
        yield
        return
    try:
        lock = os.open(database.file.with_name(_LOCK_FILE), os.O_RDWR | os.O_CREAT, 0o600)
        os.close(os.open(database.file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Problem(503, "The database cannot be written.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _version(owner: Owner, current: str | None) -> Version:
    revisions = owner.revisions
    if current == revisions[-1]:
        state: Literal["up to date", "pending", "newer"] = "up to date"
    else:
        state = "pending" if current is None or current in revisions else "newer"
    return Version(owner=owner.name, current=current, head=revisions[-1], state=state)


def _versions_in_file(file: Path) -> dict[str, str | None]:
    """Version tables and what they say, without SQLAlchemy, which a start has no other need of."""
    if not file.exists() or not file.stat().st_size:
        return {}
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables = [name for (name,) in rows if name.startswith(TABLE_PREFIX)]
            return {
                table: next((row[0] for row in connection.execute(_select(table))), None) for table in tables
            }
    except sqlite3.Error as error:
        raise Problem(503, "The database cannot be read.") from error


def _versions(connection: Connection) -> dict[str, str | None]:
    from sqlalchemy import inspect, text

    tables = [name for name in inspect(connection).get_table_names() if name.startswith(TABLE_PREFIX)]
    return {table: connection.execute(text(_select(table))).scalar() for table in tables}


def _select(table: str) -> str:
    return f'SELECT version_num FROM "{table}"'  # noqa: S608 - a name that the database told


def _upgrade(owner: Owner, connection: Connection) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
    context = MigrationContext.configure(connection, opts={"version_table": owner.table})
    script = ScriptDirectory(str(owner.folder), version_locations=[str(owner.folder)])
    current = context.get_current_revision()
    with Operations.context(context):
        for revision in reversed(list(script.iterate_revisions("head", current or "base"))):
            revision.module.upgrade()
            context.stamp(script, revision.revision)
    if context.get_current_revision() != owner.revisions[-1]:
        raise ValueError(
            f"after the upgrade the tables are at {context.get_current_revision()}, and the newest file is "
            f"{owner.revisions[-1]}: `revision` of each file must be its number, `down_revision` that before"
        )
