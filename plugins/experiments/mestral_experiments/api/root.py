"""`GET /`: which API this is, as clients of Autosubmit API know it."""

from litestar import Response

from mestral import Access
from mestral.http import get, json_response

_BODY = b'{"name":"Autosubmit API","version":"4.2.0"}'


@get(
    "/",
    access=Access.PUBLIC,
    operation_id="experiments.root",
    summary="Name and version of the API",
    description="The version is that of the Autosubmit API whose contract is served.",
)
async def root() -> Response[bytes]:
    """Constant."""
    return json_response(_BODY)


HANDLERS = (root,)
