"""Start identity servers that others wrote, each on a free port of this machine, and stop them again.

They are installed by `tests/servers/install`; where they are not, tests that need them are skipped, which the
whole check counts as a failure.
"""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"
_READY_SECONDS = 60


def free_port() -> int:
    """A TCP port that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def cas(folder: Path, flavour: str) -> Iterator[str]:
    """A CAS server, `mama` or `nitmir`; yields its address, which ends with a slash."""
    port = free_port()
    with _running(folder, str(PYTHON), str(HERE / "cas_site.py"), flavour, str(folder), str(port)):
        yield f"http://127.0.0.1:{port}/cas/"


@contextlib.contextmanager
def github(
    folder: Path, login: str = "member", organisation: str = "bsc-es", team: str = "mestral"
) -> Iterator[str]:
    """GitHub's simulator, where somebody of that name is logged in; yields its address without a slash."""
    port = free_port()
    with _running(folder, "node", str(HERE / "github_sim.mjs"), str(port), login, organisation, team):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def github_web(folder: Path, *redirects: str) -> Iterator[str]:
    """A strict server under the paths of GitHub's login pages, no API; yields its address without a slash."""
    port = free_port()
    with _running(folder, "node", str(HERE / "github_web.mjs"), str(port), *redirects):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def oidc_strict(folder: Path, *redirects: str) -> Iterator[str]:
    """The strict OpenID Provider; yields its issuer."""
    port = free_port()
    with _running(folder, "node", str(HERE / "oidc_op.mjs"), str(port), *redirects):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def oidc_faulty(folder: Path) -> Iterator[tuple[str, str]]:
    """The provider whose faults can be chosen; yields its issuer and the address of its switch."""
    port, control = free_port(), free_port()
    with _running(folder, "node", str(HERE / "oauth2_mock.mjs"), str(port), str(control)):
        yield f"http://localhost:{port}", f"http://127.0.0.1:{control}/"


@contextlib.contextmanager
def oidc_plain(folder: Path, *arguments: str) -> Iterator[str]:
    """The OpenID Provider that knows no PKCE and names no key; yields its issuer."""
    port = free_port()
    program = HERE / ".venv" / "bin" / "oidc-provider-mock"
    with _running(folder, str(program), "-p", str(port), *arguments, ready=port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(folder: Path, *command: str, ready: int | None = None) -> Iterator[None]:
    """A server, until it said `ready` or listens on that port, and to its end."""
    if not PYTHON.exists() or not (HERE / "node_modules").is_dir():
        pytest.skip("the identity servers are not installed: run tests/servers/install")
    log = folder / f"{Path(command[1]).stem}-{command[-1].replace('/', '_')[-20:]}.log"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environ, cwd=HERE)
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not (_listens(ready) if ready is not None else "ready" in log.read_text()):
            assert process.poll() is None, f"it ended with {process.returncode}:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"it is not ready:\n{log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
