"""Threads for what may block: bounded in number, limited in time, never in the way of the process's end.

Guarantees: `run` returns or raises within its limit. A call that does not come back (a hung network file
system) gives up its thread, in whose place another may start, up to a bound; threads are daemons, so that a
hung one does not stop the process from ending, which those of `concurrent.futures` do.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_LOST_LIMIT = 64  # hung threads that are replaced; beyond it their places stay empty


class Threads:
    """A pool of daemon threads for one event loop.

    Args:
        count: How many calls run at once.
        name: Prefix of the threads' names.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._lost = 0
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T], seconds: float | None = None) -> T:
        """Call a function in a thread.

        Args:
            function: What to call; it sees the caller's context variables.
            seconds: Time limit, waiting for a free thread included; None = none.

        Raises:
            CallTookTooLong: Beyond the limit. The call itself cannot be stopped; its result is dropped.
            Exception: What the function raised.
        """
        future: Future[T] = Future()
        context = contextvars.copy_context()
        waiting = asyncio.wrap_future(future)
        self._calls.put(lambda: _call(future, lambda: context.run(function)))
        self._start_one()
        try:
            done, _ = await asyncio.wait((waiting,), timeout=seconds)
            if done:
                return waiting.result()
            if not future.cancel():
                self._replace_lost(future)
            raise CallTookTooLong(f"no result after {seconds:g} seconds")
        finally:
            waiting.cancel()

    def close(self) -> None:
        """Let the threads end after the calls they have."""
        for _ in range(self._started):
            self._calls.put(None)

    def _start_one(self) -> None:
        with self._lock:
            if self._started >= self._count + min(self._lost, _LOST_LIMIT):
                return
            self._started += 1
            number = self._started
        threading.Thread(target=self._work, name=f"{self._name} {number}", daemon=True).start()

    def _replace_lost(self, future: "Future[Any]") -> None:
        """Count a hung call until it comes back; a thread then ends in place of the one that replaced it."""
        with self._lock:
            self._lost += 1

        def found(_: object) -> None:
            with self._lock:
                self._lost -= 1
                self._started -= 1
            self._calls.put(None)

        future.add_done_callback(found)
        self._start_one()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


class CallTookTooLong(Exception):  # noqa: N818 - not to be mistaken for the TimeoutError a function may raise
    """A call did not come back within its limit."""


def _call(future: "Future[T]", function: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
