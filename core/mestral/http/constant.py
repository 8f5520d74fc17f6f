"""Bodies that stay the same as long as the server runs.

Guarantees: an ETag and 304; each content coding is made once, when a client first asks for it.
"""

from functools import cache
from hashlib import blake2b
from typing import Any

from litestar import Request, Response

from mestral.http.coding import negotiate
from mestral.http.conditional import matches
from mestral.platform import platform_of
from mestral.readers.compress import compress


class Constant:
    """One such body.

    Args:
        body: The body.
        media_type: Its content type.
    """

    def __init__(self, body: bytes, media_type: str) -> None:
        self._media_type = media_type
        self._etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
        self._compressed = cache(lambda coding: compress(body, coding))

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """What this request gets."""
        headers = {"etag": self._etag}
        if matches(request.headers.get("if-none-match"), self._etag):
            return Response(b"", status_code=304, headers=headers)
        offered = platform_of(request).settings.http.compression
        body, coding = self._compressed(negotiate(request.headers.get("accept-encoding"), offered))
        if coding:
            headers["content-encoding"] = coding
        return Response(body, headers=headers, media_type=self._media_type)
