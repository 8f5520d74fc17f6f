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

from mestral.contributions import HealthCheck, PluginContext, Routes, Service
from mestral.plugins.hooks import HookCaller
from mestral.plugins.records import PluginRecord, fail
from mestral.plugins.routes import Claims, join, routes_of, service_key

T = TypeVar("T")

_SLOT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_FACTORY = re.compile(r"[\w.]+:[\w.]+")


class Contributions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one plugin contributes, checked."""

    services: tuple[Service, ...]
    routes: tuple[Routes, ...]
    health_checks: tuple[HealthCheck, ...]


def collect(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> Contributions:
    """Call the collect hooks of one plugin.

    Raises:
        Refused: What it contributes breaks a rule; the sentence names the route, service or check.
    """

    def call(hook: str, kind: type[T]) -> tuple[T, ...]:
        if hook not in record.hooks:
            return ()
        return _items(hook, kind, hooks.call(record.name, hook, context=context))

    services = call("mestral_services", Service)
    for service in services:
        _check_service(service)
    routes = tuple(_resolve(record, routes) for routes in call("mestral_routes", Routes))
    checks = call("mestral_health_checks", HealthCheck)
    _check_health(checks)
    _check_itself(record, routes, services)
    return Contributions(services=services, routes=routes, health_checks=checks)


def _items(hook: str, kind: type[T], returned: object) -> tuple[T, ...]:
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


def _check_health(checks: tuple[HealthCheck, ...]) -> None:
    names = [check.name for check in checks]
    for check in checks:
        if names.count(check.name) > 1:
            fail(f"Two health checks are named {check.name!r}.")
        if not inspect.iscoroutinefunction(check.check):
            fail(f"The function of health check {check.name!r} must be async.")


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


def _check_itself(record: PluginRecord, routes: Iterable[Routes], services: Iterable[Service]) -> None:
    claims = Claims()
    for group in routes:
        for route in routes_of(record.name, group):
            problem = claims.route_problem(route)
            if problem:
                fail(problem)
            claims.add_route(route)
    keys = [service_key(service) for service in services]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        fail(f"Two services named {twice[1]!r} are contributed for slot {twice[0]}.")
