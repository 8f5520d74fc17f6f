"""Everything that is not a success, in one shape (contract/API_V4.md 1.2).

Guarantees: `{"error": true, "error_message": ..., "code": ...}` with the right status for a `Problem`, for
Litestar's own refusals and for what nobody foresaw. The latter is logged with traceback, request id and
plugin, and the client learns nothing of it.
"""

import logging
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from mestral.errors import Problem
from mestral.http.access_log import printable_path
from mestral.http.responses import json_response

logger = logging.getLogger(__name__)

UNEXPECTED = Problem(500, "An unexpected error occurred.")
NOT_ROUTED = Problem(404, "Not Found")

_LEFT = "client disconnected prematurely"  # Litestar's word for it, in an error that is not the server's

_OFFSET = re.compile(r"\(byte (\d+)\)")
_AT_PATH = re.compile(r"^(?P<reason>.*) - at `\$\.?(?P<path>.*)`$")


def envelope(problem: Problem, **more: object) -> bytes:
    """The body that answers a problem; `more` stands beside the keys of the envelope."""
    if problem.body is not None:
        return msgspec.json.encode(problem.body)
    return msgspec.json.encode(
        {"error": True, "error_message": problem.message, "code": problem.code, **more}
    )


def answer_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to whatever a route, a guard or the router raised; the app's one exception handler."""
    if isinstance(error, Problem):
        return _answer(error)
    if isinstance(error, NotFoundException):
        return _answer(Problem(404, error.detail), detail=error.detail)
    if isinstance(error, MethodNotAllowedException):
        return _answer(Problem(405, error.detail, headers=error.headers), detail=error.detail)
    if isinstance(error, ValidationException):
        return _answer(Problem(422, _faults(error.extra)))
    if isinstance(error, ClientException) and isinstance(error.__cause__, SerializationException):
        offset = _OFFSET.search(str(error.__cause__))
        return _answer(
            Problem(422, f"Invalid value for '{offset[1] if offset else 'request'}': JSON decode error")
        )
    if isinstance(error, InternalServerException) and error.detail == _LEFT:
        return _answer(Problem(400, "The client left before its request was complete."))
    if isinstance(error, HTTPException) and error.status_code != 500:
        return _answer(Problem(error.status_code, error.detail, headers=error.headers))
    log_unexpected(request.scope, error)
    return _answer(UNEXPECTED)


def log_unexpected(scope: Any, error: BaseException) -> None:
    """Log an error that nobody foresaw, so that its request and its plugin can be found."""
    logger.error("Unexpected error: %s %s", scope["method"], printable_path(scope), exc_info=error)


def _answer(problem: Problem, **more: object) -> Response[bytes]:
    return json_response(envelope(problem, **more), problem.status, problem.headers)


def _faults(extra: Any) -> str:
    """The faults that Litestar found in parameters or body, in the words of the contract."""
    faults: Iterable[Any] = extra if isinstance(extra, list) else ()
    return "; ".join(_fault(fault) for fault in faults) or "Invalid value for 'request'"


def _fault(fault: Any) -> str:
    key, reason = str(fault.get("key", "")), str(fault.get("message", ""))
    if match := _AT_PATH.match(reason):
        key, reason = match["path"] or key, match["reason"]
    return f"Invalid value for '{key.removeprefix('data').lstrip('.') or 'request'}': {reason}"
