"""Where `mestral serve` listens: on a socket it makes, or one it is given; what it refuses, and when."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.probe import ask, serving

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def is_live(path: Path) -> bool:
    """Whether a server answers behind a unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(LIVE)
        return b'{"status":"live"}' in b"".join(iter(lambda: connection.recv(4096), b""))


@contextmanager
def listener() -> Iterator[socket.socket]:
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        given.listen(100)
        yield given


@pytest.mark.parametrize(("config", "mode"), [("", 0o660), ('[server]\nuds_mode = "0600"\n', 0o600)])
def test_unix_socket_has_its_mode_and_is_removed_at_the_end(tmp_path: Path, config: str, mode: int) -> None:
    path = tmp_path / "mestral.sock"
    with serving(tmp_path, "--uds", str(path), config=config) as server:
        server.wait_for(f"running on unix socket {path}")
        assert stat.S_IMODE(path.stat().st_mode) == mode
        assert is_live(path)
        server.process.terminate()
        assert server.process.wait(60) == 0
    assert not path.exists()


def test_second_server_leaves_a_socket_alone_that_somebody_listens_on(tmp_path: Path) -> None:
    path = tmp_path / "mestral.sock"
    with serving(tmp_path, "--uds", str(path)) as first:
        first.wait_for("running on unix socket")
        with serving(tmp_path, "--uds", str(path), name="second.txt") as second:
            assert second.process.wait(60) == 2
            assert second.log.count("\n") == 1
            assert f"{path}: another process listens there" in second.log
        assert is_live(path)


def test_socket_of_a_server_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mestral.sock"
    with serving(tmp_path, "--uds", str(path)) as first:
        first.wait_for("running on unix socket")
        first.process.kill()
        first.process.wait()
        assert path.is_socket()
        with serving(tmp_path, "--uds", str(path), name="second.txt") as second:
            second.wait_for("running on unix socket")
            assert is_live(path)


def test_socket_of_another_process_is_not_removed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "mestral.sock"
    with serving(tmp_path, "--uds", str(path)) as server, socket.socket(socket.AF_UNIX) as other:
        server.wait_for("running on unix socket")
        path.unlink()
        other.bind(str(path))
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert path.is_socket()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "datagram"])
def test_what_is_no_listening_socket_is_not_touched(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "here"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        if kind == "datagram":
            other.bind(str(path))
        before = path.lstat()
        with serving(tmp_path, "--uds", str(path)) as server:
            assert server.process.wait(60) == 2
            assert server.log.startswith(f"Error: cannot listen on {path}: ")
            assert server.log.count("\n") == 1
        assert path.lstat() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--uds", "nowhere/x.sock"), "nowhere/x.sock: there is no folder"),
        (("--uds", "x" * 200), "too long"),
        (("--host", "no-such-host.invalid"), "no-such-host.invalid"),
        (("--host", "192.0.2.1"), "192.0.2.1:0: this machine has no such address"),
        (("--fd", "999"), "file descriptor 999"),
        (("--fd", "0"), "file descriptor 0: it is no socket"),
    ],
)
@pytest.mark.parametrize("reload", [(), ("--reload",)])
def test_where_nobody_can_listen(
    tmp_path: Path, arguments: tuple[str, ...], words: str, reload: tuple[str, ...]
) -> None:
    with serving(tmp_path, *arguments, *reload) as server:
        assert server.process.wait(60) == 2
        assert server.log.startswith("Error: cannot listen on ")
        assert words in server.log
        assert server.log.count("\n") == 1
    assert not server.state.exists()  # it was found before the app was built


@pytest.mark.parametrize("reload", [(), ("--reload",)])
def test_port_that_is_taken(tmp_path: Path, reload: tuple[str, ...]) -> None:
    with listener() as other:
        port = str(other.getsockname()[1])
        with serving(tmp_path, "--port", port, *reload) as server:
            assert server.process.wait(60) == 2
            assert f"Error: cannot listen on 127.0.0.1:{port}: another process listens there" in server.log
            assert server.log.count("\n") == 1


def test_ipv6_and_every_address_of_a_name(tmp_path: Path) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    with serving(tmp_path, "--host", "::1") as server:
        port = int(server.wait_for(r"running on http://\[::1\]:(\d+)")[1])
        assert ask(("::1", port), "GET", "/health/live")[0] == 200
    with serving(tmp_path, "--host", "localhost") as server:
        port = int(server.wait_for(r"running on http://\S+:(\d+)")[1])
        assert {ask((host, port), "GET", "/health/live")[0] for host, _ in addresses("localhost")} == {200}


def addresses(name: str) -> set[tuple[str, int]]:
    """Every address of a host name."""
    found = socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM)
    return {(str(address[0]), int(address[1])) for *_, address in found}


def test_socket_that_was_passed_by_number(tmp_path: Path) -> None:
    with listener() as given:
        given.set_inheritable(True)
        number = given.fileno()
        with serving(tmp_path, "--fd", str(number), descriptors=[number]) as server:
            assert server.address() == given.getsockname()
            assert ask(server.address(), "GET", "/health/live")[0] == 200


@pytest.mark.parametrize("arguments", [(), ("--reload",)])
def test_sockets_that_a_service_manager_passed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """sd_listen_fds(3): LISTEN_FDS descriptors from 3 on, for the process LISTEN_PID alone."""
    path = tmp_path / "given.sock"
    with listener() as given, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(path))
        local.listen(100)
        script = f'exec 3<&{given.fileno()} 4<&{local.fileno()}; LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" "$@"'
        with serving(
            tmp_path,
            *arguments,
            by=["bash", "-c", script],
            descriptors=[given.fileno(), local.fileno()],
        ) as server:
            assert server.address() == given.getsockname()
            assert ask(server.address(), "GET", "/health/live")[0] == 200
            assert is_live(path)
            server.process.terminate()
            server.process.wait(60)
    assert path.is_socket()  # it belongs to who made it


def test_sockets_that_were_passed_to_another_process_are_not_taken(tmp_path: Path) -> None:
    with listener() as given:
        script = f'exec 3<&{given.fileno()}; LISTEN_PID={os.getpid()} LISTEN_FDS=1 exec "$0" "$@"'
        with serving(tmp_path, by=["bash", "-c", script], descriptors=[given.fileno()]) as server:
            assert server.address() != given.getsockname()


def test_connected_socket_that_was_passed_is_refused(tmp_path: Path) -> None:
    one, other = socket.socketpair()
    with one, other, serving(tmp_path, "--fd", str(one.fileno()), descriptors=[one.fileno()]) as server:
        assert server.process.wait(60) == 2
        assert f"file descriptor {one.fileno()}" in server.log
        assert server.log.count("\n") == 1
