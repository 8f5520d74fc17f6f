"""A real `mestral serve` whose visitors log in."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.probe import SECRET_KEY, Server


class Site:
    """A server.

    Attributes:
        url: Its address, without a slash at its end.
        state: Its `state_dir`.
    """

    def __init__(self, server: Server) -> None:
        host, port = server.address()
        self.url = f"http://{host}:{port}"
        self.state = server.state
        self._server = server

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._server.log


@contextlib.contextmanager
def serving_logins(folder: Path, config: str) -> Iterator[Site]:
    """Start one in an empty folder; it is killed at the end.

    Args:
        folder: Its folder.
        config: The tables of its mestral.toml save `[readers]`.
    """
    file, log = folder / "mestral.toml", folder / "log.txt"
    file.write_text(f'state_dir = "{folder}/state"\n[readers]\ncount = 1\n{config}')
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mestral", "--config", str(file), "serve", "--port", "0"],
            stdout=output,
            stderr=output,
            env={**environ, "HOME": str(folder), "SECRET_KEY": SECRET_KEY},
            cwd=folder,
            text=True,
        )
    try:
        yield Site(Server(process, log, folder / "state"))
    finally:
        process.kill()
        process.wait()
