"""The OpenAPI 3.1 document of everything an app serves.

Guarantees: made once, before the app starts, from the same routers; every operation has its explicit id, its
plugin (`x-plugin`, also its tag), its access level (`x-access`), its query parameters, and the envelope as
its error answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute

from mestral import __version__
from mestral.auth.guard import needs_token
from mestral.contributions import Access
from mestral.http.query import parameters_of
from mestral.plugins import PluginRecord
from mestral.settings.model import Settings

BEARER = "bearer"

_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
}
"""Name in msgspec's `Meta` -> name in JSON Schema."""

_ENVELOPE = {
    "title": "Problem",
    "description": "Every answer that is not a success.",
    "type": "object",
    "required": ["error", "error_message"],
    "properties": {
        "error": {"type": "boolean", "const": True},
        "error_message": {"type": "string", "description": "One sentence for people."},
        "code": {"type": "string", "description": "A stable word for programs."},
    },
}
_PROBLEM = {
    "description": "Not a success.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def build_openapi(routers: Sequence[Router], records: Iterable[PluginRecord], settings: Settings) -> bytes:
    """The document as JSON.

    Args:
        routers: What the app is made of; Litestar generates the schema of a throw-away app, as the app
            itself must not have its documentation routes.
        records: The plugins that are served.
        settings: For the root path and the protection level.
    """
    app = Litestar(
        routers,
        logging_config=None,
        openapi_config=OpenAPIConfig(title="Mestral", version=__version__, use_handler_docstrings=True),
    )
    document: dict[str, Any] = app.openapi_schema.to_schema()
    document["servers"] = [{"url": settings.server.root_path or "/"}]
    document["tags"] = [{"name": "core", "description": "Mestral itself"}, *map(_tag, records)]
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _ENVELOPE
    components["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route, method, handler in documented_routes(app):
        operation = document["paths"][route.path_format][method.lower()]
        _complete(operation, handler, settings)
    return msgspec.json.encode(document)


def documented_routes(app: Litestar) -> Iterator[tuple[HTTPRoute, str, HTTPRouteHandler]]:
    """Every route, method and handler of an app that has an operation id."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.operation_id:
                    yield route, str(method), handler


def _tag(record: PluginRecord) -> dict[str, str]:
    summary, version = (record.manifest.summary, record.manifest.version) if record.manifest else ("", "")
    return {"name": record.name, "description": f"{summary} (version {version})"}


def _complete(operation: dict[str, Any], handler: HTTPRouteHandler, settings: Settings) -> None:
    """Add to one operation what Litestar cannot know."""
    access: Access = handler.opt["access"]
    query: type[msgspec.Struct] | None = handler.opt.get("query")
    operation["x-plugin"] = handler.opt["plugin"]
    operation["x-access"] = str(access)
    if query is not None:
        operation.setdefault("parameters", []).extend(_parameters(query))
    responses = operation["responses"]
    responses.pop("400", None)  # Litestar's refusals are answered 422
    for response in responses.values():
        content = response.get("content", {}).get("application/json")
        if content and content["schema"] == {"type": "string"}:
            content["schema"] = {}  # `Response[bytes]` holds finished JSON and does not tell its shape
    responses.setdefault("default", _PROBLEM)
    if access is not Access.PUBLIC:
        protected = needs_token(access, settings.auth.protection_level)
        operation["security"] = [{BEARER: []}] if protected else [{BEARER: []}, {}]


def _parameters(query: type[msgspec.Struct]) -> Iterator[dict[str, Any]]:
    for parameter in parameters_of(query):
        schema: dict[str, Any] = {"type": parameter.type}
        if parameter.choices:
            schema["enum"] = list(parameter.choices)
        if parameter.default is not None:
            schema["default"] = parameter.default
        described = {"name": parameter.public_name, "in": "query", "required": parameter.required}
        for meta in parameter.limits:
            schema |= {
                word: value for name, word in _LIMITS.items() if (value := getattr(meta, name)) is not None
            }
            if meta.description:
                described["description"] = meta.description
        yield {**described, "schema": schema}
