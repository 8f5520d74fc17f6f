"""JSON answers made in the front.

Guarantees: UTF-8, compact, `content-type: application/json`.
"""

from collections.abc import Mapping

import msgspec
from litestar import Response

JSON = "application/json"


def json_response(
    body: bytes | object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """An answer with a JSON body.

    Args:
        body: Finished JSON as bytes, or a value that msgspec can encode.
        status: HTTP status.
        headers: Extra response headers.
    """
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status_code=status, headers=headers, media_type=JSON)
