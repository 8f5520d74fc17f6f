"""The server ends orderly, and another takes over its socket without a client noticing."""

import http.client
import json
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.probe import Server, ask, serving


class Hammer:
    """Clients that ask without a pause until they are told to stop; half of them keep their connections."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(8)
        self._clients = [self._threads.submit(self._ask, bool(number % 2)) for number in range(8)]

    def _ask(self, keep: bool) -> int:
        """Answers that came. Anything but a whole 200 is raised."""
        answers = 0
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        while not self._stop.is_set():
            connection.request("GET", "/x/probe/open")
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["page"]) == (200, 1)
            answers += 1
            if not keep:
                connection.close()
        connection.close()
        return answers

    def stop(self) -> list[int]:
        """Answers of each client."""
        self._stop.set()
        return [client.result(60) for client in self._clients]


@pytest.mark.parametrize("overlap", [True, False])
def test_restart_on_a_passed_socket_fails_no_request(tmp_path: Path, overlap: bool) -> None:
    """With overlap the new server runs before the old one is stopped; without, as systemd does it, clients
    wait in the socket's queue meanwhile."""
    with socket.socket() as given, ExitStack() as stack:
        given.bind(("127.0.0.1", 0))
        given.listen(1000)

        def start(number: int) -> Server:
            server = stack.enter_context(
                serving(
                    tmp_path,
                    "--fd",
                    str(given.fileno()),
                    name=f"{number}.txt",
                    descriptors=[given.fileno()],
                )
            )
            if overlap or number == 0:
                server.address()
            return server

        def stop(server: Server) -> None:
            server.process.terminate()
            assert server.process.wait(60) == 0

        old = start(0)
        hammer = Hammer(given.getsockname())
        for number in range(1, 4):
            old.wait_for("GET /x/probe/open status=200")
            if overlap:
                new = start(number)
                stop(old)
            else:
                stop(old)
                new = start(number)
            assert "Traceback" not in old.log
            old = new
        old.wait_for("GET /x/probe/open status=200")
        assert min(hammer.stop()) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_request_in_flight_is_finished_when_the_server_is_stopped(tmp_path: Path, number: int) -> None:
    with serving(tmp_path) as server, ThreadPoolExecutor() as threads:
        flight = threads.submit(ask, server.address(), "GET", "/x/probe/slow")
        server.wait_for_file("slow-started")
        server.process.send_signal(number)
        status, _, body = flight.result()
        assert (status, json.loads(body)) == (200, {"slept": True})
        assert server.process.wait(60) == 0
        assert (server.state / "shut-down").exists()
        assert "Traceback" not in server.log


def test_request_that_takes_longer_than_the_server_waits_is_cut(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nshutdown_seconds = 0\n") as server:
        with ThreadPoolExecutor() as threads:
            flight = threads.submit(ask, server.address(), "GET", "/x/probe/slow")
            server.wait_for_file("slow-started")
            server.process.terminate()
            status, headers, body = flight.result()
        assert (status, json.loads(body)["code"]) == (503, "unavailable")
        assert headers["retry-after"] == "5"
        assert headers["access-control-allow-origin"] == "*"
        assert "Traceback" not in server.log
        assert server.process.wait(60) == 0
        assert (server.state / "shut-down").exists()


def test_handler_that_hangs_in_a_thread_does_not_keep_the_process(tmp_path: Path) -> None:
    with serving(tmp_path, config="[server]\nshutdown_seconds = 0\n") as server:
        with ThreadPoolExecutor() as threads:
            flight = threads.submit(ask, server.address(), "GET", "/x/probe/stuck")
            server.wait_for_file("stuck")
            server.process.terminate()
            assert flight.result()[0] == 503
        assert server.process.wait(60) == 0
        assert (server.state / "shut-down").exists()


def test_nothing_is_said_to_hang_when_nothing_does(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for _ in range(3):  # in threads that are idle afterwards
            assert ask(server.address(), "GET", "/docs")[0] == 200
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert "cut off" not in server.log


def test_second_signal_ends_it_at_once_and_in_plain_words(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        threading.Thread(
            target=ask, args=(server.address(), "GET", "/x/probe/hold?name=one"), daemon=True
        ).start()
        server.wait_for_file("held-one")
        server.process.send_signal(signal.SIGINT)
        server.wait_for("Shutting down")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0  # not after the 30 seconds that requests may take
        assert "Traceback" not in server.log
        assert "A second signal" in server.log


def test_interrupt_of_a_terminal_while_readers_start_is_no_error(tmp_path: Path) -> None:
    with serving(tmp_path, "--readers", "4", by=("setsid",)) as server:
        server.wait_for("Waiting for application startup")
        os.killpg(server.process.pid, signal.SIGINT)  # to all processes in the foreground
        assert server.process.wait(60) == 0
        assert "Traceback" not in server.log
        assert "does not start" not in server.log
