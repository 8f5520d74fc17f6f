"""One line per request, on the logger `mestral.access`.

Guarantees: no query string is ever logged (those of logins hold tickets and codes, contract/AUTH.md B20), and
no text of a client can forge a line.
"""

import logging
from typing import Any

from mestral.auth.guard import identity_in
from mestral.http.request_id import request_id_in

logger = logging.getLogger("mestral.access")

_MAX_PATH = 300


def log_request(scope: Any, method: str, path: str, *, status: int, size: int, seconds: float) -> None:
    """Write the line.

    Args:
        scope: ASGI scope of the request.
        method: HTTP method as it was sent.
        path: What `printable_path` made of its path.
        status: HTTP status; 0 when the client left before an answer began.
        size: Bytes of the body that was sent.
        seconds: From the request's arrival to the end of the answer.
    """
    identity = identity_in(scope)
    client = scope.get("client")
    logger.info(
        "%s %s status=%d bytes=%d ms=%.1f request=%s client=%s identity=%s",
        method,
        path,
        status,
        size,
        seconds * 1000,
        request_id_in(scope),
        _one_word(client[0]) if client and client[0] else "-",
        _one_word(identity.id) if identity else "-",
    )


def printable_path(scope: Any) -> str:
    """The path of a request as it was sent, percent-encoded, shortened when it is long."""
    raw = scope.get("raw_path") or scope["path"].encode()
    text = _one_word(raw.partition(b"?")[0].decode("latin-1"))
    return text if len(text) <= _MAX_PATH else f"{text[:_MAX_PATH]}..."


def _one_word(text: str) -> str:
    if text.isprintable() and " " not in text:
        return text
    return "".join(c if c.isprintable() and c != " " else f"%{ord(c):02X}" for c in text)
