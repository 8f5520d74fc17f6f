"""Which hosts the server answers for (RFC 9110 7.2: the Host header is what the client asked for).

Guarantees: hosts are compared as `settings.hosts` says. A request that names no host, two, or something that
is none is refused where not every host is allowed.
"""

from collections.abc import Iterable, Sequence

from mestral.errors import Problem
from mestral.settings.hosts import AllowedHosts

_SHOWN = 100


class Hosts:
    """The hosts that are allowed.

    Args:
        allowed: `server.allowed_hosts`; empty: any.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = AllowedHosts(allowed)

    def refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> Problem | None:
        """The answer to a request with these headers when its host is not allowed."""
        if self._allowed.any:
            return None
        given = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(given) == 1 and self._allowed.allow(given[0]):
            return None
        shown = ", ".join(given)[:_SHOWN]
        return Problem(400, f"This server does not answer for the host '{shown}' (server.allowed_hosts).")
