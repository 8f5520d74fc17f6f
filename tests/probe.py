"""A third-party plugin with one route of each kind, installed as pip would: files in a folder on the path.

Used by the tests of `http`, `auth` and the command line; it depends on no plugin of Mestral.
"""

import contextlib
import http.client
import importlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mestral.settings import Settings, load_settings

SOURCE = '''
import asyncio
import logging
import time
from typing import Annotated, Any, Literal

import msgspec
from mestral import Access, HealthCheck, Manifest, Problem, Routes, Service, hookimpl, platform_of


WAYS = {"exit": SystemExit, "interrupt": KeyboardInterrupt, "cancel": asyncio.CancelledError}


class ProbeSettings(msgspec.Struct, frozen=True):
    break_startup: bool = False
    complaint: str = ""
    store: str | None = None


def make_good(settings, state_dir):
    return {"complaint": settings.complaint, "state_dir": state_dir}


def make_broken(settings, state_dir):
    raise RuntimeError("no disk for /secret/path")


def render_made(reader, name):
    from mestral.readers import Fingerprint

    logging.getLogger("mestral_probe").debug("making %s", name)
    if name == "crash":
        raise RuntimeError("cannot be made")
    parsed, _ = reader.memo.get(name, Fingerprint(), lambda: ((name, time.sleep(0.01)), 1))
    return msgspec.json.encode({"made": parsed})


class Thing(msgspec.Struct):
    name: str
    size: Annotated[int, msgspec.Meta(ge=1)] = 1


class ItemQuery(msgspec.Struct):
    kind: Annotated[
        Literal["test", "operational", "experiment"], msgspec.Meta(description="Its kind.")
    ] | None = None
    flag: bool = True
    page: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    word: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    camel: int | None = msgspec.field(default=None, name="camelCase")


def handlers():
    from litestar import Request, Response
    from litestar.params import FromPath, JSONBody
    from mestral.http import get, identity_of, json_response, parse_query, post

    @get("/items/{name:str}", access=Access.READ, operation_id="probe.item", query=ItemQuery)
    async def item(request: Request, name: FromPath[str]) -> Response[bytes]:
        """One item."""
        return json_response({"name": name, **msgspec.to_builtins(parse_query(request, ItemQuery))})

    @get("/open", access=Access.PUBLIC, operation_id="probe.open", query=ItemQuery)
    async def open_(request: Request) -> Response[bytes]:
        identity = identity_of(request)
        return json_response(
            {"root_path": request.scope["root_path"], "identity": identity and identity.id,
             **msgspec.to_builtins(parse_query(request, ItemQuery))}
        )

    @get("/me", access=Access.IDENTIFIED, operation_id="probe.me")
    async def me(request: Request) -> Response[bytes]:
        return json_response({"me": identity_of(request).id})

    @post("/things", access=Access.OPERATE, operation_id="probe.make")
    async def make(data: JSONBody[Thing]) -> Thing:
        return data

    @get("/operate", access=Access.OPERATE, operation_id="probe.operate")
    async def operate() -> Response[bytes]:
        return json_response({})

    @get("/crash", access=Access.PUBLIC, operation_id="probe.crash")
    async def crash() -> None:
        raise RuntimeError("the password is hunter2")

    @get("/busy", access=Access.PUBLIC, operation_id="probe.busy")
    async def busy() -> None:
        raise Problem(503, "It is being rewritten.", headers={"Retry-After": "2"})

    @get("/cached", access=Access.PUBLIC, operation_id="probe.cached")
    async def cached() -> Response[bytes]:
        return json_response({}, headers={"Cache-Control": "no-store"})

    @get("/half", access=Access.PUBLIC, operation_id="probe.half")
    async def half() -> Any:
        from litestar.response import Stream

        async def parts():
            yield b"a" * 10
            raise RuntimeError("half-way")

        return Stream(parts())

    @get("/slow", access=Access.PUBLIC, operation_id="probe.slow")
    async def slow(request: Request) -> Response[bytes]:
        (platform_of(request).settings.state_dir / "slow-started").touch()
        await asyncio.sleep(1)
        return json_response({"slept": True})

    @get("/hold", access=Access.PUBLIC, operation_id="probe.hold")
    async def hold(request: Request) -> Response[bytes]:
        """Answer when the file `release` is there."""
        state_dir = platform_of(request).settings.state_dir
        (state_dir / f"held-{request.query_params['name']}").touch()
        while not (state_dir / "release").exists():
            await asyncio.sleep(0.01)
        return json_response({})

    @get("/stuck", access=Access.PUBLIC, operation_id="probe.stuck", sync_to_thread=True)
    def stuck(request: Request) -> Response[bytes]:
        (platform_of(request).settings.state_dir / "stuck").touch()
        time.sleep(3600)
        return json_response({})

    @get("/end/{way:str}", access=Access.PUBLIC, operation_id="probe.end")
    async def end(way: FromPath[str]) -> None:
        raise WAYS[way]("inner detail")

    @get("/end-in-thread/{way:str}", access=Access.PUBLIC, operation_id="probe.thread", sync_to_thread=True)
    def end_in_thread(way: FromPath[str]) -> None:
        raise WAYS[way]("inner detail")

    @get("/end-in-task", access=Access.PUBLIC, operation_id="probe.end_task")
    async def end_in_task() -> Response[bytes]:
        async def leave():
            raise SystemExit("inner detail")

        task = asyncio.create_task(leave())
        await asyncio.wait([task])
        return json_response({"ended": repr(task.exception())})

    @get("/end-in-stream", access=Access.PUBLIC, operation_id="probe.end_stream")
    async def end_in_stream() -> Any:
        from litestar.response import Stream

        async def parts():
            yield b"a" * 10
            raise SystemExit("inner detail")

        return Stream(parts())

    @get("/store", access=Access.PUBLIC, operation_id="probe.store")
    async def store(request: Request) -> Response[bytes]:
        return json_response({"complaint": platform_of(request).services["probe.store"]["complaint"]})

    @get("/made/{name:str}", access=Access.PUBLIC, operation_id="probe.made")
    async def made(request: Request, name: FromPath[str]) -> Response[bytes]:
        """Made by a reader."""
        from mestral.readers import Plan, fingerprint

        logging.getLogger("mestral_probe").debug("asked for %s", name)
        seen = fingerprint([], content=name)
        plan = Plan(render="mestral_probe:render_made", args=(name,), fingerprint=seen, affinity=name)
        return await platform_of(request).readers.respond(request, lambda: plan)

    ends = (end, end_in_thread, end_in_task, end_in_stream)
    return (item, open_, me, make, operate, crash, busy, cached, half, slow, hold, stuck, store, made, *ends)


class Probe:
    manifest = Manifest(
        name="probe", version="0.1", summary="A probe.", requires_api=">=0.1", settings=ProbeSettings
    )

    @hookimpl
    def mestral_routes(self):
        return [Routes(handlers=handlers())]

    @hookimpl
    def mestral_services(self):
        return [
            Service(slot="probe.store", name=name, factory=f"mestral_probe:make_{name}")
            for name in ("good", "broken")
        ]

    @hookimpl
    def mestral_health_checks(self, context):
        async def mood():
            if context.settings.complaint in WAYS:
                raise WAYS[context.settings.complaint]
            if context.settings.complaint == "raise":
                raise RuntimeError("inner detail")
            return context.settings.complaint or None

        return [HealthCheck(name="mood", check=mood)]

    @hookimpl
    async def mestral_startup(self, context):
        if context.settings.break_startup:
            raise RuntimeError("cannot start")

    @hookimpl
    async def mestral_shutdown(self, context):
        (context.state_dir / "shut-down").touch()


plugin = Probe()
'''

SECRET_KEY = "ck4Nq7wRj2hXvZ8mT1sYbL5dGf0eUaPo9iKx"
SECRET_TOKEN = "a-static-token-for-scripts"


def install_probe(site: Path) -> None:
    """Put the distribution `probe` into a folder that is, or will be, on the path."""
    info = site / "probe-0.1.dist-info"
    info.mkdir(parents=True)
    (site / "mestral_probe.py").write_text(SOURCE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: probe\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[mestral.plugins]\nprobe = mestral_probe:plugin\n")


@contextlib.contextmanager
def use_site(site: Path) -> Iterator[None]:
    """Have this very process find what is installed in a folder."""
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        sys.modules.pop("mestral_probe", None)


def probe_settings(tmp_path: Path, environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings with the probe alone; `server__port=0` sets `server.port`."""
    config = tmp_path / "mestral.toml"
    config.touch()
    given = {
        "state_dir": str(tmp_path / "state"),
        "plugins.only": ["probe"],
        "auth.secret_key": SECRET_KEY,
        "auth.secret_token": SECRET_TOKEN,
        "auth.operate": "authenticated",
        "auth.token_failures_per_minute": 100_000,
        "readers.count": 1,
        **{key.replace("__", "."): value for key, value in overrides.items()},
    }
    return load_settings(config=config, environ=environ or {"HOME": str(tmp_path)}, overrides=given)


class Server:
    """A `mestral serve` of its own, with the probe alone."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path, state: Path) -> None:
        self.process = process
        self.state = state
        self._log = log

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text()

    def wait_for_file(self, name: str) -> None:
        """Wait until a file is in its state folder."""
        deadline = time.monotonic() + 60
        while not (self.state / name).exists():
            assert time.monotonic() < deadline, f"{name} did not appear:\n{self.log}"
            time.sleep(0.02)

    def address(self) -> tuple[str, int]:
        """Where it listens, as soon as it does."""
        found = self.wait_for(r"running on http://([\d.]+):(\d+)")
        return found[1], int(found[2])

    def wait_for(self, pattern: str, seconds: float = 60) -> "re.Match[str]":
        """The first match in its log."""
        deadline = time.monotonic() + seconds
        while (found := re.search(pattern, self.log)) is None:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"no {pattern!r} in {seconds} s:\n{self.log}"
            time.sleep(0.02)
        return found


def ask(
    address: tuple[str, int],
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: status, headers by lower-case name, body."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def python_path(site: Path) -> str:
    """`PYTHONPATH` of a process that finds the probe, and plugins of tests, beside what this one finds."""
    root = Path(__file__).resolve().parents[1]
    return os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")]), str(root)])


@contextlib.contextmanager
def serving(
    tmp_path: Path,
    *arguments: str,
    config: str = "",
    name: str = "log.txt",
    by: Sequence[str] = (),
    descriptors: Sequence[int] = (),
    only: Sequence[str] = ("probe",),
) -> Iterator[Server]:
    """Start `mestral serve` as a deployer does; it is killed at the end if it still runs.

    Args:
        tmp_path: Its folder.
        arguments: Of the command line.
        config: More lines of its mestral.toml.
        name: Of its log file: each server of a folder needs its own.
        by: A command that starts it, which gets the command line of the server as arguments.
        descriptors: Files that it inherits.
        only: The plugins that are used.
    """
    site, state, file = tmp_path / "site", tmp_path / "state", tmp_path / "mestral.toml"
    if not site.exists():
        install_probe(site)
    file.write_text(
        f'state_dir = "{state}"\n[plugins]\nonly = {list(only)}\n[readers]\ncount = 1\n'
        f'[auth]\nsecret_key = "{SECRET_KEY}"\nsecret_token = "{SECRET_TOKEN}"\n'
        f'admins = ["secret-token:User"]\n{config}'
    )
    log = tmp_path / name
    command = [
        "env",
        "--default-signal=HUP",  # nohup, which tests may run under, has it ignored
        *by,
        sys.executable,
        "-m",
        "mestral",
        "--config",
        str(file),
        "serve",
        "--port",
        "0",
        *arguments,
    ]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": python_path(site)}
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=environ,
            text=True,
            cwd=tmp_path,
            pass_fds=descriptors,
        )
    try:
        yield Server(process, log, state)
    finally:
        process.kill()
        process.wait()
