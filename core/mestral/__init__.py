"""Mestral: an extensible API platform. These names are the public API for plugin authors.

Guarantees: complete (a plugin needs nothing else from core, save the modules `mestral.http` and
`mestral.readers` named in their `__all__`) and lazy: importing `mestral` imports neither Litestar nor
SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "API_VERSION": "mestral.contributions",
    "Access": "mestral.contributions",
    "Demo": "mestral.contributions",
    "HealthCheck": "mestral.contributions",
    "Link": "mestral.contributions",
    "Manifest": "mestral.contributions",
    "Mark": "mestral.contributions",
    "Migrated": "mestral.contributions",
    "PluginContext": "mestral.contributions",
    "Routes": "mestral.contributions",
    "Service": "mestral.contributions",
    "StatusSection": "mestral.contributions",
    "StatusTable": "mestral.contributions",
    "Verdict": "mestral.contributions",
    "Identity": "mestral.auth.identity",
    "Platform": "mestral.platform",
    "platform_of": "mestral.platform",
    "Problem": "mestral.errors",
    "invalid": "mestral.errors",
    "not_found": "mestral.errors",
    "unavailable": "mestral.errors",
    "Secret": "mestral.settings.secret",
    "mask_urls": "mestral.settings.secret",
    "hookimpl": "mestral.hookspecs",
}

if TYPE_CHECKING:
    from mestral.auth.identity import Identity
    from mestral.contributions import (
        API_VERSION,
        Access,
        Demo,
        HealthCheck,
        Link,
        Manifest,
        Mark,
        Migrated,
        PluginContext,
        Routes,
        Service,
        StatusSection,
        StatusTable,
        Verdict,
    )
    from mestral.errors import Problem, invalid, not_found, unavailable
    from mestral.hookspecs import hookimpl
    from mestral.platform import Platform, platform_of
    from mestral.settings.secret import Secret, mask_urls

__all__ = [
    "API_VERSION",
    "Access",
    "Demo",
    "HealthCheck",
    "Identity",
    "Link",
    "Manifest",
    "Mark",
    "Migrated",
    "Platform",
    "PluginContext",
    "Problem",
    "Routes",
    "Secret",
    "Service",
    "StatusSection",
    "StatusTable",
    "Verdict",
    "hookimpl",
    "invalid",
    "mask_urls",
    "not_found",
    "platform_of",
    "unavailable",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mestral' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
