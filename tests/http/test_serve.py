"""`mestral serve` as a process of its own, over real sockets."""

import concurrent.futures
import http.client
import json
import signal
import socket
import time
from pathlib import Path

import pytest
from tests.probe import SECRET_TOKEN, Server, serving


def ask(
    address: tuple[str, int], method: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def wait_for_file(server: Server, name: str) -> None:
    deadline = time.monotonic() + 60
    while not (server.state / name).exists():
        assert time.monotonic() < deadline, f"{name} did not appear:\n{server.log}"
        time.sleep(0.02)


def test_over_real_sockets(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        address = server.address()

        status, headers, body = ask(address, "GET", "/x/probe/open")
        assert (status, json.loads(body)["page"]) == (200, 1)
        assert "server" not in headers

        # The connection stays open after HEAD: the server does not wait for a body that never comes.
        connection = http.client.HTTPConnection(*address, timeout=60)
        for method, length in (("HEAD", 0), ("GET", int(headers["content-length"]))):
            connection.request(method, "//x/probe//open/")
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (200, length)
            assert answer.getheader("content-length") == headers["content-length"]
            assert connection.sock is not None
        connection.close()

        status, headers, body = ask(address, "GET", "/x/probe/crash", {"Origin": "https://gui.example.org"})
        assert (status, json.loads(body)["error_message"]) == (500, "An unexpected error occurred.")
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-request-id"] in server.log

        for path in ("/x/probe/items/%00", "/x/probe/items/" + "a" * 10_000, "/%ff%0a"):
            assert ask(address, "GET", path)[0] == 404

        # Half an answer must not pass for a whole one.
        with pytest.raises(http.client.IncompleteRead):
            ask(address, "GET", "/x/probe/half")

        path = "/x/probe/items/a?ticket=ST-secret"
        assert ask(address, "GET", path, {"Authorization": f"Bearer {SECRET_TOKEN}"})[0] == 200
        server.wait_for(r"GET /x/probe/items/a status=200 .* identity=secret-token:User")
        assert "ST-secret" not in server.log
        assert SECRET_TOKEN not in server.log
        assert "plugin probe is active (probe 0.1)" in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_request_in_flight_is_finished_when_the_server_is_stopped(tmp_path: Path, number: int) -> None:
    with serving(tmp_path) as server, concurrent.futures.ThreadPoolExecutor() as threads:
        flight = threads.submit(ask, server.address(), "GET", "/x/probe/slow")
        wait_for_file(server, "slow-started")
        server.process.send_signal(number)
        status, _, body = flight.result()
        assert (status, json.loads(body)) == (200, {"slept": True})
        assert server.process.wait(60) == 0
        assert (server.state / "shut-down").exists()
        assert "Traceback" not in server.log


def test_request_that_takes_longer_than_the_server_waits_is_cut(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nshutdown_seconds = 0\n") as server:
        with concurrent.futures.ThreadPoolExecutor() as threads:
            flight = threads.submit(ask, server.address(), "GET", "/x/probe/slow")
            wait_for_file(server, "slow-started")
            server.process.terminate()
            status, headers, body = flight.result()
        assert (status, json.loads(body)["code"]) == (503, "unavailable")
        assert headers["retry-after"] == "5"
        assert headers["access-control-allow-origin"] == "*"
        assert "Traceback" not in server.log
        assert server.process.wait(60) == 0
        assert (server.state / "shut-down").exists()


def test_options_of_the_command_line(tmp_path: Path) -> None:
    with serving(tmp_path, "--root-path", "/api", "--readers", "2") as server:
        status, _, body = ask(server.address(), "GET", "/api/x/probe/open")
        assert (status, json.loads(body)["root_path"]) == (200, "/api")


def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "mestral.sock"
    with serving(tmp_path, "--uds", str(path)) as server:
        server.wait_for("running on unix socket")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b'{"status":"live"}' in b"".join(iter(lambda: connection.recv(4096), b""))
        server.process.terminate()
        assert server.process.wait(60) == 0
    assert not path.exists()


def test_reload_serves_with_the_same_options(tmp_path: Path) -> None:
    with serving(tmp_path, "--reload", "--root-path", "/api") as server:
        address = server.address()
        server.wait_for("Application startup complete")
        assert json.loads(ask(address, "GET", "/api/x/probe/open")[2])["root_path"] == "/api"
        server.process.terminate()
        server.process.wait(60)


@pytest.mark.parametrize(
    ("arguments", "config", "message"),
    [
        (("--port", "70000"), "", "server.port"),
        ((), "[server]\nprot = 1\n", "Did you mean port"),
        ((), "[plugins.probe]\nrequired = true\nnonsense = 1\n", "nonsense"),
    ],
)
def test_what_cannot_start_says_why_and_exits_with_2(
    tmp_path: Path, arguments: tuple[str, ...], config: str, message: str
) -> None:
    with serving(tmp_path, *arguments, config=config) as server:
        assert server.process.wait(60) == 2
        assert message in server.log
        assert "Traceback" not in server.log


def test_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with serving(tmp_path, "--port", port) as server:
            assert server.process.wait(60) != 0
            assert port in server.log
            assert "Traceback" not in server.log
