"""`GET /v3/filestatus` (contract/API_V3.md 2.21): kept for old clients, measures nothing."""

import msgspec
from litestar import Response

from mestral import Access
from mestral.http import Answers, get, json_response


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `/v3/filestatus`."""

    status: bool
    error: bool
    error_message: str
    avg_latency: None
    avg_bandwidth: None
    current_latency: None
    current_bandwidth: None
    reponse_time: None
    datetime: None
    latency_warning: None
    bandwidth_warning: None
    response_warning: None


_BODY = FileStatus(
    status=False,
    error=False,
    error_message="This endpoint is not supported in this version of the API."
    "Will be removed in future versions.",
    avg_latency=None,
    avg_bandwidth=None,
    current_latency=None,
    current_bandwidth=None,
    reponse_time=None,
    datetime=None,
    latency_warning=None,
    bandwidth_warning=None,
    response_warning=None,
)


@get(
    "/v3/filestatus",
    access=Access.PUBLIC,
    operation_id="experiments.v3_filestatus",
    answers=Answers(body=FileStatus),
    summary="State of the file system (not measured)",
)
async def filestatus() -> Response[bytes]:
    """Constant."""
    return json_response(_BODY)


HANDLERS = (filestatus,)
