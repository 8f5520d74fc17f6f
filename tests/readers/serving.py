"""A small app whose every route is answered by the readers, served by a real uvicorn in a thread."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from litestar import Litestar, Request, Response, get
from litestar.params import FromPath
from tests.readers.rendering import Colour

from mestral.http.errors import answer_exception
from mestral.http.outer import Outer
from mestral.readers import Plan, Readers, ReaderService, fingerprint, stamp, ticking
from mestral.settings.model import ReaderSettings, ServerSettings, Settings

HERE = "tests.readers.rendering"


def planned(directory: Path, render: str, name: str, *, by: str = "content", clock: int = 0) -> Plan:
    """A plan over one file.

    Args:
        directory: Where the file is.
        render: A function of `rendering`.
        name: Name of the file, and affinity.
        by: `content`: what the file says is its fingerprint, settled at once; `stamp`: the file's stamp.
        clock: The answer depends on now, to so many seconds; 0: it does not.
    """
    path = directory / name
    seen = fingerprint([stamp(path)]) if by == "stamp" else fingerprint([], content=path.read_text())
    if clock:
        seen += ticking(clock)
    return Plan(render=f"{HERE}:{render}", args=(str(path),), fingerprint=seen, affinity=name)


class Site:
    """The app while it is served.

    Attributes:
        directory: Where the files are that the routes read.
        readers: What answers them.
    """

    def __init__(self, directory: Path, readers: Readers, client: httpx2.Client) -> None:
        self.directory = directory
        self.readers = readers
        self.client = client

    def write(self, name: str, text: str = "") -> None:
        """Write a file, in one step, so that nobody sees it half-written."""
        new = self.directory / (name + ".new")
        new.write_text(text)
        new.replace(self.directory / name)

    def get(self, render: str, name: str, by: str = "content", etag: str | None = None) -> httpx2.Response:
        """Ask for a rendering of a file."""
        headers = {"if-none-match": etag} if etag else {}
        return self.client.get(f"/{by}/{render}/{name}", headers=headers)

    def renders(self, name: str) -> list[int]:
        """Process ids of the readers that rendered this file, one for each time."""
        notes = self.directory / (name + ".renders")
        return [int(line) for line in notes.read_text().split()] if notes.exists() else []


def until(condition: Callable[[], Any]) -> None:
    """Wait for something that happens soon."""
    for _ in range(4000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it did not happen")


def make_readers(
    directory: Path,
    *,
    server: dict[str, Any] | None = None,
    services: Iterable[ReaderService] = (),
    **limits: Any,
) -> Readers:
    """Readers with these `[readers]` and `[server]` settings, and a service beside those given."""
    settings = Settings(
        state_dir=directory,
        readers=ReaderSettings(**{"count": 1, **limits}),
        server=ServerSettings(**(server or {})),
    )
    paint = ReaderService(slot="test.paint", factory=f"{HERE}:paint", settings=Colour(name="blue"))
    return Readers(settings, {service.slot: service for service in (paint, *services)})


@contextlib.contextmanager
def serving(directory: Path, *, loop: str = "auto", **limits: Any) -> Iterator[Site]:
    """Serve the app; `limits` are `[readers]` settings."""
    readers = make_readers(directory, **limits)

    @get("/ping", sync_to_thread=False)
    def ping() -> str:
        return "pong"

    @get("/{by:str}/{render:str}/{name:str}")
    async def answer(
        request: Request[Any, Any, Any], by: FromPath[str], render: FromPath[str], name: FromPath[str]
    ) -> Response[bytes]:
        return await readers.respond(request, lambda: planned(directory, render, name, by=by))

    @contextlib.asynccontextmanager
    async def lifespan(_: Litestar) -> Any:
        await readers.start()
        try:
            yield
        finally:
            await readers.stop()

    app = Litestar(
        [ping, answer],
        lifespan=[lifespan],
        exception_handlers={Exception: answer_exception},
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = Outer(app.asgi_handler, Settings(state_dir=directory))
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop=loop, log_level="warning", timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    try:
        until(lambda: server.started)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx2.Client(base_url=url, timeout=60) as client:
            yield Site(directory, readers, client)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def request(etag: str | None = None) -> Request[Any, Any, Any]:
    """A request for tests that use `Readers` without a server."""
    headers = [(b"if-none-match", etag.encode())] if etag else []
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""}
    return Request(scope)


@contextlib.asynccontextmanager
async def running(directory: Path, **limits: Any) -> AsyncIterator[Readers]:
    """Readers started and stopped in the test's own event loop."""
    readers = make_readers(directory, **limits)
    await readers.start()
    try:
        yield readers
    finally:
        await readers.stop()


async def until_async(condition: Callable[[], Any]) -> None:
    """`until` for a test that runs in the event loop itself."""
    for _ in range(4000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")
