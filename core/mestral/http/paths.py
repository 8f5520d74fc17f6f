"""Paths as they are routed (contract/API_V4.md 1.1, contract/CONFIG.md 7).

Guarantees: repeated slashes count once, a slash at the end does not count, both without a redirect; the
public prefix may be sent or not. What no route can be named (control characters, excessive length) is not
routed at all.
"""

import re

MAX_CHARACTERS = 4096
"""Longer paths are answered 404; the longest name a file system takes is 255 bytes."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SLASHES = re.compile("//+")


def split_root(path: str, root_path: str) -> tuple[str, str] | None:
    """The prefix that was sent (`root_path` or empty) and the path below it; None when nothing can be there.

    Args:
        path: Percent-decoded path of the request.
        root_path: The configured public prefix, without a slash at its end; may be empty.
    """
    if len(path) > MAX_CHARACTERS or _CONTROL.search(path):
        return None
    path = _SLASHES.sub("/", path)
    if len(path) > 1 and path[-1] == "/":
        path = path[:-1]
    if root_path and (path == root_path or path.startswith(root_path + "/")):
        return root_path, path[len(root_path) :] or "/"
    return "", path
