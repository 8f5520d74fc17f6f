"""`mestral config check | show | schema | template`: what is set, what is wrong with it, what can be set.

Guarantees: nothing is served and no secret is printed.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from mestral.cli.look import clean_output
from mestral.cli.options import CliOptions
from mestral.cli.output import print_json
from mestral.database.engine import Database
from mestral.database.migrations import check as check_database
from mestral.plugins import load_manifests, load_plugins
from mestral.plugins.health import check_settings
from mestral.settings import Finding, Settings, SettingsError, load_settings
from mestral.settings.autosubmit_api import mistyped_variables
from mestral.settings.catalogue import PluginTable, sections, variables
from mestral.settings.describe import Row, describe, describe_table
from mestral.settings.rules import listening_problem
from mestral.settings.schema import json_schema
from mestral.settings.state_dir import default_state_dir, state_dir_problem
from mestral.settings.template import template


@click.group()
def config() -> None:
    """Check and show the settings, and what can be set."""


@config.command()
@click.pass_obj
def check(options: CliOptions) -> None:
    """Check all settings, those of the plugins too, and what they point to. Exits with 1 when one is
    wrong."""
    settings, findings = _load(options)
    if settings is not None:
        problems = (state_dir_problem(settings), listening_problem(settings))
        findings += [*filter(None, problems), *_of_plugins(settings)]
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
        print_json(rows)
    else:
        _print_rows(rows)


@config.command()
@click.pass_obj
def schema(options: CliOptions) -> None:
    """Print a JSON Schema of mestral.toml: core's settings and those of every installed plugin.

    Imports every installed plugin, save those in plugins.disabled. For editors, such as Taplo or VS Code.
    """
    print_json(json_schema(_tables(options)))


@config.command("template")
@click.pass_obj
def template_(options: CliOptions) -> None:
    """Print a commented mestral.toml: core's settings and those of every installed plugin.

    Imports every installed plugin, save those in plugins.disabled.
    """
    click.echo(template(_tables(options), default_state_dir(os.environ)), nl=False)


def _tables(options: CliOptions) -> list[PluginTable]:
    """The tables of all plugins that are offered here, whatever is wrong with the settings."""
    settings, _ = _load(options)
    with clean_output():
        records = load_manifests(settings or Settings(state_dir=Path()))
    return [
        PluginTable(
            name=record.name,
            summary=record.manifest.summary if record.manifest else "",
            settings=record.manifest.settings if record.manifest else None,
            problem="" if record.manifest else f"it is {record.state}: {record.reason}",
        )
        for record in records
    ]


def _load(options: CliOptions) -> tuple[Settings | None, list[Finding]]:
    """The settings, with every wrong one at its default, and what was found."""
    try:
        settings = load_settings(config=options.config)
    except SettingsError as error:
        return error.settings, list(error.findings)
    return settings, list(settings.findings)


def _of_plugins(settings: Settings) -> list[Finding]:
    """What is wrong with the settings of plugins, with what these point to, and with plugins as such."""
    with clean_output():
        plugins = load_plugins(settings, assemble=False)
        results = check_settings(plugins)
    findings = [*plugins.findings, *(result.finding for result in results if result.problem)]
    with closing(Database(settings)) as database:
        findings += check_database(database, plugins.records)
    structs = [record.manifest.settings for record in plugins.records if record.manifest]
    known = variables([*(struct for _, struct in sections()), *filter(None, structs)])
    findings += mistyped_variables(settings.environ, list(known))
    explained = {finding.plugin for finding in findings if finding.level == "error"}
    return findings + [
        Finding(
            level="warning",
            where=f"plugin {record.name}",
            key=f"plugins.{record.name}",
            message=f"is {record.state}: {record.reason}",
            plugin=record.name,
        )
        for record in plugins.broken
        if record.name not in explained
    ]


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
