"""`mestral routes`: every route that is served, who may use it, and whose it is.

Guarantees: nothing is written, not even the state folder.
"""

import click
import msgspec
from litestar import Litestar

from mestral.check import assemble_to_look
from mestral.cli.look import clean_output
from mestral.cli.options import CliOptions
from mestral.cli.output import columns, print_json
from mestral.http.core_routes import core_handlers
from mestral.http.openapi import documented_routes
from mestral.plugins import PluginsError, ensure_startable, load_plugins
from mestral.settings import SettingsError, load_settings


class RouteRow(msgspec.Struct, frozen=True):
    """One line of the listing."""

    method: str
    path: str
    access: str
    plugin: str
    operation_id: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_obj
def routes(options: CliOptions, *, as_json: bool) -> None:
    """Show every route that is served: method, path, access, plugin, operation id."""
    try:
        settings = load_settings(config=options.config)
        with clean_output():
            plugins = load_plugins(settings, writes=False, core_handlers=core_handlers())
        ensure_startable(plugins, settings)
    except (SettingsError, PluginsError) as error:
        raise click.ClickException(str(error)) from error
    rows = list_routes(assemble_to_look(settings, plugins))
    if as_json:
        print_json(rows)
        return
    for line in columns([msgspec.structs.astuple(row) for row in rows]):
        click.echo(line)


def list_routes(app: Litestar) -> list[RouteRow]:
    """The routes of an app, by path and method."""
    rows = [
        RouteRow(
            method=method,
            path=route.path_format,
            access=str(handler.opt["access"]),
            plugin=handler.opt["plugin"],
            operation_id=str(handler.operation_id),
        )
        for route, method, handler in documented_routes(app)
    ]
    return sorted(rows, key=lambda row: (row.path, row.method))
