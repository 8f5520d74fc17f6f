"""Parsed copies kept in memory: read once, used by every answer made from the same files.

Guarantees: a kept value is given back only for a fingerprint equal to the one it was built under, and only
when that is *settled*. The given weights of what all memos of a process keep never exceed one budget; what
was not used for longest goes first, whichever memo has it. Safe to use from several threads; two of them may
build the same value at once.
"""

import itertools
import threading
import weakref
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


class Budget:
    """What several memos may keep together.

    Args:
        capacity_bytes: Upper bound of the sum of all weights.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self.lock = threading.RLock()  # again where a memo is collected in the midst of it
        self._capacity = capacity_bytes
        self._weight = 0
        self._kept: OrderedDict[_Place, _Kept] = OrderedDict()

    def resize(self, capacity_bytes: int) -> None:
        """Keep no more than this from now on."""
        with self.lock:
            self._capacity = capacity_bytes
            self.make_room(0)

    def make_room(self, weight: int) -> None:
        """Let go of what was not used for longest, until this much fits; of nothing for what never would."""
        with self.lock:
            while weight <= self._capacity < self._weight + weight:
                self.drop(next(iter(self._kept)))

    def find(self, place: "_Place") -> _Kept | None:
        """What is kept there. It counts as used."""
        with self.lock:
            kept = self._kept.get(place)
            if kept is not None:
                self._kept.move_to_end(place)
            return kept

    def keep(self, place: "_Place", kept: _Kept) -> None:
        """Keep a value in place of an older one, when it is not too large."""
        with self.lock:
            self.drop(place)
            if kept.weight <= self._capacity:
                self.make_room(kept.weight)
                self._kept[place] = kept
                self._weight += kept.weight

    def drop(self, place: "_Place") -> None:
        """Keep nothing there."""
        with self.lock:
            kept = self._kept.pop(place, None)
            if kept is not None:
                self._weight -= kept.weight

    def forget(self, memo: int) -> None:
        """Keep nothing of this memo."""
        with self.lock:
            for place in [place for place in self._kept if place[0] == memo]:
                self.drop(place)


_Place = tuple[int, Hashable]
"""The number of a memo, and a key of it."""

_numbers = itertools.count()

BUDGET = Budget(64 * 1024**2)
"""The one of this process, whose memory is one as well. In a reader it follows the settings."""


class Memo:
    """Values by key, validated by fingerprint.

    Args:
        budget: What bounds it, with all others that share it.
    """

    def __init__(self, budget: Budget = BUDGET) -> None:
        self._budget = budget
        self._number = next(_numbers)
        weakref.finalize(self, budget.forget, self._number).atexit = False

    def get(self, key: Hashable, fingerprint: Fingerprint, build: Callable[[], tuple[T, int]]) -> T:
        """The kept value, or a new one.

        Args:
            key: What the value is; one key must always mean one type of value.
            fingerprint: What it is made from, taken before `build` reads.
            build: Makes the value and says its weight in bytes, an estimate of the memory it holds. What it
                raises is passed on, and nothing is kept.
        """
        place = self._number, key
        kept = self._budget.find(place)
        if kept is not None and kept.fingerprint.same_as(fingerprint):
            value: T = kept.value
            return value
        del kept
        self._budget.drop(place)  # before the new one is built, or both would need room at once
        with parsing:
            value, weight = build()
        made = _Kept(value, weight, fingerprint)
        if made.certain:
            self._budget.keep(place, made)
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
        place = self._number, key
        kept = self._budget.find(place)
        if kept is not None and kept.certain and kept.fingerprint.same_as(fingerprint):
            found = kept.found.again()
            if found.same_as(kept.found):
                return kept.value, found
        with parsing:
            value, weight, found = build(None if kept is None else kept.value)
        self._budget.keep(place, _Kept(value, weight, fingerprint, found))
        return value, found

    def make_room(self, weight: int) -> None:
        """Called by a `build` that knows how heavy a large value will be, before it makes it.

        What would have to go for it then goes now, or both would need memory at once.
        """
        self._budget.make_room(weight)

    def last(self, key: Hashable) -> Any:
        """What was built under a key when that worked last, however outdated; None when it is not there."""
        kept = self._budget.find((self._number, key))
        return None if kept is None else kept.value
