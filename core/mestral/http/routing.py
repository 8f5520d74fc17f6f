"""Route decorators for plugins: Litestar's own, with what Mestral demands of every route.

Guarantees: no route without an access level and an operation id; one path and one method each, so that an
operation id names one operation; success is 200 unless stated, for POST as well (contract/API_V4.md: its
POSTs answer 200).
"""

from typing import Any, Literal

import msgspec
from litestar import handlers
from litestar.handlers import HTTPRouteHandler

from mestral.contributions import Access
from mestral.http.answers import Answers
from mestral.http.query import parameters_of

AskPolicy = Literal["path", "handler", "none"]
"""Who asks the policy whether somebody may `operate`.

- `path`: core, about the path parameter `expid`, or about no experiment where the path has none;
- `handler`: the handler itself, by `platform.policy.require`, because the body names the experiment;
- `none`: nobody, because the route harms nothing; PROTECTION_LEVEL still holds.
"""


def get(
    path: str,
    *,
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None = None,
    answers: Answers | None = None,
    policy: AskPolicy = "path",
    **options: Any,
) -> HTTPRouteHandler:
    """A route for GET; HEAD comes with it.

    Args:
        path: Path below the prefix of its `Routes`, such as `/experiments/{expid:str}`. A trailing slash and
            repeated slashes are served without being declared.
        access: Who may use it.
        operation_id: Unique over all plugins: `<plugin>.<name>`.
        query: The Struct its handler gives to `parse_query`, for the OpenAPI document.
        answers: What it answers, for the OpenAPI document.
        policy: Who asks the policy of an `operate` route.
        options: More options of Litestar's decorator (`summary`, `sync_to_thread`, ...).
    """
    return handlers.get(path, **_options(access, operation_id, query, answers, policy, options))


def post(
    path: str,
    *,
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None = None,
    answers: Answers | None = None,
    policy: AskPolicy = "path",
    **options: Any,
) -> HTTPRouteHandler:
    """A route for POST; arguments as for `get`."""
    return handlers.post(path, **_options(access, operation_id, query, answers, policy, options))


def put(
    path: str,
    *,
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None = None,
    answers: Answers | None = None,
    policy: AskPolicy = "path",
    **options: Any,
) -> HTTPRouteHandler:
    """A route for PUT; arguments as for `get`."""
    return handlers.put(path, **_options(access, operation_id, query, answers, policy, options))


def patch(
    path: str,
    *,
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None = None,
    answers: Answers | None = None,
    policy: AskPolicy = "path",
    **options: Any,
) -> HTTPRouteHandler:
    """A route for PATCH; arguments as for `get`."""
    return handlers.patch(path, **_options(access, operation_id, query, answers, policy, options))


def delete(
    path: str,
    *,
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None = None,
    answers: Answers | None = None,
    policy: AskPolicy = "path",
    **options: Any,
) -> HTTPRouteHandler:
    """A route for DELETE; arguments as for `get`."""
    return handlers.delete(path, **_options(access, operation_id, query, answers, policy, options))


def _options(
    access: Access,
    operation_id: str,
    query: type[msgspec.Struct] | None,
    answers: Answers | None,
    policy: AskPolicy,
    options: dict[str, Any],
) -> dict[str, Any]:
    if query is not None:
        parameters_of(query)  # refuses, here and now, what no parameter can fill
    core = {"access": Access(access), "query": query, "answers": answers, "policy": policy}
    opt = {**options.pop("opt", {}), **core}
    return {"status_code": 200, **options, "operation_id": operation_id, "opt": opt}
