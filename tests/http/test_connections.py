"""What comes before a request exists is bounded too: headers, time, connections."""

import json
import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.probe import Server, ask, serving


def conversation(server: Server, sent: bytes) -> bytes:
    """Everything the server says to this, until it hangs up; it may do so before all is sent."""
    with socket.create_connection(server.address(), timeout=20) as connection:
        answer = b""
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                answer += part
        except ConnectionError:
            pass
        return answer


HUGE = 8 * 1024 * 1024


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /x/probe/open HTTP/1.1\r\nHost: a\r\n" + b"X-1: y\r\n" * 1_000,
        b"GET /x/probe/open HTTP/1.1\r\nHost: a\r\nX-1: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /x/probe/open HTTP/1.1\r\nHost: a\r\nX-1: " + b"y" * HUGE,
        b"GET /" + b"y" * HUGE,
        b"POST /x/probe/things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-1: "
        + b"y" * HUGE,
    ],
    ids=["many headers", "a large header", "an endless header", "an endless target", "an endless trailer"],
)
def test_headers_without_end_are_refused(tmp_path: Path, sent: bytes) -> None:
    with serving(tmp_path) as server:
        answer = conversation(server, sent)
        if answer:  # else the connection was reset while more was on its way
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.split()[1] in {b"431", b"401", b"400"}
            assert json.loads(body)["error"] is True
        assert ask(server.address(), "GET", "/x/probe/open")[0] == 200


def test_headers_within_the_limits_are_served(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        headers = {f"X-{number}": "y" * 300 for number in range(150)}
        for _ in range(3):
            assert ask(server.address(), "GET", "/x/probe/open", headers)[0] == 200


@pytest.mark.parametrize("sent", [b"", b"GET /x/probe/open HTTP/1.1\r\nHost:", b"\r\n"])
def test_a_connection_without_a_request_is_closed(tmp_path: Path, sent: bytes) -> None:
    with serving(tmp_path, config="[server]\nhead_seconds = 0.3\n") as server:
        assert conversation(server, sent) == b""
        whole = b"GET /x/probe/open HTTP/1.1\r\nHost: a\r\n\r\n"
        assert conversation(server, whole + b"GET /").count(b"HTTP/1.1 200") == 1


def test_too_many_connections_are_told_so_and_the_data_stays_readable(tmp_path: Path) -> None:
    limited = ("prlimit", "--nofile=200:200", "--")
    with serving(tmp_path, by=limited) as server, ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(server.address())) for _ in range(100)]
        answer = conversation(server, b"")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"too many connections" in answer
        for connection in held[:60]:
            connection.close()
        assert ask(server.address(), "GET", "/x/probe/open")[0] == 200


def test_as_many_files_may_be_open_as_the_system_allows(tmp_path: Path) -> None:
    with serving(tmp_path, by=("prlimit", "--nofile=256:5000", "--")) as server:
        server.address()
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (5000, 5000)
