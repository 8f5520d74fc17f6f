"""`mestral serve`: one front under uvicorn.

Guarantees: what cannot start says why in plain words and exits with 2. SIGTERM and SIGINT let requests in
flight finish for `server.shutdown_seconds`; the exit code is then 0.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
import uvicorn
from litestar import Litestar

from mestral.app import build_app
from mestral.cli.options import CliOptions
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
    root_path: str | None,
    readers: int | None,
    reload: bool,
) -> None:
    """Serve the API.

    Options win over the environment, the environment over mestral.toml.
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
    prepare_process()
    if reload:
        os.environ[_HANDOVER] = msgspec.json.encode(chosen).decode()
        where = _uvicorn_options(_load(chosen))
        uvicorn.run("mestral.cli.serve:application", factory=True, reload=True, **where)
    else:
        settings = _load(chosen)
        run(_build(settings), settings)


def application() -> Litestar:
    """The app, for a process that `--reload` started."""
    _configure_logging()
    return _build(_load(msgspec.json.decode(os.environ[_HANDOVER], type=_Options)))


class _Server(uvicorn.Server):
    """Says when it listens, and where."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and not self.config.uds:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


def run(app: Litestar, settings: Settings, ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        app: The app.
        settings: The `[server]` table says where and how.
        ready: Called with the address, such as `http://127.0.0.1:8000`, when the server listens on one.
    """
    try:
        _Server(uvicorn.Config(app, **_uvicorn_options(settings)), ready).run()
    finally:
        if settings.server.uds:
            settings.server.uds.unlink(missing_ok=True)


def _uvicorn_options(settings: Settings) -> dict[str, Any]:
    server = settings.server
    return {
        "host": server.host,
        "port": server.port,
        "uds": str(server.uds) if server.uds else None,
        "proxy_headers": True,
        "forwarded_allow_ips": server.forwarded_allow_ips,
        "timeout_graceful_shutdown": server.shutdown_seconds,
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "ws": "none",
    }


def prepare_process() -> None:
    """Log to standard error, one line per event; clean up and exit with 0 at SIGTERM and SIGINT.

    While it serves, uvicorn ends orderly at a signal and raises it again afterwards.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    _configure_logging()


def _configure_logging() -> None:
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=line, stream=sys.stderr, force=True)


def log_plugins(app: Litestar) -> None:
    """Say which plugins serve. (What is wrong with the others was logged when it was found.)"""
    platform: Platform = app.state.platform
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


def _leave(number: int, frame: object) -> NoReturn:
    sys.exit(0)
