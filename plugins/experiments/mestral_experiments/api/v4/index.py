"""`GET /v4`: the v4 routes this server has (contract/API_V4.md 1.1)."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.routes import HTTPRoute

from mestral import Access
from mestral.http import Answers, get, json_response

_EXPERIMENT = "/experiments/{expid}"
_KNOWN = (
    ("", "GET"),
    ("/auth/verify-token", "GET"),
    ("/auth/cas/v2/login", "GET"),
    ("/auth/oauth2/github/login", "GET"),
    ("/auth/oidc/login", "GET"),
    ("/experiments", "GET"),
    (_EXPERIMENT, "GET"),
    (f"{_EXPERIMENT}/jobs", "GET"),
    (f"{_EXPERIMENT}/wrappers", "GET"),
    (f"{_EXPERIMENT}/filesystem-config", "GET"),
    (f"{_EXPERIMENT}/runs", "GET"),
    (f"{_EXPERIMENT}/runs/{{run_id}}/config", "GET"),
    (f"{_EXPERIMENT}/runs/{{run_id}}/user-metrics", "GET"),
    (f"{_EXPERIMENT}/user-metrics-runs", "GET"),
    (f"{_EXPERIMENT}/eta", "GET"),
    (f"{_EXPERIMENT}/jobs/{{job_name}}", "GET"),
    (f"{_EXPERIMENT}/jobs/{{job_name}}/parents", "GET"),
    (f"{_EXPERIMENT}/jobs/{{job_name}}/children", "GET"),
    ("/runners/configuration/ssh-public-keys", "GET"),
    ("/runners/configuration/profiles", "GET"),
    ("/runners/configuration/endpoints", "GET"),
    ("/runners/command/set-job-status", "POST"),
    ("/runners/command/run-experiment", "POST"),
    ("/runners/command/get-runner-run-status", "POST"),
    ("/runners/command/stop-experiment", "POST"),
    ("/runners/command/create-experiment", "POST"),
    ("/runners/command/update-experiment-description", "POST"),
    ("/user-settings/preferred-username", "POST"),
    ("/user-settings/preferred-username", "GET"),
    ("/experiments:batch", "POST"),
    (f"{_EXPERIMENT}/health", "GET"),
    *((f"{_EXPERIMENT}/{name}", "GET") for name in ("performance", "statistics", "summary", "history")),
    (f"{_EXPERIMENT}/tree", "GET"),
    (f"{_EXPERIMENT}/graph", "GET"),
    (f"{_EXPERIMENT}/graph.svg", "GET"),
    (f"{_EXPERIMENT}/performance.svg", "GET"),
)
"""Everything Autosubmit API 4.2.0 lists, in its order, then what is new: path below `/v4`, and method."""


class IndexEntry(msgspec.Struct, frozen=True):
    """One route: its path with names of parameters in braces, and its methods."""

    path: str
    methods: tuple[str, ...]


class Index(msgspec.Struct, frozen=True):
    """Answer of `/v4`."""

    routes: list[IndexEntry]


@get(
    "/v4",
    access=Access.PUBLIC,
    operation_id="experiments.v4_index",
    answers=Answers(body=Index),
    summary="The v4 routes of this server",
)
async def index(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Those of the known routes that some active plugin serves."""
    served = {
        (route.path_format, method)
        for route in request.app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
    }
    base = request.scope.get("root_path", "").rstrip("/") + "/v4"
    listed = [
        IndexEntry(base + path, (method,)) for path, method in _KNOWN if (f"/v4{path}", method) in served
    ]
    return json_response(Index(listed))


HANDLERS = (index,)
