"""`mestral serve`: one front under uvicorn.

Guarantees: what cannot start says why in plain words and exits with 2, before anything is written when it
cannot listen.
"""

import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

import click
import msgspec
import uvicorn
from litestar import Litestar
from uvicorn.supervisors import ChangeReload

from mestral.app import build_app
from mestral.cli.listening import CannotListen, listening
from mestral.cli.options import CliOptions
from mestral.cli.server import Server, server_process, uvicorn_options
from mestral.logs import LogSetup, configure, setup_of
from mestral.platform import Platform
from mestral.plugins import PluginsError, State
from mestral.settings import Settings, SettingsError, Value, load_settings

logger = logging.getLogger(__name__)

_HANDOVER = "_MESTRAL_SERVE"
"""Environment variable by which a process that `--reload` starts gets the options of this one."""


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where the settings come from: the file of `--config`, and dotted keys of the command line."""

    config: str | None
    overrides: dict[str, Value]

    def load(self) -> Settings:
        return load_settings(config=Path(self.config) if self.config else None, overrides=self.overrides)


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="TCP port; 0 lets the system choose.")
@click.option("--uds", help="Path of a unix socket to listen on instead.")
@click.option("--fd", type=int, help="Number of a socket, given by whoever starts it, to listen on instead.")
@click.option("--root-path", help="Public path prefix behind a proxy, such as /api.")
@click.option("--readers", type=int, help="Number of reader processes.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes (for development).")
@click.pass_obj
def serve(
    options: CliOptions,
    *,
    host: str | None,
    port: int | None,
    uds: str | None,
    fd: int | None,
    root_path: str | None,
    readers: int | None,
    reload: bool,
) -> None:
    """Serve the API.

    Options win over the environment, the environment over mestral.toml. Sockets that a service manager passes
    (LISTEN_FDS) are used instead of host, port and uds.
    """
    given = {
        "server.host": ("--host", host),
        "server.port": ("--port", port),
        "server.uds": ("--uds", uds),
        "server.root_path": ("--root-path", root_path),
        "readers.count": ("--readers", readers),
    }
    chosen = _Options(
        config=str(options.config) if options.config else None,
        overrides={
            key: Value(value, f"command line {option}", "command line")
            for key, (option, value) in given.items()
            if value is not None
        },
    )
    with server_process():
        settings = _load(chosen)
        try:
            with listening(settings.server, fd) as sockets:
                if reload:
                    os.environ[_HANDOVER] = msgspec.json.encode(chosen).decode()
                    config = uvicorn.Config(
                        "mestral.cli.serve:application",
                        factory=True,
                        reload=True,
                        **uvicorn_options(settings, sockets),
                    )
                    ChangeReload(config, target=Server(config).run, sockets=sockets).run()
                else:
                    config = uvicorn.Config(_build(settings), **uvicorn_options(settings, sockets))
                    Server(config).run(sockets)
        except CannotListen as error:
            stop_with(error)


def application() -> Litestar:
    """The app, for a process that `--reload` started."""
    configure(LogSetup())
    return _build(_load(msgspec.json.decode(os.environ[_HANDOVER], type=_Options)))


def log_plugins(app: Litestar) -> None:
    """Say which plugins serve, and what has no effect. (What is wrong was logged when it was found.)"""
    platform: Platform = app.state.platform
    for finding in platform.plugins.findings:
        if finding.level == "warning":
            logger.warning("%s", finding.line)
    for record in platform.plugins.active:
        if record.state is State.ACTIVE:
            logger.info("plugin %s is active (%s)", record.name, record.distribution)


def stop_with(error: Exception) -> NoReturn:
    """End with a message for the deployer."""
    click.echo(f"Error: {error}", err=True)
    sys.exit(2)


def _load(options: _Options) -> Settings:
    try:
        settings = options.load()
    except SettingsError as error:
        stop_with(error)
    configure(setup_of(settings))
    for finding in settings.findings:
        logger.log(logging.WARNING if finding.level == "warning" else logging.INFO, "%s", finding.line)
    return settings


def _build(settings: Settings) -> Litestar:
    try:
        app = build_app(settings)
    except (SettingsError, PluginsError) as error:
        stop_with(error)
    log_plugins(app)
    return app
