"""Bring the tables up to date: core's and those of every plugin, each by a version table of its own.

Guarantees: a plugin that is taken away leaves its tables and harms nobody's upgrade (branches of one version
table would: PLATFORM A16). An upgrade is one transaction per owner. What is up to date is told without
importing alembic, because servers ask at every start.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mestral.plugins.records import PluginRecord
from mestral.settings.model import Finding, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from mestral.database.engine import Database

logger = logging.getLogger(__name__)

CORE = "core"
_LOCK_FILE = "mestral.db.lock"


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
        return f"mestral_version_{self.name}"

    @property
    def head(self) -> str:
        """Its newest revision."""
        return max(path.stem.partition("_")[0] for path in self.folder.glob("[0-9]*_*.py"))


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """How far an owner's tables are.

    Attributes:
        owner: Name.
        current: The revision they are at; None when there are none.
        head: The newest there is.
    """

    owner: str
    current: str | None
    head: str

    @property
    def pending(self) -> bool:
        """Whether there is something to do."""
        return self.current != self.head


def owners(records: Sequence[PluginRecord]) -> list[Owner]:
    """Core and every plugin in use that has tables."""
    return [
        Owner(name=CORE, folder=Path(__file__).parent / "versions"),
        *(
            Owner(name=record.name, folder=record.migrations.folder)
            for record in records
            if record.serves and record.migrations is not None
        ),
    ]


def status(database: Database, of: Sequence[Owner]) -> list[Version]:
    """How far everybody's tables are.

    Raises:
        Problem: 503, the database cannot be reached.
    """
    if database.file is not None:
        found: dict[str, str | None] = _versions_in_file(database.file, of)
    else:
        found = database.work(lambda connection: {owner.name: _version(connection, owner) for owner in of})
    return [Version(owner=owner.name, current=found.get(owner.name), head=owner.head) for owner in of]


def upgrade(database: Database, of: Sequence[Owner]) -> list[Version]:
    """Bring everybody's tables to their newest revision.

    Returns:
        How they were before.
    """
    before = status(database, of)
    for owner, version in zip(of, before, strict=True):
        if version.pending:
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
    if database.file is not None:
        with (database.file.with_name(_LOCK_FILE)).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another server of the same folder may be starting
            _prepare_file(database, of, records)
        return
    from mestral.errors import Problem

    try:
        pending = [version for version in status(database, of) if version.pending]
    except Problem:
        return  # it may come back: until then whatever needs it is answered 503
    for version in pending:
        message = (
            f"the tables of {version.owner} in {database} are at {version.current or 'no revision'}, and "
            f"{version.head} is needed. Run `mestral db upgrade`."
        )
        _refuse_or_degrade(version.owner, message, records)


def _prepare_file(database: Database, of: Sequence[Owner], records: Sequence[PluginRecord]) -> None:
    for owner in of:
        try:
            upgrade(database, [owner])
        except Exception as error:
            message = f"the tables of {owner.name} in {database.file} cannot be made: {error}"
            logger.exception("%s", message)
            _refuse_or_degrade(owner.name, message, records)


def _refuse_or_degrade(owner: str, message: str, records: Sequence[PluginRecord]) -> None:
    if owner == CORE:
        raise SettingsError((Finding(level="error", where="database", key="database.url", message=message),))
    for record in records:
        if record.name == owner:
            record.degrade(message[:1].upper() + message[1:])


def _versions_in_file(file: Path, of: Sequence[Owner]) -> dict[str, str | None]:
    if not file.exists():
        return {}
    found: dict[str, str | None] = {}
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        for owner in of:
            if owner.table in names:
                query = f"SELECT version_num FROM {owner.table}"  # noqa: S608 - a plugin's checked name
                row = connection.execute(query).fetchone()
                if row:
                    found[owner.name] = row[0]
    return found


def _version(connection: Connection, owner: Owner) -> str | None:
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"version_table": owner.table})
    return context.get_current_revision()


def _upgrade(owner: Owner, connection: Connection) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(owner.folder).replace("%", "%%"))
    config.set_main_option("version_locations", str(owner.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)

    def steps(revision: object, _: object) -> object:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(config, script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, version_table=owner.table)
        with environment.begin_transaction():
            environment.run_migrations()
