"""`GET /`: which API this is, as clients of Autosubmit API know it."""

from typing import Literal

import msgspec
from litestar import Response

from mestral import Access
from mestral.http import Answers, get, json_response


class Root(msgspec.Struct, frozen=True):
    """Answer of `/`."""

    name: Literal["Autosubmit API"]
    version: str


_BODY = Root("Autosubmit API", "4.2.0")


@get(
    "/",
    access=Access.PUBLIC,
    operation_id="experiments.root",
    answers=Answers(body=Root),
    summary="Name and version of the API",
    description="The version is that of the Autosubmit API whose contract is served.",
)
async def root() -> Response[bytes]:
    """Constant."""
    return json_response(_BODY)


HANDLERS = (root,)
