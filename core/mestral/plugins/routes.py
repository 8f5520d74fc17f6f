"""Routes as they are compared and shown: one method and path each, with owner and handler.

Guarantees: reads Litestar's handlers without importing Litestar. Two routes that Litestar could not tell
apart, or of which it would silently drop one, are never both claimed (platform/PLATFORM.md 3, points 11 to
15).
"""

import re
from collections.abc import Iterator

import msgspec

from mestral.contributions import Access, Routes, Service
from mestral.plugins.records import PluginRecord, fail

_PARAMETER = re.compile(r"\{[^{}:]*(?::([^{}]*))?\}")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method and path.

    Attributes:
        owner: Plugin, or `core`.
        method: Such as GET.
        path: Whole path, prefix included, with its parameters: `/x/a/{name:str}`.
        access: Who may use it.
        operation_id: Its id in the OpenAPI document.
        handler: Import path of the function, for people.
    """

    owner: str
    method: str
    path: str
    access: Access
    operation_id: str
    handler: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.owner}: {self.handler})"


def join(*parts: str) -> str:
    """One path from parts, with single slashes and none at the end; `/` for nothing."""
    return "/" + "/".join(segment for part in parts for segment in part.split("/") if segment)


def routes_of(owner: str, routes: Routes) -> Iterator[Route]:
    """Every method and path of some handlers.

    Raises:
        Refused: Not a handler, or one without an access level or an operation id.
    """
    for handler in routes.handlers:
        if not hasattr(handler, "http_methods") or not hasattr(handler, "paths"):
            fail(f"{handler!r} is not a route handler: make it with mestral.http.get and its siblings.")
        access = handler.opt.get("access")
        paths = sorted(join(routes.prefix or "", path) for path in handler.paths)
        name = str(handler)
        for path in paths:
            for method in sorted(handler.http_methods):
                if not isinstance(access, Access):
                    fail(f"{method} {path} ({name}) has no access level: give it access=Access.READ or so.")
                if not isinstance(handler.operation_id, str) or not handler.operation_id:
                    fail(
                        f"{method} {path} ({name}) has no operation id: give it operation_id='{owner}.NAME'."
                    )
                yield Route(
                    owner=owner,
                    method=method,
                    path=path,
                    access=access,
                    operation_id=handler.operation_id,
                    handler=name,
                )


def routes_in(record: PluginRecord) -> list[Route]:
    """Every method and path of a plugin whose routes were collected."""
    return [route for group in record.routes for route in routes_of(record.name, group)]


def service_key(service: Service) -> tuple[str, str]:
    """What is unique about a service."""
    return service.slot, service.name


class Claims:
    """Which routes are taken, and by whom."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._paths: dict[str, Route] = {}
        self._types: dict[str, tuple[str, Route]] = {}
        self._operations: dict[str, Route] = {}

    def route_problem(self, route: Route) -> str:
        """Why a route cannot be added; empty when it can. The sentence names both owners and handlers."""
        other = self._routes.get((route.method, _shape(route.path)))
        if other is not None:
            return f"{route} is the same route as {other}."
        other = self._paths.get(_shape(route.path))
        if other is not None and other.owner != route.owner:
            return f"{route} has the path of {other}: Litestar serves all methods of a path from one owner."
        for shape, kind in _parameters(route.path):
            known = self._types.get(shape)
            if known is not None and known[0] != kind:
                return (
                    f"{route} has a parameter of type {kind} where {known[1]} has one of type {known[0]}: "
                    "one of them would not be reached."
                )
        other = self._operations.get(route.operation_id)
        if other is not None:
            return f"{route} has the operation id {route.operation_id!r}, and so has {other}."
        return ""

    def add_route(self, route: Route) -> None:
        """Take a route that has no problem."""
        self._routes[route.method, _shape(route.path)] = route
        self._paths.setdefault(_shape(route.path), route)
        for shape, kind in _parameters(route.path):
            self._types.setdefault(shape, (kind, route))
        self._operations[route.operation_id] = route


def _shape(path: str) -> str:
    """The path with the names and types of its parameters erased: `/a/{}`."""
    return _PARAMETER.sub("{}", path)


def _parameters(path: str) -> Iterator[tuple[str, str]]:
    """Each parameter: the shape of the path up to it, and its type."""
    for match in _PARAMETER.finditer(path):
        yield _shape(path[: match.end()]), match.group(1) or "str"
