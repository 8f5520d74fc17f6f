"""How v3 answers when something is wrong: 200 with `error` true (contract/API_V3.md 1.1)."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response

from mestral import Problem, platform_of
from mestral.http import json_response
from mestral.readers import Plan


async def respond(
    request: Request[Any, Any, Any], plan: Callable[[], Plan], failed: Callable[[str], object]
) -> Response[bytes]:
    """The planned answer, or the endpoint's own shape with the message of what went wrong.

    Args:
        request: The request.
        plan: Plans the answer, in a thread.
        failed: Makes the body of the failure from its message.
    """
    try:
        return await platform_of(request).readers.respond(request, plan)
    except Problem as problem:
        return json_response(failed(problem.message), headers=problem.headers)
