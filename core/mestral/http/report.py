"""What is known of a request when its answer has ended: for the access log, metrics and traces."""

import msgspec

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class RequestReport(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was answered.

    Attributes:
        method: HTTP method as it was sent.
        route: Template of its route, such as `/v4/experiments/{expid}`; None when no route matches it, or it
            was refused before.
        plugin: Whose route it is; core's when none matches.
        status: HTTP status; 0 when the client left before an answer began.
        size: Bytes of the body that was sent.
        seconds: From the request's arrival to the end of the answer.
    """

    method: str
    route: str | None
    plugin: str
    status: int
    size: int
    seconds: float

    @property
    def known_method(self) -> str:
        """The method, or `other`: a client may send any word."""
        return self.method if self.method in _METHODS else "other"
