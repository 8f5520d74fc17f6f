"""What a route asks of the readers, and what a render function gives back.

Guarantees: plain values only; everything here crosses the border between the front and a reader process.
"""

from typing import Any

import msgspec

from mestral.readers.fingerprint import Fingerprint


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to make one answer. Returned by a route's plan function, which runs in a thread of the front.

    Attributes:
        render: Import path `package.module:function` of `function(reader, *args) -> bytes | Answer`;
            `reader` is a `ReaderContext`. It runs in a reader process.
        args: Its arguments: values that msgspec can encode as MessagePack and decode without a type.
        fingerprint: What the answer will be made from, with `ticking` where it depends on now; equal
            fingerprints give equal answers.
        affinity: Plans with the same word go to the same reader, so that one parsed copy serves them.
        media_type: Content type of the answer.
    """

    render: str
    args: tuple[Any, ...]
    fingerprint: Fingerprint
    affinity: str
    media_type: str = "application/json"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A finished body, when a render function has more to say than the bytes.

    Attributes:
        body: The body.
        depends: What also took part and could not be known before: files (included configuration files) as
            they were before they were read, and `ticking` where it turned out that now does.
    """

    body: bytes
    depends: Fingerprint = Fingerprint()
