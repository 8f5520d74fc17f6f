"""What a render function gets, and how a reader process makes the services again.

Guarantees: a service is made when it is first asked for, once per reader process, from the same settings as
in the front.
"""

import logging
import pickle
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec

from mestral.readers.memo import Memo

logger = logging.getLogger(__name__)


class ReaderService(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen implementation of one service slot.

    Attributes:
        slot: `<plugin>.<key>`, such as `experiments.source`.
        factory: Import path `package.module:callable` of `callable(settings, state_dir)`.
        settings: The validated settings Struct of the plugin it belongs to, or None. Its type must be
            importable by name: reader processes get a pickled copy.
    """

    slot: str
    factory: str
    settings: Any = None


class PackedService(msgspec.Struct, frozen=True, array_like=True):
    """A `ReaderService` on its way from the front to a reader that the front itself started.

    The settings stay packed until the service is used, so that a plugin whose settings cannot be unpacked
    costs the answers of that plugin and never the reader.
    """

    slot: str
    factory: str
    settings: bytes


def pack_services(services: Iterable[ReaderService]) -> tuple[PackedService, ...]:
    """Make services ready for a reader. One that cannot be made ready is logged, and harms no other."""
    packed = []
    for service in services:
        try:
            settings = pickle.dumps(service.settings)
        except Exception as error:
            logger.error(
                "service %s is missing in reader processes: settings of type %s cannot be handed to them "
                "(%s); define the type at the top level of a module",
                service.slot,
                type(service.settings).__qualname__,
                error,
            )
        else:
            packed.append(PackedService(service.slot, service.factory, settings))
    return tuple(packed)


def resolve(path: str) -> Callable[..., Any]:
    """The callable named by an import path `package.module:name` that code (never a request) gave.

    Raises:
        ImportError, AttributeError, ValueError: When it is not there, or no such path.
    """
    found: Callable[..., Any] = resolve_name(path)
    return found


class ReaderContext:
    """The first argument of every render function.

    Attributes:
        state_dir: Folder for what Mestral owns on this machine; exists.
        memo: For parsed copies that several answers share. It belongs to this reader alone, and shares its
            budget with every `Memo` that a service makes.
    """

    def __init__(self, services: Mapping[str, PackedService], state_dir: Path, memo: Memo) -> None:
        self.state_dir = state_dir
        self.memo = memo
        self._packed = services
        self._services: dict[str, Any] = {}

    def service(self, slot: str) -> Any:
        """The service chosen for a slot.

        Raises:
            LookupError: When no active plugin contributes one.
            Exception: What its factory raised; it is tried again at the next use.
        """
        if slot not in self._services:
            if slot not in self._packed:
                there = ", ".join(sorted(self._packed)) or "none"
                raise LookupError(f"no service for slot {slot!r} in reader processes; there are: {there}")
            packed = self._packed[slot]
            settings = pickle.loads(packed.settings)  # noqa: S301 - written by the front that started this process
            self._services[slot] = resolve(packed.factory)(settings, self.state_dir)
        return self._services[slot]
