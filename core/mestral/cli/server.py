"""uvicorn, as `mestral serve` and `mestral demo` run it.

Guarantees: SIGTERM, SIGINT and SIGHUP let requests in flight finish for `server.shutdown_seconds`, and new
ones of clients that are connected already are answered for a moment more; the exit code is then 0. A task of
a plugin that calls `sys.exit()` ends itself, not the server. A handler that hangs in a thread does not keep
the process alive.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

import uvicorn

from mestral.cli.listening import address_of
from mestral.cli.protocol import BoundedHttp, raise_file_limit
from mestral.logs import LogSetup, configure
from mestral.settings.model import Settings

logger = logging.getLogger(__name__)

_LAST_CALL_SECONDS = 1.0
_LAST_CALL_STEP = 0.02
_KEEP_MEMORY = ((-3, 4 << 20), (-1, 16 << 20))  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD: see malloc.h of glibc


def _keep_freed_memory() -> None:
    """Let freed memory, a few MB of it, serve the next request.

    Given back at once it is faulted in again page by page: a quarter of what reading the experiments costs.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        for option, value in _KEEP_MEMORY:
            ctypes.CDLL(None).mallopt(option, value)


class _Leave(SystemExit):
    """A signal said that this process is to end."""


class Server(uvicorn.Server):
    """One front.

    Args:
        config: Of uvicorn; see `uvicorn_options`.
        ready: Called with the addresses, such as `http://127.0.0.1:8000`, when it answers.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[list[str]], None] | None = None) -> None:
        super().__init__(config)
        self._ready = ready

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on these sockets until a signal ends it."""
        _keep_freed_memory()
        gc.freeze()  # what the app is made of stays: looking through it would halt all requests for 30 ms
        gc.enable()
        raise_file_limit()
        loop = (self.config.get_loop_factory() or asyncio.new_event_loop)()
        asyncio.set_event_loop(loop)
        serving = loop.create_task(self.serve(sockets))
        try:
            _run_on(loop, serving)
        finally:
            # Not `asyncio.Runner`: it waits for handlers that hang in threads.
            _cancel_all(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's, and say where it listens."""
        await super().startup(sockets)
        addresses = [address_of(sock) for sock in sockets or ()]
        for address in addresses:
            logger.info("Mestral running on %s (Ctrl-C ends it)", address)
        if self._ready is not None:
            self._ready(addresses)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no connection any more, answer what comes on those that are there, then uvicorn's.

        uvicorn alone closes a connection whose request is on its way; its client would see that fail although
        another server may already listen on the same socket.
        """
        for server in self.servers:
            server.close()
        for sock in sockets or ():
            sock.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        limit = min(_LAST_CALL_SECONDS, self.config.timeout_graceful_shutdown or 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not self.force_exit and self._idle():  # noqa: ASYNC110 - uvicorn tells of no change
                    await asyncio.sleep(_LAST_CALL_STEP)
        await super().shutdown(sockets)
        if self.force_exit:
            logger.warning("A second signal: what was still going on is cut off.")
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it would tell how that felt

    def _idle(self) -> bool:
        """Whether a connection waits for a request."""
        cycles = [getattr(connection, "cycle", None) for connection in self.server_state.connections]
        return any(cycle is None or cycle.response_complete for cycle in cycles)


def uvicorn_options(settings: Settings, sockets: Sequence[socket.socket] = ()) -> dict[str, Any]:
    """Keywords of `uvicorn.Config`; the address is not among them, as the sockets are made before.

    Whoever may open a unix socket is the proxy: it has no address that `forwarded_allow_ips` could name.
    """
    unix = bool(sockets) and all(sock.family == socket.AF_UNIX for sock in sockets)
    return {
        "proxy_headers": True,
        "forwarded_allow_ips": "*" if unix else settings.server.forwarded_allow_ips,
        "timeout_graceful_shutdown": settings.server.shutdown_seconds,
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "http": partial(BoundedHttp, head_seconds=settings.server.head_seconds),
        "ws": "none",
    }


@contextlib.contextmanager
def server_process() -> Iterator[None]:
    """This process is a server: it logs to standard error, and signals end it orderly, with 0.

    While it serves, uvicorn ends orderly at a signal and raises it again afterwards.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    configure(LogSetup())
    try:
        yield
    except _Leave:
        if _left_threads():
            logger.warning("A handler of a plugin still runs in a thread; it is cut off.")
            logging.shutdown()
            sys.stdout.flush()
            os._exit(0)  # the interpreter would wait for it
        raise


def _run_on(loop: asyncio.AbstractEventLoop, serving: "asyncio.Task[None]") -> None:
    """Run until it is done. asyncio lets a SystemExit of any task end the loop; here it ends that task."""
    while not serving.done():
        try:
            loop.run_until_complete(serving)
        except (SystemExit, KeyboardInterrupt) as error:
            if serving.done() or isinstance(error, _Leave):
                raise
            logger.error(
                "A task wanted to end the process. The task is over, the server goes on.", exc_info=error
            )


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _left_threads() -> bool:
    """Whether a thread would keep the process; idle ones of pools end by themselves in a moment."""
    last = time.monotonic() + _LAST_CALL_SECONDS
    threads = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not thread.daemon
    ]
    for thread in threads:
        thread.join(max(0.0, last - time.monotonic()))
    return any(thread.is_alive() for thread in threads)


def _leave(number: int, frame: object) -> NoReturn:
    raise _Leave(0)
