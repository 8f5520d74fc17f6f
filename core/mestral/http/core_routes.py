"""The routes of core itself: health, the OpenAPI document, and the check of a token (contract/AUTH.md A4)."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from mestral.auth.guard import identity_of
from mestral.auth.tokens import unauthorized
from mestral.contributions import Access
from mestral.http.health import readiness
from mestral.http.responses import json_response
from mestral.http.routing import get, post
from mestral.platform import platform_of


def core_handlers() -> tuple[HTTPRouteHandler, ...]:
    """Core's route handlers; plugins cannot claim their paths."""
    return (health_live, health_ready, openapi_document, verify_token, token_test, token_test_post)


@get("/health/live", access=Access.PUBLIC, operation_id="core.health_live", summary="Is the process alive?")
async def health_live() -> Response[bytes]:
    """200 as soon as the server answers at all."""
    return json_response({"status": "live"})


@get("/health/ready", access=Access.PUBLIC, operation_id="core.health_ready", summary="Can it serve?")
async def health_ready(request: Request[Any, Any, Any]) -> Response[bytes]:
    """200 while every required plugin is active, else 503; the results of health checks are information."""
    result = await readiness(platform_of(request).plugins)
    return json_response(result, 200 if result.status == "ready" else 503)


@get("/openapi.json", access=Access.PUBLIC, operation_id="core.openapi", summary="The OpenAPI document")
async def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """OpenAPI 3.1 of every route of core and of the plugins that are served."""
    return json_response(request.app.state.openapi)


@get("/v4/auth/verify-token", access=Access.PUBLIC, operation_id="core.verify_token", summary="Whose token?")
async def verify_token(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The user of the token that was sent; 401 without a valid one, at every protection level."""
    identity = identity_of(request)
    if identity is None:
        raise unauthorized(body={"authenticated": False, "user": None})
    user = identity.username if identity.number is None else identity.number
    return json_response({"authenticated": True, "user": user})


@get("/v3/tokentest", access=Access.PUBLIC, operation_id="core.token_test", summary="Is a token valid?")
async def token_test(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Whether a valid token was sent; 401 without one, at every protection level."""
    return _token_test(request)


@post("/v3/tokentest", access=Access.PUBLIC, operation_id="core.token_test_post", summary="Is a token valid?")
async def token_test_post(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same by POST, for clients of Autosubmit API."""
    return _token_test(request)


def _token_test(request: Request[Any, Any, Any]) -> Response[bytes]:
    if identity_of(request) is None:
        raise unauthorized(body={"isValid": False, "message": "Unauthorized"})
    return json_response({"isValid": True, "message": None})
