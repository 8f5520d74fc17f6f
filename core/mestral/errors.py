"""The errors that reach a person who uses the API: one class, one wire shape.

Guarantees: a `Problem` raised anywhere (in a handler, a guard, a fingerprint function, a render function in a
reader process) becomes `{"error": true, "error_message": message, "code": code}` with its status. Its message
holds no path, SQL or exception text: whoever raises it writes a sentence for the API's user.
"""

from collections.abc import Mapping


class Problem(Exception):  # noqa: N818 - it is an answer, and reads as one where it is raised
    """An answer that is not a success.

    Args:
        status: HTTP status, 400 to 599.
        message: One sentence for the API's user.
        code: Stable machine-readable word, such as `not_found`; defaults to one made from the status.
        headers: Extra response headers, such as `Retry-After` (seconds) or `WWW-Authenticate`.
        body: Keys that replace the envelope where the contract fixes another shape (contract/AUTH.md A4, A5).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _CODES.get(status, "error")
        self.headers = dict(headers or {})
        self.body = dict(body) if body is not None else None


class LoginRefused(Exception):  # noqa: N818 - a verdict of a login
    """A login does not vouch for anybody.

    Args:
        message: For the person who logs in; no code, ticket or token in it.
        reason: For the audit log, more exact; the message when empty.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or message


EXPIRED = "Expired token"

_CHALLENGE = 'Bearer realm="mestral"'

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    414: "too_large",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    502: "bad_gateway",
    503: "unavailable",
}


def not_found(message: str) -> Problem:
    """404: what was asked for does not exist."""
    return Problem(404, message)


def invalid(message: str) -> Problem:
    """422: a query parameter, path parameter or body does not fit (contract/API_V4.md 1.2)."""
    return Problem(422, message)


def unavailable(message: str, *, retry_after: int | None = None) -> Problem:
    """503: required data is damaged, or cannot be read now.

    Args:
        message: One sentence for the API's user.
        retry_after: Seconds, given when the fault may pass by itself (locked, being rewritten).
    """
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    return Problem(503, message, headers=headers)


def bad_gateway(message: str) -> Problem:
    """502: another server that this answer needs answered, and not as it should."""
    return Problem(502, message)


def unauthorized(
    message: str = "Unauthorized", *, invalid_token: bool = False, body: dict[str, object] | None = None
) -> Problem:
    """401 with the challenge of RFC 6750 section 3.

    Args:
        message: `Unauthorized`, `Expired token`, or what a refused login says.
        invalid_token: The request brought a token, and it is not valid.
        body: Keys in place of the envelope, where the contract wants another shape.
    """
    challenge, code = _CHALLENGE, None
    if invalid_token:
        challenge += ', error="invalid_token"'
    if message == EXPIRED:
        challenge, code = f'{challenge}, error_description="The token expired"', "expired_token"
    return Problem(401, message, code=code, headers={"WWW-Authenticate": challenge}, body=body)


def insufficient_scope(scope: str) -> Problem:
    """403: the token that was sent is valid, and not for this (RFC 6750 section 3.1)."""
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    message = f"This token may not be used for this: it lacks the scope `{scope}`."
    return Problem(403, message, code="insufficient_scope", headers={"WWW-Authenticate": challenge})
