"""Step 7, collect: what does a plugin contribute?

Guarantees: what comes back is complete and of the declared types, every route has an access level and an
explicit operation id, every prefix is resolved and allowed, and the plugin is not at odds with itself. A
single thing that is not so refuses the whole plugin: half a plugin is never served.
"""

import inspect
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from mestral.contributions import (
    Access,
    Clients,
    HealthCheck,
    LoginBackend,
    Migrations,
    PluginContext,
    Routes,
    Service,
    StatusSection,
)
from mestral.plugins.hooks import HookCaller
from mestral.plugins.login_names import RESERVED
from mestral.plugins.records import PluginRecord, fail
from mestral.plugins.routes import Claims, join, routes_of, service_key
from mestral.settings.nearest import did_you_mean

T = TypeVar("T")

_SLOT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_LOGIN_ID = re.compile(r"[a-z][a-z0-9-]*")
_FACTORY = re.compile(r"[\w.]+:[\w.]+")


def collect_services(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> tuple[Service, ...]:
    """The services of one plugin.

    Raises:
        Refused: One of them breaks a rule; the sentence names it. So it is with all that follow.
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
    if record.logins:
        from mestral.http.login_routes import routes_of_login

        handlers = tuple(
            handler for login in record.logins for handler in routes_of_login(record.name, login)
        )
        resolved = _with_core_paths(resolved, handlers)
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


def collect_logins(
    record: PluginRecord, hooks: HookCaller, context: PluginContext
) -> tuple[LoginBackend, ...]:
    """The ways to log in of one plugin."""
    logins = _call(record, hooks, context, "mestral_login_backends", LoginBackend)
    ids = [login.id for login in logins]
    for login in logins:
        if not isinstance(login.id, str) or not _LOGIN_ID.fullmatch(login.id):
            fail(f"A login has the id {login.id!r}: it must be small letters, digits and -.")
        if login.id in RESERVED:
            fail(f"A login has the id {login.id!r}, which is core's own: give it another.")
        if not isinstance(login.display_name, str) or not login.display_name:
            fail(f"Login {login.id!r} has the display name {login.display_name!r}: it must be a text.")
        if login.kind not in ("redirect", "password", "header"):
            fail(
                f"Login {login.id!r} is of the kind {login.kind!r}: it must be redirect, password or header."
            )
        if ids.count(login.id) > 1:
            fail(f"Two logins are named {login.id!r}.")
        if not inspect.iscoroutinefunction(login.finish):
            fail(f"`finish` of login {login.id!r} must be an async function.")
        if (login.kind == "redirect") != inspect.iscoroutinefunction(login.begin):
            fail(
                f"Login {login.id!r} is of the kind {login.kind}: `begin` must be an async function for "
                "redirect, and absent for the others."
            )
    return logins


def collect_clients(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> tuple[Clients, ...]:
    """The pages to which a plugin lets logins go."""
    lists = _call(record, hooks, context, "mestral_clients", Clients)
    if not all(callable(entry.read) for entry in lists):
        fail("`read` of a mestral.Clients must be a function.")
    return lists


def collect_migrations(record: PluginRecord, hooks: HookCaller, context: PluginContext) -> Migrations | None:
    """The tables of one plugin; None when it has none."""
    if "mestral_migrations" not in record.hooks:
        return None
    migrations = hooks.call(record.name, "mestral_migrations", context=context)
    if not isinstance(migrations, Migrations):
        fail(f"mestral_migrations returned {migrations!r}: it must return a mestral.Migrations.")
    if not any(migrations.folder.glob("[0-9]*_*.py")):
        fail(f"There is no revision such as 0001_tables.py in {migrations.folder}.")
    return migrations


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


def _with_core_paths(groups: tuple[Routes, ...], handlers: tuple[Any, ...]) -> tuple[Routes, ...]:
    """The same with routes on paths that are core's own, and no claim of the plugin.

    They join what the plugin has at the root, because Litestar takes a path with two methods, such as GET and
    POST of a login's callback, from one router only.
    """
    root = next((group for group in groups if group.prefix == "/"), Routes(handlers=(), prefix="/"))
    others = [group for group in groups if group is not root]
    return (*others, msgspec.structs.replace(root, handlers=(*root.handlers, *handlers)))


def _is_below(path: str, prefix: str) -> bool:
    return prefix == "/" or path == prefix or path.startswith(f"{prefix}/")
