"""`AllowedHosts`: which hosts `server.allowed_hosts` lets requests name.

Guarantees: names are compared without regard to case, port and a dot at the end, IPv6 addresses by value;
`*.example.org` allows every name below example.org and not that one.
"""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]*)?")


class AllowedHosts:
    """The hosts that are allowed.

    Args:
        allowed: `server.allowed_hosts`; empty: any.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self.any = not allowed or "*" in allowed
        self._names = {_normal(host) for host in allowed}
        self._suffixes = tuple(host[1:].lower() for host in allowed if host.startswith("*."))

    def allow(self, header: str) -> bool:
        """Whether a request with this `Host` header may be answered."""
        if self.any:
            return True
        host = _normal(header)
        return host is not None and (host in self._names or host.endswith(self._suffixes))


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
