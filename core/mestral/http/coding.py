"""Which content coding a client gets (RFC 9110 section 12.5.3).

Guarantees: only what the client accepts with a weight above zero; its weights come first, then the server's
order. Without the header, or without anything both know, the body as it is.
"""

from collections.abc import Sequence
from functools import lru_cache

from mestral.http.weights import weigh
from mestral.readers.compress import Coding


def negotiate(accept_encoding: str | None, offered: Sequence[Coding]) -> Coding:
    """Choose a coding.

    Args:
        accept_encoding: The header's value; None when the request has none.
        offered: The codings this server makes, the best first.
    """
    return _choose(accept_encoding, tuple(offered)) if accept_encoding and offered else ""


@lru_cache(maxsize=256)  # clients send a handful of different headers
def _choose(accept_encoding: str, offered: tuple[Coding, ...]) -> Coding:
    weights = dict(map(weigh, accept_encoding.lower().split(",")))
    anything = weights.get("*", 0.0)
    accepted = [(weights.get(coding, anything), coding) for coding in offered]
    as_it_is = weights.get("identity", 0.0)
    best, coding = max(accepted, key=lambda pair: pair[0])
    return coding if best > 0 and best >= as_it_is else ""
