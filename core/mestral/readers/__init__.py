"""Reader processes: answers are made there, and checked and kept in the front.

Guarantees: importing this package imports neither Litestar nor asyncio; `Readers`, which needs both, is
loaded when it is first asked for. A plugin's route makes a `Plan`; its render function runs in a reader
process and gets a `ReaderContext`.
"""

from typing import TYPE_CHECKING, Any

from mestral.readers.context import ReaderContext, ReaderService
from mestral.readers.fingerprint import (
    Fingerprint,
    Stamp,
    content_digest,
    fingerprint,
    stamp,
    stamp_opened,
    stamp_sqlite,
    ticking,
)
from mestral.readers.memo import Memo
from mestral.readers.plan import Answer, Plan
from mestral.readers.stable import read_stable

if TYPE_CHECKING:
    from mestral.readers.readers import Readers
    from mestral.readers.threads import Threads

__all__ = [
    "Answer",
    "Fingerprint",
    "Memo",
    "Plan",
    "ReaderContext",
    "ReaderService",
    "Readers",
    "Stamp",
    "Threads",
    "content_digest",
    "fingerprint",
    "read_stable",
    "stamp",
    "stamp_opened",
    "stamp_sqlite",
    "ticking",
]


def __getattr__(name: str) -> Any:
    if name == "Readers":
        from mestral.readers.readers import Readers

        return Readers
    if name == "Threads":
        from mestral.readers.threads import Threads

        return Threads
    raise AttributeError(f"module 'mestral.readers' has no attribute {name!r}")
