"""The id that ties an answer to its lines in the log.

Guarantees: a sane `X-Request-ID` of a proxy is kept, so that one id runs through all logs; anything else is
replaced.
"""

import re
import secrets
from typing import Any

_SANE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_KEY = "mestral.request_id"


def assign_request_id(scope: Any, proposed: bytes | None) -> str:
    """Choose the id of this request and remember it in its ASGI scope."""
    if proposed is not None and _SANE.fullmatch(proposed):
        request_id = proposed.decode("ascii")
    else:
        request_id = secrets.token_hex(12)
    scope[_KEY] = request_id
    return request_id


def request_id_in(scope: Any) -> str:
    """The id of the request with this ASGI scope; `-` before it has one."""
    return str(scope.get(_KEY, "-"))
