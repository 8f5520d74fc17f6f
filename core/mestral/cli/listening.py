"""The sockets that `mestral serve` accepts connections on: made by it, or given to it.

Guarantees: they listen before anything else is done, so that what prevents it is said at once, in one
sentence. Of unix sockets only one that nobody listens on is replaced, and only the one that was made here is
removed at the end. A socket that was given is never removed.
"""

import contextlib
import errno
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from mestral.settings.model import ServerSettings

BACKLOG = 2048
"""Connections that wait in a socket's queue; the system may allow fewer (net.core.somaxconn)."""

_FIRST_PASSED = 3  # SD_LISTEN_FDS_START of sd_listen_fds(3)
_IN_USE = "another process listens there. Stop that one, or choose another place"


class CannotListen(Exception):  # noqa: N818 - says what is wrong
    """Nobody can listen there; the text is a sentence for the deployer."""


@contextlib.contextmanager
def listening(server: ServerSettings, descriptor: int | None = None) -> Iterator[list[socket.socket]]:
    """Sockets that listen, until the end of the context.

    Args:
        server: Where, unless sockets are given.
        descriptor: Number of a file descriptor that this process was given: a socket, listening or bound.
            None: those that a service manager passed to this process (`LISTEN_FDS`, sd_listen_fds(3)), if
            any.

    Raises:
        CannotListen: It says why.
    """
    given = _passed() if descriptor is None else [descriptor]
    with contextlib.ExitStack() as stack:
        if given:
            yield [stack.enter_context(_adopt(number)) for number in given]
        elif server.uds is not None:
            yield [stack.enter_context(_unix_socket(server.uds, int(server.uds_mode, 8)))]
        else:
            yield [stack.enter_context(one) for one in _tcp_sockets(server.host, server.port)]


def address_of(sock: socket.socket) -> str:
    """Where a socket listens: `http://127.0.0.1:8000`, or `unix socket PATH`."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        return f"unix socket {os.fsdecode(name)}"
    return f"http://{_host_and_port(name[0], name[1])}"


def _passed() -> list[int]:
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = os.environ.get("LISTEN_FDS", "")
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)  # they are for this process alone
    return list(range(_FIRST_PASSED, _FIRST_PASSED + int(count))) if count.isdecimal() else []


def _adopt(number: int) -> socket.socket:
    where = f"file descriptor {number}"
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise CannotListen(f"cannot listen on {where}: it is no socket.")
        sock = socket.socket(fileno=number)
        sock.listen(BACKLOG)
    except OSError as error:
        raise _cannot(where, error) from error
    sock.set_inheritable(False)
    return sock


# -- TCP -----------------------------------------------------------------------------------------------------


def _tcp_sockets(host: str, port: int) -> list[socket.socket]:
    """One for every address of the host; those that this machine lacks do not count while it has another."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(
            f"cannot listen on {_host_and_port(host, port)}: the host {host!r} has no address ({error})."
        ) from error
    made: list[socket.socket] = []
    failed: OSError | None = None
    for family, *_, address in dict.fromkeys(found):
        if made:
            address = (address[0], made[0].getsockname()[1], *address[2:])  # port 0: the same for all
        try:
            made.append(socket.create_server(address, family=family, backlog=BACKLOG))
        except OSError as error:
            failed = error
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                made.clear()
                break
    if not made:
        assert failed is not None  # noqa: S101 - a host has at least one address
        raise _cannot(_host_and_port(host, port), failed) from failed
    return made


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# -- unix sockets --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _unix_socket(path: Path, mode: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            with _locked(path.parent):
                _remove_dead(path)
                before = os.umask(0o777 & ~mode)  # the mode is right from the first moment
                try:
                    sock.bind(os.fspath(path))
                finally:
                    os.umask(before)
                own = path.lstat()
                sock.listen(BACKLOG)
        except OSError as error:
            raise _cannot(path, error) from error
        try:
            yield sock
        finally:
            _remove_own(path, own)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep out others that start at the same moment and would take a socket for dead that is just made."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems lock no folders
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_dead(path: Path) -> None:
    """Remove a socket that nobody listens on; leave everything else alone.

    Raises:
        CannotListen: Something else is there.
    """
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise _cannot(
            path, None, says="there is something else than a socket. Move it, or choose another path"
        )
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except BlockingIOError:
            pass  # it listens, and its queue is full
    raise _cannot(path, None, says=_IN_USE)


def _remove_own(path: Path, own: os.stat_result) -> None:
    with contextlib.suppress(OSError), _locked(path.parent):
        now = path.lstat()
        if (now.st_dev, now.st_ino) == (own.st_dev, own.st_ino):
            path.unlink()


# -- words ---------------------------------------------------------------------------------------------------


def _cannot(where: str | Path, error: OSError | None, *, says: str = "") -> CannotListen:
    """The error for a place; `says` when the system's own words would not help."""
    number = error.errno if error else None
    if not says:
        says = {
            errno.EADDRINUSE: _IN_USE,
            errno.EADDRNOTAVAIL: "this machine has no such address",
            errno.ENOENT: "there is no folder of that name",
            errno.EACCES: "this user may not. Ports below 1024 and foreign folders need a privilege",
            errno.EPROTOTYPE: _IN_USE,
        }.get(number or 0) or (os.strerror(number) if number else str(error))
    return CannotListen(f"cannot listen on {where}: {says}.")
