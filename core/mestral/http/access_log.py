"""One line per request, on the logger `mestral.access`; in JSON its parts are fields.

Guarantees: no query string is ever logged (those of logins hold tickets and codes, contract/AUTH.md B20), and
no text of a client can forge a line, or pass for an address.
"""

import logging
import re
from typing import Any

from mestral.auth.guard import identity_in
from mestral.http.report import RequestReport
from mestral.http.request_id import request_id_in

logger = logging.getLogger("mestral.access")

_LINE = (
    "%(method)s %(path)s status=%(status)d bytes=%(bytes)d ms=%(ms).1f request=%(request_id)s "
    "client=%(client)s identity=%(identity)s"
)
_MAX_PATH = 300
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}(%[0-9A-Za-z]{1,15})?")


def log_request(scope: Any, report: RequestReport, path: str) -> None:
    """Write the line.

    Args:
        scope: ASGI scope of the request.
        report: What became of it.
        path: What `printable_path` made of its path.
    """
    identity = identity_in(scope)
    fields = {
        "method": _one_word(report.method),
        "path": path,
        "route": report.route,
        "plugin": report.plugin,
        "status": report.status,
        "bytes": report.size,
        "ms": round(report.seconds * 1000, 3),
        "request_id": request_id_in(scope),
        "client": client_of(scope),
        "identity": _one_word(identity.id) if identity else "-",
    }
    logger.info(_LINE, fields)


def printable_path(scope: Any) -> str:
    """The path of a request as it was sent, percent-encoded, shortened when it is long."""
    raw = scope.get("raw_path") or scope["path"].encode()
    text = _one_word(raw.partition(b"?")[0].decode("latin-1"))
    return text if len(text) <= _MAX_PATH else f"{text[:_MAX_PATH]}..."


def client_of(scope: Any) -> str:
    """The address of the client of a request; `-` behind a unix socket."""
    client = scope.get("client")
    return _address(client[0]) if client and client[0] else "-"


def _address(text: str) -> str:
    """A client's address; `?` for another word, which a proxy took from its client (X-Forwarded-For)."""
    return text if _ADDRESS.fullmatch(text) else "?"


def _one_word(text: str) -> str:
    if text.isprintable() and " " not in text:
        return text
    return "".join(c if c.isprintable() and c != " " else f"%{ord(c):02X}" for c in text)
