"""The installed wheel: it serves, plugins whose extra is missing say what to install, and a third party's
wheel joins."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.packaging.conftest import Environment, build_wheel

TICKER_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "ticker"
version = "1.2"
dependencies = ["mestral"]

[project.entry-points."mestral.plugins"]
ticker = "ticker:plugin"
"""

TICKER_MODULE = '''\
"""A third-party plugin: a route that asks a service which the deployer chooses."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from mestral import Access, Manifest, PluginContext, Routes, Service, hookimpl, platform_of


class TickerSettings(msgspec.Struct, frozen=True):
    clock: Annotated[str, msgspec.Meta(description="Name of a clock.")] = "fast"
    step: Annotated[int, msgspec.Meta(ge=1, description="What the clock counts by.")] = 1


class FastClock:
    def __init__(self, settings: TickerSettings, state_dir: Path) -> None:
        self.step = settings.step

    def tick(self) -> int:
        return 1000 * self.step


class SlowClock(FastClock):
    def tick(self) -> int:
        return self.step


class Ticker:
    manifest = Manifest(
        name="ticker", version="1.2", summary="Ticks.", requires_api=">=0.1,<0.2", settings=TickerSettings
    )

    @hookimpl
    def mestral_services(self) -> list[Service]:
        return [
            Service(slot="ticker.clock", name="fast", factory="ticker:FastClock"),
            Service(slot="ticker.clock", name="slow", factory="ticker:SlowClock"),
        ]

    @hookimpl
    def mestral_routes(self, context: PluginContext) -> list[Routes]:
        from litestar import Request
        from mestral.http import get

        @get("/tick", access=Access.PUBLIC, operation_id="ticker.tick")
        async def tick(request: Request[Any, Any, Any]) -> dict[str, int]:
            return {"tick": platform_of(request).services["ticker.clock"].tick()}

        return [Routes(handlers=(tick,))]


plugin = Ticker()
'''


def listed(environment: Environment, *options: str) -> dict[str, dict[str, Any]]:
    done = environment.run("mestral", *options, "plugins", "list", "--json")
    return {record["name"]: record for record in json.loads(done.stdout)}


@contextmanager
def served(environment: Environment, *options: str) -> Iterator[str]:
    """`mestral serve` in that environment: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        environment.bin / "mestral",
        *options,
        "serve",
        "--port",
        str(port),
        "--readers",
        "1",
    ]
    log = environment.folder / "serve.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=environment.folder, env=environment.environ(), stderr=output)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/health/live", timeout=5).close()
                break
            except urllib.error.URLError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


def test_plugins_without_their_extra_say_what_to_install(installed: Environment) -> None:
    found = listed(installed)
    for name, extra in (("auth_cas", "cas"), ("auth_github", "github"), ("auth_oidc", "oidc")):
        assert found[name]["state"] == "unavailable"
        assert f"pip install 'mestral[{extra}]'" in found[name]["reason"]
    assert found["experiments"]["state"] == "active"


def test_a_missing_extra_is_no_error_until_the_plugin_is_asked_for(installed: Environment) -> None:
    assert installed.run("mestral", "plugins", "list").returncode == 0
    config = installed.folder / "cas.toml"
    config.write_text('[plugins]\nenabled = ["auth_cas"]\n')
    assert installed.run("mestral", "--config", str(config), "plugins", "list").returncode == 1


def test_it_serves(installed: Environment) -> None:
    with served(installed) as address:
        for path in ("/health/live", "/docs", "/docs/assets/swagger-ui.js", "/redoc", "/openapi.json"):
            with urllib.request.urlopen(f"{address}{path}", timeout=30) as answer:
                assert answer.status == 200
                assert len(answer.read()) > 10


def test_a_third_party_wheel_contributes_a_route_and_a_service(
    installed: Environment, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(TICKER_PROJECT)
    (tmp_path / "ticker.py").write_text(TICKER_MODULE)
    installed.install("--no-index", str(build_wheel(tmp_path, tmp_path / "dist")))
    assert listed(installed)["ticker"]["state"] == "available"

    config = installed.folder / "ticker.toml"
    config.write_text('[plugins]\nenabled = ["ticker"]\n[plugins.ticker]\nclock = "slow"\nstep = 7\n')
    record = listed(installed, "--config", str(config))["ticker"]
    assert (record["state"], record["distribution"]) == ("active", "ticker 1.2")
    with served(installed, "--config", str(config)) as address:
        assert fetch(f"{address}/x/ticker/tick") == {"tick": 7}
