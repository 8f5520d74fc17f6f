"""Plugins loaded for a command that only looks: nothing is written, and standard output stays clean."""

import contextlib
import sys
from collections.abc import Iterator, Sequence

import click

from mestral.cli.options import CliOptions
from mestral.plugins import PluginRecord, Plugins, load_plugins
from mestral.settings import SettingsError, load_settings
from mestral.settings.nearest import did_you_mean


def look_at_plugins(options: CliOptions) -> Plugins:
    """Every plugin with the state that the server would give it.

    Raises:
        ClickException: The settings are wrong.
    """
    from mestral.http.core_routes import core_handlers

    try:
        settings = load_settings(config=options.config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    with clean_output():
        return load_plugins(settings, writes=False, core_handlers=core_handlers())


@contextlib.contextmanager
def clean_output() -> Iterator[None]:
    """What a plugin prints while it is loaded must not end up in the JSON."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def unknown_plugin(name: str, records: Sequence[PluginRecord]) -> click.UsageError:
    """The error for a name that nobody offers."""
    names = [record.name for record in records if record.distribution]
    hint = did_you_mean(name, names) or f" Known: {', '.join(names)}."
    return click.UsageError(f"There is no plugin {name!r}.{hint}")
