"""What a route answers, said for the OpenAPI document (`mestral.http.get(..., answers=Answers(...))`)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one route. What core answers for every route need not be said.

    Attributes:
        body: Type of the JSON body of a success: whatever msgspec can encode, or a tuple of alternatives that
            it would not take in one union. None: the return annotation says it.
        errors: HTTP status, and when it is answered in one sentence. 401, 404, 413, 414, 422, 500 and 503
            are known where core itself answers them; a sentence given here replaces that of core.
        error_bodies: HTTP status, and the type of its body where that is not the envelope.
        etag: Whether the answer has an ETag and honours `If-None-Match`, as those of `Readers.respond` do.
    """

    body: Any = None
    errors: Mapping[int, str] = {}
    error_bodies: Mapping[int, Any] = {}
    etag: bool = False


def answers_of(handler: HTTPRouteHandler) -> Answers:
    """What a handler was declared with."""
    found: Answers = handler.opt.get("answers") or Answers()
    return found
