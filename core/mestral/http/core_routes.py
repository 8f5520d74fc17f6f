"""The routes of core itself: health, the OpenAPI document, and the check of a token (contract/AUTH.md A4)."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from mestral.auth.guard import CHECKS_TOKENS, identity_of, needs_token
from mestral.contributions import Access
from mestral.errors import unauthorized
from mestral.http.answers import Answers
from mestral.http.docs import docs_handlers
from mestral.http.health import Readiness, readiness
from mestral.http.health_details import Health, health
from mestral.http.login_routes import exchange, providers
from mestral.http.metrics.route import metrics_handler
from mestral.http.responses import json_response
from mestral.http.routing import get, post
from mestral.http.status import status_page
from mestral.http.tagged import Tagged
from mestral.http.token_routes import token_handlers
from mestral.http.user_settings import user_settings_handlers
from mestral.platform import platform_of
from mestral.plugins import Plugins
from mestral.plugins.routes import routes_in
from mestral.settings.model import MetricsSettings, Settings


class Root(msgspec.Struct, frozen=True):
    """Answer of `/` where no plugin has a route for it."""

    name: Literal["Mestral"]


class Live(msgspec.Struct, frozen=True):
    """Answer of `/health/live`."""

    status: Literal["live"]


class VerifiedToken(msgspec.Struct, frozen=True):
    """Answer of `/v4/auth/verify-token`; the user of some old tokens is a number."""

    authenticated: bool
    user: str | int | float | None


class TokenTest(msgspec.Struct, frozen=True):
    """Answer of `/v3/tokentest`."""

    isValid: bool  # noqa: N815 - the contract's name
    message: str | None


NOBODY = VerifiedToken(authenticated=False, user=None)
INVALID = TokenTest(isValid=False, message="Unauthorized")
_NO_TOKEN = {
    401: "No token was sent, or it is not valid.",
    429: "Too many tokens that are not valid came from this address.",
}
_TOKEN_TEST = Answers(body=TokenTest, errors=_NO_TOKEN, error_bodies={401: TokenTest})
_CHECKS: dict[str, object] = {CHECKS_TOKENS: True}


def core_handlers() -> tuple[HTTPRouteHandler, ...]:
    """Core's route handlers; plugins cannot claim their paths."""
    return (*_always(), *docs_handlers(), metrics_handler(MetricsSettings()))


def _always() -> tuple[HTTPRouteHandler, ...]:
    """Those that no setting takes away."""
    return (
        health_all,
        health_live,
        health_ready,
        openapi_document,
        providers,
        exchange,
        verify_token,
        token_test,
        token_test_post,
        *token_handlers,
        *user_settings_handlers,
        status_page,
    )


def served_core_handlers(settings: Settings, plugins: Plugins) -> tuple[HTTPRouteHandler, ...]:
    """Those that this server has: without what is switched off, with one for `/` where no plugin has it."""
    docs = docs_handlers() if settings.server.docs else ()
    metrics = () if settings.metrics.access == "off" else (metrics_handler(settings.metrics),)
    claimed = any(route.path == "/" for record in plugins.active for route in routes_in(record))
    extra = () if claimed else (root,)
    return (*_always(), *docs, *metrics, *extra)


@get(
    "/",
    access=Access.PUBLIC,
    operation_id="core.root",
    answers=Answers(body=Root),
    summary="Name of the platform",
)
async def root() -> Response[bytes]:
    """What answers here; a browser gets the status page."""
    return json_response(Root("Mestral"))


@get(
    "/health/live",
    access=Access.PUBLIC,
    operation_id="core.health_live",
    answers=Answers(body=Live),
    summary="Is the process alive?",
)
async def health_live() -> Response[bytes]:
    """200 as soon as the server answers at all."""
    return json_response(Live("live"))


@get(
    "/health/ready",
    access=Access.PUBLIC,
    operation_id="core.health_ready",
    answers=Answers(
        body=Readiness,
        errors={503: "A required plugin is not active, or the server is being stopped."},
        error_bodies={503: Readiness},
    ),
    summary="Can it serve?",
)
async def health_ready(request: Request[Any, Any, Any]) -> Response[bytes]:
    """200 while every required plugin is active, else 503; the results of health checks are information.

    Why something is wrong is told with a valid token only: the reason may name paths.
    """
    result = await readiness(platform_of(request), reasons=identity_of(request) is not None)
    return json_response(result, 503 if result.status == "not ready" else 200)


@get(
    "/health",
    access=Access.PUBLIC,
    operation_id="core.health",
    answers=Answers(
        body=Health,
        errors={503: "A required plugin is not active, or the server is being stopped."},
        error_bodies={503: Health},
    ),
    summary="How is the platform?",
)
async def health_all(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The status for everybody, plugins and their states for those who may read, reasons with a token."""
    platform = platform_of(request)
    identified = identity_of(request) is not None
    may_read = identified or not needs_token(Access.READ, platform.settings.auth.protection_level)
    result = await health(platform, may_read=may_read, identified=identified)
    return json_response(result, 503 if result.status == "not ready" else 200)


@get(
    "/openapi.json",
    access=Access.PUBLIC,
    operation_id="core.openapi",
    answers=Answers(body=dict[str, Any], etag=True),
    summary="The OpenAPI document",
)
async def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """OpenAPI 3.1 of every route of core and of the plugins that are served."""
    document: Tagged = request.app.state.openapi
    return document.answer(request)


@get(
    "/v4/auth/verify-token",
    access=Access.PUBLIC,
    operation_id="core.verify_token",
    opt=_CHECKS,
    answers=Answers(body=VerifiedToken, errors=_NO_TOKEN, error_bodies={401: VerifiedToken}),
    summary="Whose token?",
)
async def verify_token(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The user of the token that was sent; 401 without a valid one, at every protection level."""
    identity = identity_of(request)
    if identity is None:
        raise unauthorized(body=msgspec.structs.asdict(NOBODY))
    user = identity.username if identity.number is None else identity.number
    return json_response(VerifiedToken(authenticated=True, user=user))


@get(
    "/v3/tokentest",
    access=Access.PUBLIC,
    operation_id="core.token_test",
    opt=_CHECKS,
    answers=_TOKEN_TEST,
    summary="Is a token valid?",
)
async def token_test(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Whether a valid token was sent; 401 without one, at every protection level."""
    return _token_test(request)


@post(
    "/v3/tokentest",
    access=Access.PUBLIC,
    operation_id="core.token_test_post",
    opt=_CHECKS,
    answers=_TOKEN_TEST,
    summary="Is a token valid? (POST)",
)
async def token_test_post(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same by POST, for clients of Autosubmit API."""
    return _token_test(request)


def _token_test(request: Request[Any, Any, Any]) -> Response[bytes]:
    if identity_of(request) is None:
        raise unauthorized(body=msgspec.structs.asdict(INVALID))
    return json_response(TokenTest(isValid=True, message=None))
