"""What passes between the front and a reader process, both ways, over one socket.

Guarantees: a frame is the length of its header and of its body (4 and 8 bytes, network order), the header
as MessagePack, and the body as it is. Both ends use blocking calls: a large body is received by one system
call in a thread, without the interpreter's lock, straight into the bytes that are sent to the client.
Measured for 72 MB, the worst stall of the front's event loop was 8 ms this way, 130 ms with asyncio's
streams and 10 ms with shared memory.
"""

import socket
import struct
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from mestral.logs import LogSetup, Work
from mestral.readers.compress import Coding
from mestral.readers.context import PackedService
from mestral.readers.fingerprint import Fingerprint

T = TypeVar("T")

_LENGTHS = struct.Struct("!IQ")


class Hello(msgspec.Struct, frozen=True, array_like=True):
    """First frame, from the front: what a reader needs to know."""

    state_dir: str
    services: tuple[PackedService, ...]
    memory_bytes: int
    recycle_bytes: int
    logs: LogSetup


class Ready(msgspec.Struct, frozen=True, array_like=True):
    """The reader's answer to `Hello`: it takes jobs."""

    pid: int


class Job(msgspec.Struct, frozen=True, array_like=True):
    """Render this, for this request. The frame's body is the MessagePack array of the arguments."""

    render: str
    coding: Coding
    work: Work | None


class Rendered(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The frame's body is the answer, in this content coding."""

    depends: Fingerprint = Fingerprint()
    coding: Coding = ""


class Refused(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The render function raised a `Problem`: its fields."""

    status: int
    message: str
    code: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None


class Failed(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The render function raised anything else: the traceback, for the log."""

    traceback: str


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What became of a job.

    Attributes:
        outcome: The kind of answer.
        leaving: The reader has grown too large, and takes no further job.
        resident_bytes: Its resident memory.
        parse_seconds: Seconds that went into parsed copies.
    """

    outcome: Rendered | Refused | Failed
    leaving: bool
    resident_bytes: int
    parse_seconds: float


def send(sock: socket.socket, header: msgspec.Struct, body: bytes | bytearray | memoryview = b"") -> None:
    """Send one frame.

    Raises:
        OSError: When the other end is gone.
    """
    encoded = msgspec.msgpack.encode(header)
    sock.sendall(_LENGTHS.pack(len(encoded), len(body)) + encoded)
    if body:
        sock.sendall(body)


def receive(sock: socket.socket, expected: type[T]) -> tuple[T, bytes]:
    """Wait for one frame.

    Raises:
        EOFError: When the other end is gone.
        OSError: When the socket fails.
        msgspec.DecodeError: When the frame is not what was expected.
    """
    header_length, body_length = _LENGTHS.unpack(_exactly(sock, _LENGTHS.size))
    header = msgspec.msgpack.decode(_exactly(sock, header_length), type=expected)
    return header, _exactly(sock, body_length)


def _exactly(sock: socket.socket, length: int) -> bytes:
    data = sock.recv(length, socket.MSG_WAITALL) if length else b""
    while len(data) < length:  # a signal cut it short, or the other end is gone
        more = sock.recv(length - len(data), socket.MSG_WAITALL)
        if not more:
            raise EOFError("the other end is gone")
        data += more
    return data
