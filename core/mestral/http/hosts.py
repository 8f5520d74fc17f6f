"""Which hosts the server answers for (RFC 9110 7.2: the Host header is what the client asked for).

Guarantees: names are compared without regard to case, port and a dot at the end, IPv6 addresses by value;
`*.example.org` allows every name below example.org and not that one. A request that names no host, two, or
something that is none is refused where not every host is allowed.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv6Address

from mestral.errors import Problem

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]*)?")
_SHOWN = 100


class Hosts:
    """The hosts that are allowed.

    Args:
        allowed: `server.allowed_hosts`; empty: any.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._any = not allowed or "*" in allowed
        self._names = {_normal(host) for host in allowed}
        self._suffixes = tuple(host[1:].lower() for host in allowed if host.startswith("*."))

    def refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> Problem | None:
        """The answer to a request with these headers when its host is not allowed."""
        if self._any:
            return None
        given = [value.decode("latin-1") for name, value in headers if name == b"host"]
        host = _normal(given[0]) if len(given) == 1 else None
        if host is not None and (host in self._names or host.endswith(self._suffixes)):
            return None
        shown = ", ".join(given)[:_SHOWN]
        return Problem(400, f"This server does not answer for the host '{shown}' (server.allowed_hosts).")


def _normal(header: str) -> str | None:
    """A host as it is compared; None when it is none."""
    match = _HOST.fullmatch(header)
    if match is None:
        return None
    if match["ipv6"] is None:
        return match["name"].lower().removesuffix(".") or None
    try:
        return str(IPv6Address(match["ipv6"]))
    except AddressValueError:
        return None
