"""`mestral demo`: sample data, served from a scratch folder.

Guarantees: listens on the loopback address alone, with no protection; nothing outside the scratch folder is
written, and it is removed at the end, or by the next demo when this one is killed. The deployer's own
settings take no part.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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

_PREFIX = "mestral-demo-"
_YOUNG_SECONDS = 60
_ENVIRONMENT = ("HOME", "LANG", "PATH", "TZ", "USER")
"""What a demo sees of the environment: nothing that is a setting."""


@click.command()
@click.option(
    "--port",
    type=int,
    default=8000,
    envvar="PORT",
    show_default=True,
    show_envvar=True,
    help="TCP port; 0 lets the system choose.",
)
def demo(*, port: int) -> None:
    """Serve sample data, to look around."""
    with server_process(), tempfile.TemporaryDirectory(prefix=_PREFIX) as scratch, _held(scratch):
        _remove_abandoned(Path(scratch).parent)
        try:
            _serve(Path(scratch).resolve(), port)
        except (CannotListen, SettingsError, PluginsError) as error:
            stop_with(error)


@contextlib.contextmanager
def _held(folder: str | Path) -> Iterator[os.stat_result]:
    """Lock a folder for as long as it is used.

    Raises:
        OSError: Another process holds it, or it is no folder (a link to one is none).
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Remove what demos of this user left that were killed; young folders may not be held yet."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _held(folder) as found:
            if found.st_uid == os.geteuid() and found.st_mtime < time.time() - _YOUNG_SECONDS:
                shutil.rmtree(folder)


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
