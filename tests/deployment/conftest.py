"""Real fronts over the demonstration tree, and a real nginx that runs the file of `deploy/nginx`."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.probe import SECRET_KEY, SECRET_TOKEN, Server

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"

_OPENSSL = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"


class Site:
    """One deployment: a tree, fronts that serve it, and what proxies them."""

    def __init__(self, folder: Path) -> None:
        from mestral_experiments.demo import unpack

        self.folder = folder
        self.rc_file = unpack(folder / "data")
        self._made = time.time()

    def environ(self, name: str) -> dict[str, str]:
        """Variables of one front: those of an Autosubmit API."""
        inherited = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
        return inherited | {
            "HOME": str(self.folder),
            "AUTOSUBMIT_CONFIGURATION": str(self.rc_file),
            "SECRET_KEY": SECRET_KEY,
            "AS_API_SECRET_TOKEN": SECRET_TOKEN,
            "AS_API_ROOT_PATH": "/api",
            "MESTRAL_STATE_DIR": str(self.folder / f"state-{name}"),
            "MESTRAL_SERVER__SEVERAL_FRONTS": "true",
            "MESTRAL_READERS__COUNT": "1",
        }

    @contextlib.contextmanager
    def front(self, name: str, *arguments: str) -> Iterator[Server]:
        """`mestral serve`, listening; killed at the end.

        The tree is at rest by then: answers over files that changed less than 2 s ago are not kept.
        """
        time.sleep(max(0.0, self._made + 2.1 - time.time()))
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", "mestral", "serve", *(arguments or ("--port", "0"))]
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                env=self.environ(name),
                cwd=self.folder,
                text=True,
            )
        try:
            server = Server(process, log, self.folder / f"state-{name}")
            server.wait_for(r"running on (http|unix)")
            yield server
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


Nginx = Callable[..., "contextlib.AbstractContextManager[int]"]


@pytest.fixture(scope="module")
def nginx(site: Site) -> Nginx:
    """`nginx("127.0.0.1:8000", ...)`: the port where it serves TLS in front of these."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("nginx and openssl are not installed (apt install nginx-light openssl)")
    folder = site.folder / "nginx"
    folder.mkdir()
    key, certificate = folder / "mestral.key", folder / "mestral.crt"
    name = "subjectAltName=DNS:localhost"
    made = [*_OPENSSL.split(), "-addext", name, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)

    @contextlib.contextmanager
    def start(*upstreams: str) -> Iterator[int]:
        port = free_port()
        own = proxy_configuration(port, upstreams, key, certificate)
        main = folder / f"{port}.conf"
        main.write_text(_MAIN.format(folder=folder, user=_user(), own=own))
        command = [program, "-e", str(folder / "error.log"), "-c", str(main)]
        process = subprocess.Popen(command)
        try:
            _wait_for_port(port, process, folder / "error.log")
            yield port
        finally:
            process.terminate()
            process.wait()

    return start


def proxy_configuration(port: int, upstreams: tuple[str, ...], key: Path, certificate: Path) -> str:
    """`deploy/nginx/mestral.conf` with what its head tells a deployer to change, changed."""
    text = (DEPLOY / "nginx" / "mestral.conf").read_text()
    servers = "\n".join(f"server {upstream} max_fails=1 fail_timeout=1s;" for upstream in upstreams)
    changes = {
        r"server 127\.0\.0\.1:8000 [^;]*;": servers,
        r"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        r"server_name [^;]*;": "server_name localhost;",
        r"ssl_certificate /[^;]*;": f"ssl_certificate {certificate};",
        r"ssl_certificate_key /[^;]*;": f"ssl_certificate_key {key};",
    }
    for old, new in changes.items():
        text, count = re.subn(old, new, text)
        assert count == 1, old
    return text


_MAIN = """daemon off; {user}
pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {own}
}}
"""


def _user() -> str:
    return "user root;" if os.geteuid() == 0 else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 5):
            return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
