"""The front's own instances of the chosen services.

Guarantees: a factory that raises degrades its own plugin and is logged; what needs its service is answered
503.
"""

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from mestral.errors import unavailable
from mestral.plugins import Plugins
from mestral.settings.model import Settings

logger = logging.getLogger(__name__)


class Services(dict[str, Any]):
    """Slot -> instance."""

    def __missing__(self, slot: str) -> Any:
        logger.error("No service is there for slot %s.", slot)
        raise unavailable("A part of the server that this answer needs is not there; its log says why.")


def make_services(plugins: Plugins, settings: Settings) -> Mapping[str, Any]:
    """Call the factory of the chosen service of every slot."""
    services = Services()
    for slot, (service, record) in plugins.services.items():
        module, _, name = service.factory.partition(":")
        try:
            services[slot] = getattr(import_module(module), name)(record.settings, settings.state_dir)
        except (Exception, SystemExit) as error:
            logger.exception("Service %s of plugin %s could not be made.", service.factory, record.name)
            record.degrade(f"Its service {service.name!r} for {slot} could not be made: {error}")
    return services
