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
        fingerprint: What the answer will be made from; equal fingerprints give equal answers.
        affinity: Plans with the same word go to the same reader, so that one parsed copy serves them.
        clock_seconds: For answers that depend on now: they are made anew at every multiple of so many
            seconds; 0 = they do not depend on now.
        media_type: Content type of the answer.
    """

    render: str
    args: tuple[Any, ...]
    fingerprint: Fingerprint
    affinity: str
    clock_seconds: int = 0
    media_type: str = "application/json"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A finished body, when a render function has more to say than the bytes.

    Attributes:
        body: The body.
        depends: Files that also took part and could not be known before (included configuration files),
            as they were before they were read.
    """

    body: bytes
    depends: Fingerprint = Fingerprint()
