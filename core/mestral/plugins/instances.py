"""The front's own instances of the chosen services.

Guarantees: a factory that raises or hangs degrades its own plugin and is logged; what needs its service is
answered 503.
"""

import logging
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec

from mestral.errors import unavailable
from mestral.plugins.guard import Bounds, run_step
from mestral.plugins.services import Chosen

logger = logging.getLogger(__name__)


class Instances(dict[str, Any]):
    """Slot -> instance."""

    def __missing__(self, slot: str) -> Any:
        logger.error("No service is there for slot %s.", slot)
        raise unavailable("A part of the server that this answer needs is not there; its log says why.")

    def make(self, chosen: Chosen, state_dir: Path, bounds: Bounds) -> None:
        """Call the factory of the chosen service of every slot."""
        for slot, (service, record) in chosen.items():
            step = partial(_make, service.factory, record.settings, state_dir)
            # A copy takes the verdict: the plugin serves what does not need this service.
            copy = msgspec.structs.replace(record)
            made = run_step(copy, f"service {slot}", step, bounds)
            if copy.serves:
                self[slot] = made
            else:
                reason = f"Its service {service.name!r} for {slot} could not be made: {copy.reason}"
                logger.error("plugin %s is degraded: %s", record.name, reason)
                record.degrade(reason)


def _make(factory: str, settings: Any, state_dir: Path) -> Any:
    return resolve_name(factory)(settings, state_dir)
