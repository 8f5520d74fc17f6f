"""`mestral plugins list | show NAME | check [NAME] | graph`: every plugin, its state, and why.

Guarantees: a broken plugin never breaks the listing; secrets are masked; nothing is written. The exit codes
are fit for CI.
"""

import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from mestral.cli.look import clean_output, look_at_plugins, unknown_plugin
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, paragraph, print_json
from mestral.cli.plugins_check import check
from mestral.cli.plugins_graph import graph
from mestral.plugins import PluginRecord, Plugins, State
from mestral.plugins.health import check_settings
from mestral.plugins.routes import Route, routes_in
from mestral.settings.describe import Row, describe_table

_NOT_RUN = "runs while serving"


@click.group()
def plugins() -> None:
    """Show the plugins that are there, and what became of each."""


plugins.add_command(check)
plugins.add_command(graph)


@plugins.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: a list of name, version, distribution, state, ..."
)
@click.pass_obj
def list_(options: CliOptions, as_json: bool) -> None:
    """List every plugin with its state and the reason.

    Exits with 0 when every plugin that is to be used is active, otherwise with 1. To be used are those named
    in plugins.enabled or plugins.only, those with required = true, and Mestral's own where their extra is
    installed and their settings suffice. What they look at may still be wrong, which is said, and does not
    count: `mestral config check` exits with 1 then.
    """
    found, health = _load(options)
    records = found.records
    if as_json:
        print_json([_summary(record, health) for record in records])
    else:
        _print_table(records, health)
    if any(record.wanted and record.state is not State.ACTIVE for record in records):
        sys.exit(1)


@plugins.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(options: CliOptions, name: str, as_json: bool) -> None:
    """Show one plugin: manifest, state, settings, routes, services, hooks and timings. Exits with 2 for an
    unknown name."""
    found, health = _load(options)
    record = found.get(name)
    if record is None:
        raise unknown_plugin(name, found.records)
    details = _details(record, found, health)
    if as_json:
        print_json(details)
    else:
        _print_details(details)


Health = dict[str, dict[str, str]]
"""Plugin -> health check -> what came of it."""


def _load(options: CliOptions) -> tuple[Plugins, Health]:
    found = look_at_plugins(options)
    health: Health = {
        record.name: dict.fromkeys((check.name for check in record.health_checks), _NOT_RUN)
        for record in found.records
    }
    with clean_output():
        for result in check_settings(found):
            health[result.plugin.name][result.check.name] = (
                f"failing: {result.finding.line}" if result.problem else "ok"
            )
    return found, health


class Summary(msgspec.Struct, kw_only=True):
    """One plugin of the list."""

    name: str
    version: str
    distribution: str
    state: State
    reason: str
    wanted: bool
    health_checks: dict[str, str]


class Details(Summary, kw_only=True):
    """One plugin shown alone."""

    entry_point: str
    manifest: dict[str, Any] | None
    settings: list[Row]
    hooks: tuple[str, ...]
    routes: list[Route]
    services: list[dict[str, Any]]
    seconds: dict[str, float]


def _summary(record: PluginRecord, health: Health) -> Summary:
    return Summary(
        name=record.name,
        version=record.manifest.version if record.manifest else "",
        distribution=record.distribution,
        state=record.state,
        reason=record.reason,
        wanted=record.wanted,
        health_checks=health[record.name],
    )


def _details(record: PluginRecord, found: Plugins, health: Health) -> Details:
    manifest = record.manifest
    rows = describe_table(record.name, record.options, record.origins)
    if record.settings is not None:
        rows += describe_table(record.name, record.settings, record.origins)
    chosen = {(slot, service.name) for slot, (service, _) in found.services.items()}
    return Details(
        **msgspec.structs.asdict(_summary(record, health)),
        entry_point=record.entry_point,
        manifest=_plain(manifest) if manifest else None,
        settings=rows,
        hooks=record.hooks,
        routes=routes_in(record),
        services=[
            {"slot": s.slot, "name": s.name, "factory": s.factory, "chosen": (s.slot, s.name) in chosen}
            for s in record.services
        ],
        seconds=record.seconds,
    )


def _plain(manifest: msgspec.Struct) -> dict[str, Any]:
    """The manifest without what cannot be printed (the settings class and the function of `configured`)."""
    values = msgspec.structs.asdict(manifest)
    return {key: value for key, value in values.items() if key not in ("settings", "configured")}


def _print_table(records: Sequence[PluginRecord], health: Health) -> None:
    rows = [("NAME", "VERSION", "STATE", "DISTRIBUTION")]
    for record in records:
        summary = _summary(record, health)
        rows.append((summary.name, summary.version or "-", str(summary.state), summary.distribution or "-"))
    below: list[list[str]] = [[], *([record.reason, *_failing(health[record.name])] for record in records)]
    for line, sentences in zip(columns(rows), below, strict=True):
        click.echo(line)
        for sentence in filter(None, sentences):
            click.echo(paragraph(sentence, 4))


def _failing(checks: dict[str, str]) -> list[str]:
    return [f"Health check {name} is {said}" for name, said in checks.items() if said not in ("ok", _NOT_RUN)]


def _print_details(details: Details) -> None:
    click.echo(f"{details.name} {details.version}: {details.state}")
    if details.reason:
        click.echo(paragraph(details.reason, 2))
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
    _print_section("health checks", [f"{name}: {said}" for name, said in details.health_checks.items()])
    _print_section("hooks", details.hooks)
    _print_section("seconds", [f"{step}: {seconds:.3f}" for step, seconds in details.seconds.items()])


def _print_section(title: str, lines: Sequence[str]) -> None:
    if lines and title:
        click.echo(f"{title}:")
    for line in lines:
        click.echo(f"  {line}")
