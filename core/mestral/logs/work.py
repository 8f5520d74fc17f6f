"""The work at hand: for which request, by which plugin.

Guarantees: known wherever the code of a request runs, in its tasks, its threads and the reader that makes its
answer; two requests never see each other's.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import msgspec


class Work(msgspec.Struct, kw_only=True):
    """What something is done for.

    Attributes:
        request_id: The id of the request.
        plugin: Whose route answers it; core's until that is known.
    """

    request_id: str
    plugin: str = "core"


_at_hand: ContextVar[Work | None] = ContextVar("mestral.work", default=None)


def begin(work: Work | None) -> None:
    """From here on everything in this task, and in what it starts, is done for `work`."""
    _at_hand.set(work)


def at_hand() -> Work | None:
    """What the caller does something for; None when it is for no request."""
    return _at_hand.get()


@contextlib.contextmanager
def on_behalf_of(work: Work | None) -> Iterator[None]:
    """For a task that does work for many, one after the other."""
    token = _at_hand.set(work)
    try:
        yield
    finally:
        _at_hand.reset(token)


@contextlib.contextmanager
def lent_to(plugin: str) -> Iterator[None]:
    """What follows is this plugin's part of the work at hand."""
    work = at_hand()
    with on_behalf_of(msgspec.structs.replace(work, plugin=plugin) if work is not None else None):
        yield
