"""`mestral migrate check`: what becomes of an existing Autosubmit API environment.

Guarantees: nothing is written, no secret is printed.
"""

import os
import sys
from pathlib import Path

import click

from mestral.cli.options import CliOptions
from mestral.cli.output import paragraph, print_json
from mestral.contributions import Migrated
from mestral.migrate import Report, check_migration, read_env_file
from mestral.settings import SettingsError

_SERVICE = ("HOME", "LANG", "LOGNAME", "PATH", "USER")
"""Variables that a service manager sets beside those of `--env-file`."""

_TITLES = {
    "unreadable": "Cannot be read",
    "unsafe": "Unsafe",
    "decide": "To be decided",
    "differs": "Used, and different",
    "used": "Used as before",
    "ignored": "Without effect",
}


@click.group()
def migrate() -> None:
    """Move from Autosubmit API."""


@migrate.command()
@click.option(
    "--env-file",
    "env_files",
    multiple=True,
    type=click.Path(path_type=Path, readable=False),  # what cannot be read is in the report
    help="Take the variables from this file (systemd EnvironmentFile, docker --env-file; - is stdin) "
    "and not from here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the equivalent mestral.toml, secrets left out.")
@click.pass_obj
def check(options: CliOptions, *, env_files: tuple[Path, ...], as_json: bool, as_toml: bool) -> None:
    """Say what Mestral does with the variables, rc file and YAML file of an Autosubmit API.

    Run it as the account of the service, in its working folder: what that account cannot read is found
    then. Writes nothing. Exits with 0 when all is well, 1 when something is unsafe or has to be decided,
    2 when something cannot be read.
    """
    if as_json and as_toml:
        raise click.UsageError("--json and --toml exclude each other.")
    environ = dict(os.environ)
    also: list[Migrated] = []
    if env_files:
        environ = {name: os.environ[name] for name in _SERVICE if name in os.environ}
        for file in env_files:
            read = read_env_file(file, os.environ)
            environ |= read.variables
            also += read.items
    try:
        report = check_migration(environ, config=options.config, also=also)
    except SettingsError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    if as_toml:
        click.echo(report.toml, nl=False)
    elif as_json:
        print_json({"exit_code": report.exit_code, "account": report.account, "items": report.items})
    else:
        _print(report)
    sys.exit(report.exit_code)


def _print(report: Report) -> None:
    for verdict, title in _TITLES.items():
        items = [item for item in report.items if item.verdict == verdict]
        if not items:
            continue
        click.echo(f"{title} ({len(items)})")
        width = min(max(len(item.name) for item in items), 44)
        for item in items:
            _print_item(item, width)
        click.echo()
    verdicts = ["All is well.", "Something is unsafe or has to be decided.", "Something cannot be read."]
    click.echo(f"Looked at as account {report.account}. {verdicts[report.exit_code]}")


def _print_item(item: Migrated, width: int) -> None:
    value = item.value if len(item.value) <= 60 else f"{item.value[:60]}..."
    becomes = f"-> {item.setting}" if item.setting else ""
    where = "" if item.where in ("environment", "plugin") else f"({item.where})"
    facts = "  ".join(filter(None, [value, becomes, where]))
    click.echo(f"  {item.name:{width}}  {facts}".rstrip())
    if item.message:
        click.echo(paragraph(item.message, 6))
