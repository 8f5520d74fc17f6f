"""`mestral plugins list | show NAME`: every plugin, its state, and why.

Guarantees: a broken plugin never breaks the listing; secrets are masked. The exit codes are fit for CI.
"""

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from mestral.cli.options import CliOptions
from mestral.plugins import PluginRecord, Plugins, State, load_plugins
from mestral.plugins.routes import Route, routes_in
from mestral.settings import SettingsError, load_settings
from mestral.settings.describe import Row, describe_table
from mestral.settings.nearest import did_you_mean


@click.group()
def plugins() -> None:
    """Show the plugins that are installed, and what became of each."""


@plugins.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: a list of name, version, distribution, state, ..."
)
@click.pass_obj
def list_(options: CliOptions, as_json: bool) -> None:
    """List every plugin with its state and the reason.

    Exits with 0 when every plugin that is to be used is active, otherwise with 1. To be used are those named
    in plugins.enabled or plugins.only, those with required = true, and Mestral's own where their extra is
    installed and their settings suffice.
    """
    records = _load(options).records
    if as_json:
        _print_json([_summary(record) for record in records])
    else:
        _print_table(records)
    if any(record.wanted and record.state is not State.ACTIVE for record in records):
        sys.exit(1)


@plugins.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(options: CliOptions, name: str, as_json: bool) -> None:
    """Show one plugin: manifest, state, settings, routes, services, hooks and timings. Exits with 2 for an
    unknown name."""
    found = _load(options)
    record = found.get(name)
    if record is None:
        names = [known.name for known in found.records]
        hint = did_you_mean(name, names) or f" Known: {', '.join(names)}."
        raise click.UsageError(f"There is no plugin {name!r}.{hint}")
    details = _details(record, found)
    if as_json:
        _print_json(details)
    else:
        _print_details(details)


def _load(options: CliOptions) -> Plugins:
    from mestral.http import core_handlers

    try:
        settings = load_settings(config=options.config)
        # What a plugin prints while it is loaded must not end up in the JSON.
        with contextlib.redirect_stdout(sys.stderr):
            return load_plugins(settings, core_handlers=core_handlers())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


class Summary(msgspec.Struct, kw_only=True):
    """One plugin of the list."""

    name: str
    version: str
    distribution: str
    state: State
    reason: str
    wanted: bool


class Details(Summary, kw_only=True):
    """One plugin shown alone."""

    entry_point: str
    manifest: dict[str, Any] | None
    settings: list[Row]
    hooks: tuple[str, ...]
    routes: list[Route]
    services: list[dict[str, Any]]
    health_checks: list[str]
    seconds: dict[str, float]


def _summary(record: PluginRecord) -> Summary:
    return Summary(
        name=record.name,
        version=record.manifest.version if record.manifest else "",
        distribution=record.distribution,
        state=record.state,
        reason=record.reason,
        wanted=record.wanted,
    )


def _details(record: PluginRecord, found: Plugins) -> Details:
    manifest = record.manifest
    rows = describe_table(record.name, record.options, record.origins)
    if record.settings is not None:
        rows += describe_table(record.name, record.settings, record.origins)
    chosen = {(slot, service.name) for slot, (service, _) in found.services.items()}
    return Details(
        **msgspec.structs.asdict(_summary(record)),
        entry_point=record.entry_point,
        manifest=_plain(manifest) if manifest else None,
        settings=rows,
        hooks=record.hooks,
        routes=routes_in(record),
        services=[
            {"slot": s.slot, "name": s.name, "factory": s.factory, "chosen": (s.slot, s.name) in chosen}
            for s in record.services
        ],
        health_checks=[check.name for check in record.health_checks],
        seconds=record.seconds,
    )


def _plain(manifest: msgspec.Struct) -> dict[str, Any]:
    """The manifest without what cannot be printed (the settings class and the function of `configured`)."""
    values = msgspec.structs.asdict(manifest)
    return {key: value for key, value in values.items() if key not in ("settings", "configured")}


def _print_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _print_table(records: Sequence[PluginRecord]) -> None:
    rows = [("NAME", "VERSION", "STATE", "DISTRIBUTION")]
    for record in records:
        summary = _summary(record)
        rows.append((summary.name, summary.version or "-", str(summary.state), summary.distribution or "-"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    reasons = ["", *(record.reason for record in records)]
    for row, reason in zip(rows, reasons, strict=True):
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
        if reason:
            click.echo(click.wrap_text(reason, width=110, initial_indent="    ", subsequent_indent="    "))


def _print_details(details: Details) -> None:
    click.echo(f"{details.name} {details.version}: {details.state}")
    if details.reason:
        click.echo(click.wrap_text(details.reason, width=110, initial_indent="  ", subsequent_indent="  "))
    manifest = details.manifest or {}
    facts = {"distribution": details.distribution, "entry point": details.entry_point, **manifest}
    shown = {key: value for key, value in facts.items() if value and key not in ("name", "version")}
    _print_section("", [f"{key}: {', '.join(v) if isinstance(v, tuple) else v}" for key, v in shown.items()])
    _print_section("settings", [f"{row.key} = {row.value!r}  ({row.origin})" for row in details.settings])
    _print_section("routes", [f"{r.method} {r.path}  {r.access}  {r.operation_id}" for r in details.routes])
    _print_section(
        "services",
        [
            f"{s['slot']}: {s['name']} ({s['factory']}){', chosen' if s['chosen'] else ''}"
            for s in details.services
        ],
    )
    _print_section("health checks", details.health_checks)
    _print_section("hooks", details.hooks)
    _print_section("seconds", [f"{step}: {seconds:.3f}" for step, seconds in details.seconds.items()])


def _print_section(title: str, lines: Sequence[str]) -> None:
    if lines and title:
        click.echo(f"{title}:")
    for line in lines:
        click.echo(f"  {line}")
