"""Step 7, collect: what does a plugin contribute?

Guarantees: what comes back is complete and of the declared types, every route has an access level and an
explicit operation id, every prefix is resolved and allowed, and the plugin is not at odds with itself. A
single thing that is not so refuses the whole plugin: half a plugin is never served.
"""

import inspect
import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from mestral.contributions import Access, HealthCheck, PluginContext, Routes, Service, StatusSection
from mestral.plugins.hooks import HookCaller
from mestral.plugins.records import PluginRecord, fail
from mestral.plugins.routes import Claims, join, routes_of, service_key
from mestral.settings.nearest import did_you_mean

T = TypeVar("T")

_SLOT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_FACTORY = re.compile(r"[\w.]+:[\w.]+")


def collect_services(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> tuple[Service, ...]:
    """The services of one plugin.

    Raises:
        Refused: One of them breaks a rule; the sentence names it. So it is with the other three.
    """
    services = _call(record, hooks, context, "mestral_services", Service)
    for service in services:
        _check_service(service)
    keys = [service_key(service) for service in services]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        fail(f"Two services named {twice[1]!r} are contributed for slot {twice[0]}.")
    return services


def collect_routes(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> tuple[Routes, ...]:
    """The routes of one plugin, with every prefix resolved."""
    resolved = tuple(
        _resolve(record, routes) for routes in _call(record, hooks, context, "mestral_routes", Routes)
    )
    claims = Claims()
    for group in resolved:
        for route in routes_of(record.name, group):
            problem = claims.route_problem(route)
            if problem:
                fail(problem)
            claims.add_route(route)
    return resolved


def collect_health_checks(
    record: PluginRecord, hooks: HookCaller, context: PluginContext
) -> tuple[HealthCheck, ...]:
    """The health checks of one plugin."""
    checks = _call(record, hooks, context, "mestral_health_checks", HealthCheck)
    names = [check.name for check in checks]
    for check in checks:
        if names.count(check.name) > 1:
            fail(f"Two health checks are named {check.name!r}.")
        if not inspect.iscoroutinefunction(check.check):
            fail(f"The function of health check {check.name!r} must be async.")
        keys = getattr(record.settings, "__struct_fields__", ())
        if check.setting is not None and check.setting not in keys:
            fail(
                f"Health check {check.name!r} is about the setting {check.setting!r}, which the plugin does "
                f"not have.{did_you_mean(str(check.setting), keys)}"
            )
    return checks


def collect_status_sections(
    record: PluginRecord, hooks: HookCaller, context: PluginContext
) -> tuple[StatusSection, ...]:
    """The sections of one plugin on the status page."""
    sections = _call(record, hooks, context, "mestral_status_sections", StatusSection)
    for section in sections:
        if not isinstance(section.title, str) or not section.title:
            fail(f"A status section has the title {section.title!r}: it must be a text.")
        if not inspect.iscoroutinefunction(section.render):
            fail(f"The function of status section {section.title!r} must be async.")
        if not isinstance(section.access, Access):
            fail(f"The access of status section {section.title!r} must be a mestral.Access.")
    return sections


def _call(
    record: PluginRecord, hooks: HookCaller, context: PluginContext, hook: str, kind: type[T]
) -> tuple[T, ...]:
    """What one collect hook returned, as a tuple of the declared type; empty when it is not implemented."""
    if hook not in record.hooks:
        return ()
    returned = hooks.call(record.name, hook, context=context)
    if not isinstance(returned, Iterable) or isinstance(returned, str):
        fail(f"{hook} returned {returned!r}: it must return a list of mestral.{kind.__name__}.")
    items = tuple(returned)
    for item in items:
        if not isinstance(item, kind):
            fail(f"{hook} returned a {type(item).__name__} in its list of mestral.{kind.__name__}.")
    return items


def _check_service(service: Service) -> None:
    if not isinstance(service.slot, str) or not _SLOT.fullmatch(service.slot):
        fail(f"Service slot {service.slot!r} is not `<plugin>.<setting>`, such as `experiments.source`.")
    if not isinstance(service.name, str) or not service.name:
        fail(f"A service for slot {service.slot} has the name {service.name!r}: it must be a text.")
    if not isinstance(service.factory, str) or not _FACTORY.fullmatch(service.factory):
        fail(
            f"The factory of service {service.name!r} for slot {service.slot} is {service.factory!r}: "
            "it must be an import path `package.module:callable`."
        )


def _resolve(record: PluginRecord, routes: Routes) -> Routes:
    """The same routes with their prefix as a text; a third party stays within its own paths."""
    own = f"/x/{record.name}"
    prefix = own if routes.prefix is None else join(routes.prefix)
    resolved = msgspec.structs.replace(routes, handlers=tuple(routes.handlers), prefix=prefix)
    allowed = [own, *(join(path) for path in record.options.paths)]
    for route in routes_of(record.name, resolved):
        if not record.first_party and not any(_is_below(route.path, path) for path in allowed):
            fail(
                f"{route} is outside {' and '.join(allowed)}. Let it use another path by paths = [...] in "
                f"[plugins.{record.name}], or leave its prefix out."
            )
    return resolved


def _is_below(path: str, prefix: str) -> bool:
    return prefix == "/" or path == prefix or path.startswith(f"{prefix}/")
