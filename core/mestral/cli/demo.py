"""`mestral demo`: sample data, served from a scratch folder.

Guarantees: listens on the loopback address alone, with no protection; nothing outside the scratch folder is
written, and it is removed at the end. The deployer's own settings take no part.
"""

import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import uvicorn

from mestral.app import build_app
from mestral.cli.listening import CannotListen, listening
from mestral.cli.serve import stop_with
from mestral.cli.server import Server, server_process, uvicorn_options
from mestral.contributions import Demo
from mestral.plugins import PluginsError, load_plugins
from mestral.settings import Settings, SettingsError, Value, load_settings

_ENVIRONMENT = ("HOME", "LANG", "PATH", "TZ", "USER")
"""What a demo sees of the environment: nothing that is a setting."""


@click.command()
@click.option("--port", type=int, default=8000, show_default=True, help="TCP port; 0 lets the system choose.")
def demo(*, port: int) -> None:
    """Serve sample data, to look around."""
    with server_process(), tempfile.TemporaryDirectory(prefix="mestral-demo-") as scratch:
        try:
            _serve(Path(scratch).resolve(), port)
        except (CannotListen, SettingsError, PluginsError) as error:
            stop_with(error)


def _serve(scratch: Path, port: int) -> None:
    core: dict[str, Any] = {
        "state_dir": str(scratch / "state"),
        "server.host": "127.0.0.1",
        "server.port": port,
        "auth.protection_level": "NONE",
        "auth.secret_key": secrets.token_urlsafe(48),
    }
    with listening(_settings(scratch, core).server) as sockets:
        demos = _prepare(_settings(scratch, core), scratch)
        more = {key: value for one in demos for key, value in one.settings.items()}
        settings = _settings(scratch, core | more)
        config = uvicorn.Config(build_app(settings), **uvicorn_options(settings))
        Server(config, partial(_show, demos)).run(sockets)


def _show(demos: Sequence[Demo], addresses: Sequence[str]) -> None:
    """Say what there is to see."""
    click.echo("\nMestral shows its sample data. Open:")
    pages = [page for one in demos for page in one.open]
    for path, words in [*pages, ("/docs", "the whole API, to try")]:
        click.echo(f"  {addresses[0]}{path}  ({words})")
    click.echo("Ctrl-C ends it and removes the data.\n")


def _settings(scratch: Path, overrides: Mapping[str, Any]) -> Settings:
    empty = scratch / "mestral.toml"
    empty.touch()
    return load_settings(
        config=empty,
        environ={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        overrides={key: Value(raw, "mestral demo", "command line") for key, raw in overrides.items()},
    )


def _prepare(settings: Settings, scratch: Path) -> list[Demo]:
    """Let the plugins make their sample data; those that cannot say why."""
    data = scratch / "data"
    data.mkdir()
    demos = []
    for plugin, prepared in load_plugins(settings).demo(data).items():
        if isinstance(prepared, Demo):
            demos.append(prepared)
        else:
            click.echo(f"No sample data of plugin {plugin}: {prepared}", err=True)
    return demos
