"""`mestral db status | upgrade | import-preferences`: the tables that Mestral itself and its plugins own.

Guarantees: `status` changes nothing; `upgrade` is what a server on SQLite does at its start, and the only way
for PostgreSQL; nothing that Autosubmit or Autosubmit API owns is written.
"""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from mestral.cli.look import clean_output, unknown_plugin
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, print_json
from mestral.database.engine import Database, reason
from mestral.database.migrations import CORE_OWNER, Owner, Version, owners, status, upgrade
from mestral.errors import Problem
from mestral.plugins import Plugins, load_plugins
from mestral.settings import Settings, SettingsError, ensure_state_dir, load_settings


@click.group()
def db() -> None:
    """Show and upgrade the tables that are Mestral's own."""


@db.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the database, and a list of its tables.")
@click.pass_obj
def status_(options: CliOptions, *, as_json: bool) -> None:
    """Show how far the tables of core and of every plugin are. Exits with 1 when any are not up to date."""
    settings, plugins = _load(options)
    with opened(settings) as database:
        versions = status(database, owners(plugins.records))
        if as_json:
            print_json({"database": str(database), "tables": versions})
        else:
            click.echo(f"Database: {database}")
            _print(versions)
    if any(version.sentence for version in versions):
        sys.exit(1)


@db.command("upgrade")
@click.option("--plugin", "name", help="Upgrade the tables of this plugin alone.")
@click.pass_obj
def upgrade_(options: CliOptions, *, name: str | None) -> None:
    """Bring the tables of core and of every plugin in use up to date.

    Servers may be running. On SQLite a server does the same at its start.
    """
    settings, plugins = _load(options)
    of = _chosen(plugins, name)
    failed = False
    with opened(settings) as database:
        ensure_state_dir(settings)
        for owner in of:
            try:
                version = upgrade(database, [owner])[0]
            except Problem:
                raise
            except Exception as error:  # of a plugin: the others are upgraded all the same
                failed = True
                click.echo(f"{owner.name}: failed, nothing was changed: {error}", err=True)
            else:
                click.echo(f"{owner.name}: {_done(version)}")
    if failed:
        sys.exit(1)


@db.command("import-preferences")
@click.argument("source")
@click.pass_obj
def import_preferences(options: CliOptions, *, source: str) -> None:
    """Take over the preferred user names that an Autosubmit API keeps.

    SOURCE is its file `autosubmit_api.db`, beside autosubmit.db, or where it uses PostgreSQL the URL of that
    database. It is only read. Who has a name here already keeps it.
    """
    from mestral.database.preferences import keep_all, read_all

    settings, _ = _load(options)
    try:
        found = read_all(source)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    with opened(settings) as database:
        ensure_state_dir(settings)
        core_tables(database)
        kept = keep_all(database, found)
    for row in kept.refused:
        click.echo(f"Left out: {row.user_id!r} prefers {row.preferred_username!r}, which is no user name.")
    click.echo(f"{kept.new} taken over, {kept.known} were here already, {len(kept.refused)} left out.")


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database; what is wrong with it ends the command with a sentence."""
    with closing(Database(settings)) as database:
        try:
            yield database
        except Problem as problem:
            raise click.ClickException(f"{database} cannot be used: {reason(problem)}") from problem
        except SettingsError as error:
            raise click.ClickException(str(error)) from error


def core_tables(database: Database) -> None:
    """Make core's tables in SQLite, as a server does at its start; demand them in PostgreSQL."""
    if database.file is not None:
        upgrade(database, [CORE_OWNER])
    elif sentence := status(database, [CORE_OWNER])[0].sentence:
        raise click.ClickException(sentence)


def _load(options: CliOptions) -> tuple[Settings, Plugins]:
    try:
        settings = load_settings(config=options.config)
        with clean_output():
            return settings, load_plugins(settings, assemble=False, writes=False)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _chosen(plugins: Plugins, name: str | None) -> list[Owner]:
    every = owners(plugins.records)
    if name is None:
        return every
    chosen = [owner for owner in every if owner.name == name]
    if chosen:
        return chosen
    record = plugins.get(name)
    if record is None:
        raise unknown_plugin(name, plugins.records)
    why = "has no tables" if record.serves else f"is {record.state}: {record.reason}"
    raise click.ClickException(f"The plugin {name} {why}")


def _print(versions: list[Version]) -> None:
    rows = [("OWNER", "AT", "NEWEST", "STATE")]
    rows += [(v.owner, v.current or "-", v.head or "-", v.state) for v in versions]
    for line in columns(rows):
        click.echo(line)
    for version in versions:
        if version.sentence:
            click.echo(version.sentence)
        elif version.state == "unknown":
            click.echo(f"No plugin in use owns the tables of {version.owner}; they stay as they are.")


def _done(version: Version) -> str:
    if version.state == "up to date":
        return f"up to date at {version.current}"
    return f"upgraded from {version.current or 'none'} to {version.head}"
