"""Parsed copies kept in memory: read once, used by every answer made from the same files.

Guarantees: a kept value is given back only for a fingerprint equal to the one it was built under, and only
when that is *settled*. The given weights of what is kept never exceed the
capacity; what was not used for longest goes first. Safe to use from several threads; two of them may build
the same value at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from mestral.readers.fingerprint import Fingerprint
from mestral.readers.stopwatch import parsing

T = TypeVar("T")


class _Kept(NamedTuple):
    value: Any
    weight: int
    fingerprint: Fingerprint
    found: Fingerprint = Fingerprint()

    @property
    def certain(self) -> bool:
        """Whether it can be given back."""
        return (self.fingerprint + self.found).settled


class Memo:
    """Values by key, validated by fingerprint, bounded by weight.

    Args:
        capacity_bytes: Upper bound of the sum of the weights.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._weight = 0
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, fingerprint: Fingerprint, build: Callable[[], tuple[T, int]]) -> T:
        """The kept value, or a new one.

        Args:
            key: What the value is; one key must always mean one type of value.
            fingerprint: What it is made from, taken before `build` reads.
            build: Makes the value and says its weight in bytes, an estimate of the memory it holds. What it
                raises is passed on, and nothing is kept.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.fingerprint.same_as(fingerprint):
                self._kept.move_to_end(key)
                value: T = kept.value
                return value
            del kept
            self._drop(key)  # before the new one is built, or both would need room at once
        with parsing:
            value, weight = build()
        made = _Kept(value, weight, fingerprint)
        if made.certain:
            self._keep(key, made)
        return value

    def get_found(
        self, key: Hashable, fingerprint: Fingerprint, build: Callable[[T | None], tuple[T, int, Fingerprint]]
    ) -> tuple[T, Fingerprint]:
        """As `get`, of a value that is also made from what is found only while it is made.

        Args:
            key: As for `get`, and used with this method alone.
            fingerprint: What it is made from, as far as it is known before.
            build: As for `get`. It is given the value that was built before and cannot be given back, None
                without one, and also gives the fingerprint of what it found, taken before it was read.

        Returns:
            The value, and what was found as it is now.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and kept.certain and kept.fingerprint.same_as(fingerprint):
            found = kept.found.again()
            if found.same_as(kept.found):
                return kept.value, found
        with parsing:
            value, weight, found = build(None if kept is None else kept.value)
        self._keep(key, _Kept(value, weight, fingerprint, found))
        return value, found

    def last(self, key: Hashable) -> Any:
        """What was built under a key when that worked last, however outdated; None when it is not there."""
        with self._lock:
            kept = self._kept.get(key)
            return None if kept is None else kept.value

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        """Keep a value in place of an older one, when it is not too large."""
        with self._lock:
            self._drop(key)
            if kept.weight <= self._capacity:
                self._kept[key] = kept
                self._weight += kept.weight
                while self._weight > self._capacity:
                    self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._weight -= kept.weight
