"""Conditional requests: does the client already have this version? (RFC 9110 sections 8.8.3 and 13.1.2)

Guarantees: weak comparison, lists and `*` are understood; a header that cannot be parsed matches nothing, so
that the client gets the full answer.
"""

import re

_ETAG = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` header names this entity tag.

    Args:
        if_none_match: The header's value; None when the request has none.
        etag: The tag of the current answer, quoted, weak (`W/"..."`) or strong.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    opaque = etag.removeprefix("W/")
    found, position = False, 0
    while position < len(if_none_match):
        tag = _ETAG.match(if_none_match, position)
        if tag is None:
            return False
        found = found or tag[1] == opaque
        position = tag.end()
    return found
