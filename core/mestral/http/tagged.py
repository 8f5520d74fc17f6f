"""Bodies whose ETag is made of their content.

Guarantees: `If-None-Match` is honoured, and the content coding that the client prefers.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

from litestar import Request, Response

from mestral.http.coding import negotiate
from mestral.http.conditional import matches
from mestral.platform import platform_of
from mestral.readers.compress import compress


def digest(body: bytes) -> str:
    """A short text that is another one for every other body."""
    return blake2b(body, digest_size=12).hexdigest()


class Tagged:
    """One such body; of one that is kept, each content coding is made once, when a client first asks for it.

    Args:
        body: The body.
        media_type: Its content type.
        headers: More headers of the answer.
    """

    def __init__(self, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self._media_type = media_type
        self._headers = {**(headers or {}), "etag": f'W/"{digest(body)}"'}
        self._compressed = cache(lambda coding: compress(body, coding))

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """What this request gets."""
        if matches(request.headers.get("if-none-match"), self._headers["etag"]):
            return Response(b"", status_code=304, headers=self._headers)
        offered = platform_of(request).settings.http.compression
        body, coding = self._compressed(negotiate(request.headers.get("accept-encoding"), offered))
        headers = {**self._headers, "content-encoding": coding} if coding else self._headers
        return Response(body, headers=headers, media_type=self._media_type)
