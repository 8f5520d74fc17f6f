"""Single flight: those who ask for one thing at one time wait for one computation.

Guarantees: a waiter that goes away (its client hung up) does not disturb the computation or the other
waiters.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """Computations under way, by key."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}
        self._all: set[asyncio.Task[Any]] = set()

    async def join(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """The result of the computation under way for this key, which is begun when there is none.

        Raises:
            Exception: What the computation raised.
        """
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(compute))
            self._tasks[key] = task
            self._all.add(task)
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def close(self, key: Hashable) -> None:
        """Let nobody join the present computation any more; the next one to ask begins another."""
        self._tasks.pop(key, None)

    async def cancel(self) -> None:
        """Give up every computation."""
        for task in self._all:
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)

    def _landed(self, key: Hashable, task: asyncio.Task[T]) -> None:
        self._all.discard(task)
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            task.exception()  # when all who waited are gone, nobody else looks at it


async def _run(compute: Callable[[], Awaitable[T]]) -> T:
    return await compute()
