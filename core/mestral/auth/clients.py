"""Which pages may have their visitors logged in (contract/AUTH.md B6, B7, B10).

Guarantees: an address is compared by scheme, host, port and path, never as a text that is contained in
another; the path must be equal or begin with the allowed one at a `/`. What browsers and servers may read
differently (user names, fragments, backslashes, control characters, dot segments) is never allowed.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

ANY = "*"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_PLAIN = re.compile(r"[!-~]+")  # visible ASCII


def origin_and_path(url: str) -> tuple[str, str] | None:
    """An address as it is compared: its origin with the port written out, and its path; None when unclear."""
    if not _PLAIN.fullmatch(url) or "\\" in url or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix(f":{port}" if port is not None else "")
    if scheme not in _DEFAULT_PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    path = parts.path or "/"
    segments = unquote(path).split("/")
    if ".." in segments or "." in segments or "\\" in unquote(path):
        return None
    return f"{scheme}://{host}:{port or _DEFAULT_PORTS[scheme]}", path


def is_allowed(url: str, entries: Iterable[str]) -> bool:
    """Whether an address is one of the allowed ones, or below one of them.

    Args:
        url: The address of a page; it may have a query.
        entries: Allowed addresses; what is no address (a bare word, `*`) allows nothing here.
    """
    return entry_of(url, entries) is not None


def entry_of(url: str, entries: Iterable[str]) -> str | None:
    """The entry that allows an address, of several the longest; None when none does."""
    asked = origin_and_path(url)
    if asked is None:
        return None
    return max((entry for entry in entries if _is_below(asked, entry)), key=len, default=None)


def is_target(url: str) -> bool:
    """Whether a browser can be sent there: an absolute address of visible ASCII, by http or https."""
    return bool(_PLAIN.fullmatch(url)) and urlsplit(url).scheme.lower() in _DEFAULT_PORTS and "://" in url


def _is_below(asked: tuple[str, str], entry: str) -> bool:
    allowed = origin_and_path(entry)
    if allowed is None or allowed[0] != asked[0]:
        return False
    prefix = allowed[1].rstrip("/")
    return asked[1] == allowed[1] or asked[1] == prefix or asked[1].startswith(f"{prefix}/")
