"""Which web pages may read the answers (contract/API_V4.md 1.3, AUTH.md B19; Fetch standard).

Guarantees: no answer allows credentials, as no cookies are used. No origin configured: any may read.
Otherwise those configured may, and `Vary: Origin` keeps caches apart (`outer` sets it).
"""

from collections.abc import Sequence

Headers = list[tuple[bytes, bytes]]

_EXPOSED = (b"access-control-expose-headers", b"ETag, X-Request-ID, Retry-After, Location")
_METHODS = (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
_MAX_AGE = (b"access-control-max-age", b"600")
_USUAL_HEADERS = b"authorization, content-type, if-none-match, x-request-id"


class Cors:
    """The CORS headers of every answer.

    Args:
        origins: Origins such as `https://gui.example.org`; empty: any.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._any = [(b"access-control-allow-origin", b"*"), _EXPOSED]

    def headers(self, origin: bytes | None) -> Headers:
        """Headers of an answer to a request with this `Origin`."""
        if not self._origins:
            return self._any
        if origin in self._origins:
            return [(b"access-control-allow-origin", origin), _EXPOSED]
        return []

    def preflight_headers(self, requested: bytes | None) -> Headers:
        """What the answer to a preflight has beside `headers`.

        Args:
            requested: Its `Access-Control-Request-Headers`: all are allowed.
        """
        return [_METHODS, (b"access-control-allow-headers", requested or _USUAL_HEADERS), _MAX_AGE]
