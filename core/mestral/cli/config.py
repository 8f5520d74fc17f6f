"""`mestral config check | show`: what is set, where, and what is wrong with it.

Guarantees: nothing is served and no secret is printed.
"""

import json
import sys
from collections.abc import Sequence

import click
import msgspec

from mestral.cli.options import CliOptions
from mestral.plugins import load_plugins
from mestral.settings import Finding, Settings, SettingsError, load_settings
from mestral.settings.describe import Row, describe, describe_table
from mestral.settings.state_dir import state_dir_problem


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@click.pass_obj
def check(options: CliOptions) -> None:
    """Check all settings, those of the plugins too. Exits with 1 when one is wrong."""
    settings: Settings | None
    try:
        settings = load_settings(config=options.config)
        findings = list(settings.findings)
    except SettingsError as error:
        settings = error.settings
        findings = list(error.findings)
    if settings is not None:
        findings += _of_plugins(settings)
    _print_findings(findings)
    if settings is not None:
        click.echo(f"Read: {settings.config_file or 'no mestral.toml was found'}")
    if any(finding.level == "error" for finding in findings):
        sys.exit(1)
    click.echo("The settings can be used.")


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of key, value, origin.")
@click.pass_obj
def show(options: CliOptions, as_json: bool) -> None:
    """Print every setting with its value and where it was set; secrets are masked."""
    try:
        settings = load_settings(config=options.config)
        rows = describe(settings)
        plugins = load_plugins(settings, assemble=False)
        for record in plugins.records:
            written = settings.plugins.tables.get(record.name, {})
            rows += describe_table(record.name, record.options, {k: v.origin for k, v in written.items()})
            if record.settings is not None:
                rows += describe_table(record.name, record.settings, record.origins)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    if any(finding.level == "error" for finding in plugins.findings):
        click.echo("Settings of plugins are wrong and not shown. Run: mestral config check", err=True)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
    else:
        _print_rows(rows)


def _of_plugins(settings: Settings) -> Sequence[Finding]:
    """What is wrong with the state folder or, when it can be used, with the settings of the plugins."""
    if problem := state_dir_problem(settings):
        return [problem]
    try:
        return load_plugins(settings, assemble=False).findings
    except SettingsError as error:
        return error.findings


def _print_findings(findings: Sequence[Finding]) -> None:
    for level, title in (("error", "Errors"), ("warning", "Warnings"), ("note", "Notes")):
        lines = list(dict.fromkeys(finding.line for finding in findings if finding.level == level))
        if lines:
            click.echo(f"{title} ({len(lines)})")
            for line in lines:
                click.echo(f"  {line}")
            click.echo()


def _print_rows(rows: Sequence[Row]) -> None:
    texts = [(row.key, json.dumps(row.value, ensure_ascii=False), row.origin) for row in rows]
    widths = [max(len(text[column]) for text in texts) for column in range(2)]
    for key, value, origin in texts:
        click.echo(f"{key:{widths[0]}}  {value:{min(widths[1], 40)}}  {origin}")
