"""Every answer of an operation: status, when it is given, shape, headers.

Guarantees: what core itself answers (guard, limits, routing, crashes) is listed for every operation that it
can happen to, whatever its plugin says.
"""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from mestral.http.answers import Answers, answers_of
from mestral.http.openapi.schemas import Schema, Schemas, success_type
from mestral.http.outer import MAX_QUERY_BYTES
from mestral.http.responses import JSON
from mestral.settings.model import ServerSettings

PROBLEM: Schema = {
    "title": "Problem",
    "description": "Every answer that is not a success.",
    "type": "object",
    "required": ["error", "error_message", "code"],
    "properties": {
        "error": {"type": "boolean", "const": True},
        "error_message": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "A stable word for programs."},
        "detail": {"type": "string", "description": "The sentence again, with 404 and 405 of the router."},
    },
}
_PROBLEM: Schema = {"$ref": "#/components/schemas/Problem"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "Names this request in the server's log.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {"description": "The version of the answer, for `If-None-Match`.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds after which trying again may help; absent when it will not.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "The challenge of RFC 6750; `invalid_token` when a token was sent and is not valid.",
        "required": True,
        "schema": {"type": "string"},
    },
}
_MORE_HEADERS = {304: ("ETag",), 401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
"""Status -> headers beside the request id."""


def complete_responses(
    operation: dict[str, Any],
    handler: HTTPRouteHandler,
    schemas: Schemas,
    server: ServerSettings,
    *,
    protected: bool,
    decided: bool,
) -> None:
    """Describe what an operation answers.

    Args:
        operation: With the frame of its success, by Litestar.
        handler: Its `Answers` say the rest.
        schemas: Collects the shapes.
        server: For the limits.
        protected: Whether a token is demanded.
        decided: Whether the policy is asked.
    """
    plugin, answers = handler.opt["plugin"], answers_of(handler)
    success = operation["responses"][str(handler.status_code)]
    _describe_success(success, handler, schemas)
    _describe_body(operation, handler, schemas)
    success["headers"] = _headers("ETag") if answers.etag else _headers()
    responses = {str(handler.status_code): success}
    if answers.etag:
        responses["304"] = {
            "description": "The client has the current version (`If-None-Match`).",
            "headers": _headers("ETag"),
        }
    for status, when in sorted(
        _errors(operation, server, answers, protected=protected, decided=decided).items()
    ):
        own = schemas.of(answers.error_bodies[status], plugin) if status in answers.error_bodies else None
        shape = own or _PROBLEM
        if own and status == 503:  # which core answers too, in the envelope
            shape = {"anyOf": [own, _PROBLEM]}
        responses[str(status)] = {
            "description": when,
            "headers": _headers(*_MORE_HEADERS.get(status, ())),
            "content": {JSON: {"schema": shape}},
        }
    operation["responses"] = responses


def _describe_success(success: dict[str, Any], handler: HTTPRouteHandler, schemas: Schemas) -> None:
    content = success.get("content", {}).get(JSON)
    if content is None:
        return  # another media type: Litestar said it
    body = success_type(handler)
    schema = schemas.of(body, handler.opt["plugin"]) if body is not None else None
    if schema is not None:
        content["schema"] = schema
    elif content["schema"] == {"type": "string"}:
        content["schema"] = {}  # `Response[bytes]` holds finished JSON and does not tell its shape


def _describe_body(operation: dict[str, Any], handler: HTTPRouteHandler, schemas: Schemas) -> None:
    """The request's body, by the same rules as the answer's."""
    field = handler.parsed_data_field
    content = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if field is not None and content is not None:
        content["schema"] = schemas.of(field.annotation, handler.opt["plugin"]) or content["schema"]


def _errors(
    operation: dict[str, Any], server: ServerSettings, answers: Answers, *, protected: bool, decided: bool
) -> dict[int, str]:
    """Every status that is not a success, and when it is answered."""
    has_body = "requestBody" in operation
    too_many = [
        *(["Too many requests with a token that is not valid came from this address."] if protected else []),
        *(["Too many requests of this client are being answered."] if server.max_requests_per_client else []),
    ]
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    known = {
        400: bool(server.allowed_hosts) and "The Host header names no host that this server answers for.",
        401: protected and "No token was sent, or it is not valid, or it has expired (`Expired token`).",
        403: decided and "Whoever sent the token may not operate this; the answer says who may.",
        404: "path" in places and "A path parameter holds what no name can hold.",
        408: has_body and "The body did not arrive in time.",
        413: has_body and "The body is larger than `server.max_body_bytes`.",
        414: f"The query string is longer than {MAX_QUERY_BYTES} bytes.",
        422: (has_body or "query" in places) and "A parameter or the body does not fit; the answer says why.",
        429: " ".join(too_many),
        500: "A fault of the server; its log has the request id.",
        503: "The server is being stopped, has too much to do, or cannot answer in time.",
    }
    return {status: when for status, when in known.items() if when} | dict(answers.errors)


def _headers(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *names)}
