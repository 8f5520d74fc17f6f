"""The finished answers the front keeps.

Guarantees: never more than the given bytes; what was not used for longest goes first; an answer larger than
the whole cache is not kept. Validity is the caller's business: each answer carries the ETag under which it
holds.
"""

from collections import OrderedDict

import msgspec

from mestral.readers.compress import Coding
from mestral.readers.fingerprint import Fingerprint

Key = tuple[str, bytes, Coding]
"""Render function, encoded arguments, and the content coding that was asked for."""

_ENTRY_BYTES, _STAMP_BYTES = 1024, 400  # what the objects around a body take, roughly


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """An answer ready to be sent.

    Attributes:
        etag: The weak entity tag under which it holds.
        body: The body, in its content coding.
        coding: The content coding; empty: as it is.
        media_type: Content type.
        depends: Files that turned out to take part while it was made (`Answer.depends`).
    """

    etag: str
    body: bytes
    media_type: str
    coding: Coding = ""
    depends: Fingerprint = Fingerprint()


class BodyCache:
    """Finished answers by key, bounded by bytes.

    Args:
        capacity_bytes: Upper bound of the bodies with what surrounds them.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._finished: OrderedDict[Key, Finished] = OrderedDict()
        self.size = 0
        """Bytes held."""

    def get(self, key: Key) -> Finished | None:
        """The kept answer, whatever its ETag. It counts as used."""
        finished = self._finished.get(key)
        if finished is not None:
            self._finished.move_to_end(key)
        return finished

    def put(self, key: Key, finished: Finished) -> None:
        """Keep an answer in place of an older one with this key."""
        self._drop(key)
        size = _weight(key, finished)
        if size > self._capacity:
            return
        self._finished[key] = finished
        self.size += size
        while self.size > self._capacity:
            self._drop(next(iter(self._finished)))

    def _drop(self, key: Key) -> None:
        finished = self._finished.pop(key, None)
        if finished is not None:
            self.size -= _weight(key, finished)


def _weight(key: Key, finished: Finished) -> int:
    return len(finished.body) + len(key[1]) + _ENTRY_BYTES + _STAMP_BYTES * len(finished.depends.stamps)
