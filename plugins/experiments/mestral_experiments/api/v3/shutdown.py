"""`GET /v3/shutdown/{route}` (contract/API_V3.md 2.12): the GUI calls it when it leaves a page.

In Autosubmit API it stops whoever serves the user named by the caller. Here it stops nothing: an answer
that nobody waits for harms nobody.
"""

from litestar import Response
from litestar.params import FromPath

from mestral import Access
from mestral.http import get, json_response


@get(
    "/v3/shutdown/{route:str}",
    access=Access.OPERATE,
    operation_id="experiments.v3_shutdown",
    summary="Does nothing (kept for the GUI)",
)
async def shutdown(route: FromPath[str]) -> Response[bytes]:
    """Constant."""
    return json_response(b'""')


HANDLERS = (shutdown,)
