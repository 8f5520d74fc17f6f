"""What is wrong with files: told once, and not looked for again where that cannot help.

Guarantees: a problem is logged once per state of the file. A file that is damaged is not read again until it
changes, and is as soon as it did; what may pass although the file stays the same (a lock) is tried each time.
"""

import logging
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar

from mestral.readers import Fingerprint
from mestral_experiments.sources.faults import Damaged, Fault, Unfinished

T = TypeVar("T")
logger = logging.getLogger(__name__)

_REMEMBERED = 10_000  # problems; beyond it the oldest is forgotten, and so logged again


class _Damage(NamedTuple):
    taken: Fingerprint
    kind: type[Fault]
    text: str


class Failures:
    """Remembers what could not be read."""

    def __init__(self) -> None:
        self._damage: dict[Hashable, _Damage] = {}
        self._told: dict[str, Fingerprint] = {}

    def read(self, key: Hashable, taken: Fingerprint, read: Callable[[], T]) -> T:
        """What `read` gives.

        Args:
            key: What is read, and of which file.
            taken: Fingerprint of the file, taken before.
            read: Reads it.

        Raises:
            Fault: What `read` raised, now or when it was tried for the same state of the file.
        """
        known = self._damage.get(key)
        # Until a file is settled another state of it might look the same: then it is tried once more.
        if known and known.taken.same_as(taken) and (known.taken.settled or not taken.settled):
            raise known.kind(known.text, taken)
        try:
            value = read()
        except Fault as fault:
            fault.taken = taken
            if isinstance(fault, Damaged | Unfinished):
                self._damage[key] = _Damage(taken, type(fault), str(fault))
                _shorten(self._damage)
            raise
        self._damage.pop(key, None)
        return value

    def tell(self, level: int, sentence: str, fault: Fault) -> None:
        """Log a fault, unless it was logged for the same state of the file."""
        before = self._told.pop(str(fault), None)
        if before is None or not before.same_as(fault.taken):
            logger.log(level, "%s: %s", sentence, fault)
        self._told[str(fault)] = fault.taken
        _shorten(self._told)


def _shorten(remembered: dict[Hashable, _Damage] | dict[str, Fingerprint]) -> None:
    if len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]  # type: ignore[arg-type]
