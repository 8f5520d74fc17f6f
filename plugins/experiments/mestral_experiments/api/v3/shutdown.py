"""`GET /v3/shutdown/{route}` (contract/API_V3.md 2.12): the GUI calls it when it leaves a page.

In Autosubmit API it stops whoever serves the user named by the caller. Here it stops nothing: an answer
that nobody waits for harms nobody, so whoever may call it need not be allowed to operate anything.
"""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import PathParameter

from mestral import Access
from mestral.http import Answers, get, json_response

Route = Annotated[str, PathParameter(description="The page that is left.")]


@get(
    "/v3/shutdown/{route:str}",
    access=Access.OPERATE,
    operation_id="experiments.v3_shutdown",
    policy="none",
    answers=Answers(body=Literal[""]),
    summary="Does nothing (kept for the GUI)",
)
async def shutdown(route: Route) -> Response[bytes]:
    """Constant."""
    return json_response(b'""')


HANDLERS = (shutdown,)
