"""What a request brings: query parameters, and `If-None-Match` where an answer has an ETag."""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from mestral.http.answers import answers_of
from mestral.http.query import Parameter, parameters_of

_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
}
"""Name in msgspec's `Meta` -> name in JSON Schema."""

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags that the client has; the answer is 304 when one of them is current.",
    "schema": {"type": "string"},
}


def complete_parameters(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    """Add them to the path parameters that Litestar found."""
    query: type[msgspec.Struct] | None = handler.opt.get("query")
    more = [*_query(query)] if query is not None else []
    if answers_of(handler).etag:
        more.append(_IF_NONE_MATCH)
    if more:
        operation.setdefault("parameters", []).extend(more)


def _schema(parameter: Parameter) -> dict[str, Any]:
    """What one may be, without its limits."""
    if parameter.type == "time":
        return {"type": "string", "format": "date-time"}
    schema: dict[str, Any] = {"type": parameter.type}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    return {"type": "array", "items": schema, "minItems": 1} if parameter.several else schema


def _query(query: type[msgspec.Struct]) -> Iterator[dict[str, Any]]:
    for parameter in parameters_of(query):
        schema = _schema(parameter)
        if parameter.default is not None:
            schema["default"] = parameter.default
        described = {"name": parameter.public_name, "in": "query", "required": parameter.required}
        if parameter.several:
            described |= {"style": "form", "explode": False}
        for meta in parameter.limits:
            schema |= {
                word: value for name, word in _LIMITS.items() if (value := getattr(meta, name)) is not None
            }
            if meta.description:
                described["description"] = meta.description
        yield {**described, "schema": schema}
