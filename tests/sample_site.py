"""A real `mestral serve` over the sample tree, for tests that come as browsers and tools do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.probe import SECRET_KEY, SECRET_TOKEN, Server

from mestral_experiments.demo import unpack


class Site:
    """A server of the sample tree.

    Attributes:
        url: Its address, public prefix included.
        level: Its protection level.
    """

    def __init__(self, server: Server, level: str, root_path: str) -> None:
        host, port = server.address()
        self.url = f"http://{host}:{port}{root_path}"
        self.level = level


@contextmanager
def serving_sample(folder: Path, level: str, root_path: str) -> Iterator[Site]:
    """Start one in an empty folder; it is killed at the end."""
    rc_file, config, log = unpack(folder), folder / "mestral.toml", folder / "log.txt"
    config.write_text(
        f'state_dir = "{folder}/state"\n[server]\nport = 0\nroot_path = "{root_path}"\n[readers]\ncount = 1\n'
        f'[auth]\nprotection_level = "{level}"\n'
        f'secret_key = "{SECRET_KEY}"\nsecret_token = "{SECRET_TOKEN}"\n'
        f'[plugins.experiments]\nrc_file = "{rc_file}"\n'
    )
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mestral", "--config", str(config), "serve"],
            stdout=output,
            stderr=output,
            env={**environ, "HOME": str(folder)},
            cwd=folder,
            text=True,
        )
    try:
        yield Site(Server(process, log, folder / "state"), level, root_path)
    finally:
        process.kill()
        process.wait()
