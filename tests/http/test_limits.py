"""How long a request may take, and how many there may be at once."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.probe import ask, serving


def code(body: bytes) -> str:
    return str(json.loads(body)["code"])


def test_request_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nrequest_seconds = 0.3\n") as server:
        for path in ("/x/probe/hold?name=a", "/x/probe/stuck"):
            status, headers, body = ask(server.address(), "GET", path, {"Origin": "https://gui.example.org"})
            assert (status, code(body)) == (503, "unavailable")
            assert "longer than 0.3 seconds" in json.loads(body)["error_message"]
            assert int(headers["retry-after"]) > 0
            assert headers["access-control-allow-origin"] == "*"
        server.wait_for("GET /x/probe/hold status=503 ")
        assert "Traceback" not in server.log
        assert ask(server.address(), "GET", "/x/probe/open")[0] == 200


def test_client_that_does_not_send_its_request_in_time_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nrequest_seconds = 0.3\n") as server:
        with socket.create_connection(server.address()) as connection:
            connection.sendall(
                b"POST /x/probe/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b'Authorization: Bearer a-static-token-for-scripts\r\nContent-Length: 9\r\n\r\n{"name"'
            )
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"request_timeout"' in answer


@pytest.mark.parametrize(
    ("setting", "status", "word"),
    [("max_requests", 503, "unavailable"), ("max_requests_per_client", 429, "too_many_requests")],
)
def test_requests_beyond_the_limit_are_refused(tmp_path: Path, setting: str, status: int, word: str) -> None:
    with serving(tmp_path, config=f"[server]\n{setting} = 2\n") as server, ThreadPoolExecutor() as threads:
        flights = [
            threads.submit(ask, server.address(), "GET", f"/x/probe/hold?name={name}") for name in "ab"
        ]
        for name in "ab":
            server.wait_for_file(f"held-{name}")
        refused, headers, body = ask(server.address(), "GET", "/x/probe/open")
        assert (refused, code(body)) == (status, word)
        assert int(headers["retry-after"]) > 0
        assert headers["access-control-allow-origin"] == "*"
        server.wait_for(f"GET /x/probe/open status={status} ")
        # Who watches the server must not take it for dead.
        assert ask(server.address(), "GET", "/health/live")[0] == 200
        assert ask(server.address(), "GET", "/health/ready")[0] == 200

        (server.state / "release").touch()
        assert [flight.result()[0] for flight in flights] == [200, 200]
        assert ask(server.address(), "GET", "/x/probe/open")[0] == 200


def test_a_client_that_asks_too_much_does_not_keep_others_out(tmp_path: Path) -> None:
    config = '[server]\nmax_requests_per_client = 1\nforwarded_allow_ips = "127.0.0.1"\n'
    with serving(tmp_path, config=config) as server, ThreadPoolExecutor() as threads:
        greedy, other = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.8"}
        flight = threads.submit(ask, server.address(), "GET", "/x/probe/hold?name=a", greedy)
        server.wait_for_file("held-a")
        assert ask(server.address(), "GET", "/x/probe/open", greedy)[0] == 429
        assert ask(server.address(), "GET", "/x/probe/open", other)[0] == 200
        (server.state / "release").touch()
        assert flight.result()[0] == 200
