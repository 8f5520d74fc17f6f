"""Mestral: an extensible API platform. These names are the public API for plugin authors.

Guarantees: complete (a plugin needs nothing else from core, save what the modules `mestral.http`,
`mestral.login` and `mestral.readers` name in their `__all__`) and lazy: importing `mestral` imports neither
Litestar nor SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "API_VERSION": "mestral.contributions",
    "Access": "mestral.contributions",
    "Clients": "mestral.contributions",
    "Decision": "mestral.contributions",
    "Demo": "mestral.contributions",
    "HealthCheck": "mestral.contributions",
    "Link": "mestral.contributions",
    "LoginAttempt": "mestral.contributions",
    "LoginBackend": "mestral.contributions",
    "Manifest": "mestral.contributions",
    "Mark": "mestral.contributions",
    "Migrated": "mestral.contributions",
    "Migrations": "mestral.contributions",
    "PluginContext": "mestral.contributions",
    "Principal": "mestral.contributions",
    "Routes": "mestral.contributions",
    "Service": "mestral.contributions",
    "StatusSection": "mestral.contributions",
    "StatusTable": "mestral.contributions",
    "Verdict": "mestral.contributions",
    "Identity": "mestral.auth.identity",
    "Platform": "mestral.platform",
    "platform_of": "mestral.platform",
    "LoginRefused": "mestral.errors",
    "Problem": "mestral.errors",
    "bad_gateway": "mestral.errors",
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
        Clients,
        Decision,
        Demo,
        HealthCheck,
        Link,
        LoginAttempt,
        LoginBackend,
        Manifest,
        Mark,
        Migrated,
        Migrations,
        PluginContext,
        Principal,
        Routes,
        Service,
        StatusSection,
        StatusTable,
        Verdict,
    )
    from mestral.errors import LoginRefused, Problem, bad_gateway, invalid, not_found, unavailable
    from mestral.hookspecs import hookimpl
    from mestral.platform import Platform, platform_of
    from mestral.settings.secret import Secret, mask_urls

__all__ = [
    "API_VERSION",
    "Access",
    "Clients",
    "Decision",
    "Demo",
    "HealthCheck",
    "Identity",
    "Link",
    "LoginAttempt",
    "LoginBackend",
    "LoginRefused",
    "Manifest",
    "Mark",
    "Migrated",
    "Migrations",
    "Platform",
    "PluginContext",
    "Principal",
    "Problem",
    "Routes",
    "Secret",
    "Service",
    "StatusSection",
    "StatusTable",
    "Verdict",
    "bad_gateway",
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
