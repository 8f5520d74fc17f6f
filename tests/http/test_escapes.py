"""What a handler raises beside exceptions ends its request and never the server."""

import http.client
import json
import re
import socket
from collections.abc import Iterator

import pytest
from tests.probe import Server, ask, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("escapes")) as server:
        yield server
        assert ask(server.address(), "GET", "/health/live")[0] == 200
        assert server.process.poll() is None


@pytest.mark.parametrize("way", ["exit", "interrupt", "cancel"])
@pytest.mark.parametrize("route", ["end", "end-in-thread"])
def test_handler_that_ends_everything_is_an_unexpected_error(server: Server, route: str, way: str) -> None:
    path = f"/x/probe/{route}/{way}"
    status, headers, body = ask(server.address(), "GET", path, {"Origin": "https://gui.example.org"})
    assert (status, json.loads(body)) == (
        500,
        {"error": True, "error_message": "An unexpected error occurred.", "code": "internal"},
    )
    assert headers["content-type"] == "application/json"
    assert headers["access-control-allow-origin"] == "*"
    server.wait_for(f"GET {path} status=500 ")
    request_id = re.escape(headers["x-request-id"])
    server.wait_for(rf"Unexpected error: GET {path} \(plugin probe, request {request_id}\)\n +Traceback")
    assert f"GET {path} status=0" not in server.log


def test_task_of_a_handler_that_ends_everything_ends_itself(server: Server) -> None:
    status, _, body = ask(server.address(), "GET", "/x/probe/end-in-task")
    assert (status, json.loads(body)) == (200, {"ended": "SystemExit('inner detail')"})
    server.wait_for("inner detail")


def test_stream_that_ends_everything_is_cut(server: Server) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(server.address(), "GET", "/x/probe/end-in-stream")
    server.wait_for("GET /x/probe/end-in-stream status=200 ")


def test_client_that_leaves_while_it_sends_is_no_error_of_the_server(server: Server) -> None:
    with socket.create_connection(server.address()) as connection:
        head = b"POST /x/probe/things HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
        token = b"Authorization: Bearer a-static-token-for-scripts\r\n"
        connection.sendall(head + token + b'Content-Type: application/json\r\n\r\n{"name"')
    found = server.wait_for(r"POST /x/probe/things status=(\d+) ")
    assert found[1] == "400"
    assert "Unexpected error: POST" not in server.log
