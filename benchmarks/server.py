"""Start a server for a benchmark, ask it over one kept connection, and weigh what a request costs.

Guarantees: a server gets a process group of its own, which is ended with it; every request has a time limit;
CPU time covers the whole process tree (children that ended included) with the resolution of the kernel's
clock. Linux only.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

REQUEST_LIMIT = 180.0
START_LIMIT = 90.0
GRACE = 0.005
"""Seconds after an answer in which work that it caused still counts."""

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    wall: float
    cpu: float
    etag: str | None


class ProcessTree:
    """Processes and all that descend from them."""

    def __init__(self, *roots: int) -> None:
        self._roots = roots

    def pids(self) -> list[int]:
        found, waiting = [], list(self._roots)
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
        return found

    def cpu(self) -> float:
        """Seconds of CPU used so far by living processes and by children that were waited for."""
        total = 0.0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += time.clock_gettime(_cpu_clock(pid))
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += (int(fields[13]) + int(fields[14])) / _TICK
        return total

    def resident(self) -> int:
        """Bytes of resident memory, added over the processes (shared pages count in each)."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        return total


def _cpu_clock(pid: int) -> int:
    """The clock id of the CPU time of another process, as the C library builds it."""
    return (~pid << 3) | 2


class MemoryWatch:
    """Samples the resident memory of a tree ten times a second and keeps the largest value."""

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.peak = 0

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, self._tree.resident())


class Server:
    """A running server with the tree that it serves."""

    def __init__(self, label: str, command: str, tree: Path, rc_file: Path, scratch: Path) -> None:
        self.label = label
        self.root = tree
        self.port = free_port()
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self._command = shlex.split(command.format(port=self.port))
        self._environment = os.environ | {
            "AUTOSUBMIT_CONFIGURATION": str(rc_file),
            "PROTECTION_LEVEL": "NONE",
            "DISABLE_BACKGROUND_TASKS": "True",
            "MESTRAL_STATE_DIR": str(scratch / "state"),
            "HOME": str(scratch),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self.beside: int | None = None
        """Another process that works for it, and counts with all that descend from it: its database."""
        self.moved: Callable[[str], None] = lambda expid: None
        """Called when files of an experiment were changed: brings the change to where the server reads."""

    @property
    def tree(self) -> ProcessTree:
        assert self._process is not None
        return ProcessTree(*filter(None, (self._process.pid, self.beside)))

    def start(self) -> float:
        """Start it and return the seconds until the first answer."""
        begin = time.perf_counter()
        with (self._scratch / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._scratch,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while time.perf_counter() - begin < START_LIMIT:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.label} ended with code {self._process.returncode}, see server.log")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if fetch(self.port, "/", {}, limit=5)[0] == 200:
                    return time.perf_counter() - begin
            time.sleep(0.01)
        self.stop()
        raise RuntimeError(f"{self.label} did not answer within {START_LIMIT:.0f} s, see server.log")

    def time_command(self, arguments: tuple[str, ...]) -> float:
        """Run another command of the same program in place of `serve`, and return its seconds."""
        program = self._command[: self._command.index("serve")]
        begin = time.perf_counter()
        with (self._scratch / "server.log").open("ab") as log:
            subprocess.run(
                [*program, *arguments],
                env=self._environment,
                cwd=self._scratch,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                timeout=START_LIMIT,
            )
        return time.perf_counter() - begin

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self._process = self._process, None
        if process is None:
            return
        for signal_number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal_number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break

    @contextlib.contextmanager
    def running(self) -> Iterator[float]:
        """Start, yield the seconds until the first answer, stop."""
        try:
            yield self.start()
        finally:
            self.stop()

    def ask(self, path: str, headers: dict[str, str]) -> Answer:
        """One request over the kept connection, with what it cost.

        Servers close connections that were idle for some seconds: then it is asked again over a new one.
        """
        try:
            return self._ask_once(path, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            return self._ask_once(path, headers)

    def cpu_in_a_row(self, path: str, headers: dict[str, str], count: int = 2000) -> float:
        """Seconds of CPU per request when they follow each other at once, as in a busy hour.

        A request after a pause costs several times more: its code and data are no longer in the caches of
        the processor.
        """
        self.ask(path, headers)
        cpu = self.tree.cpu()
        for _ in range(count):
            self._exchange(path, headers)
        return (self.tree.cpu() - cpu) / count

    def _ask_once(self, path: str, headers: dict[str, str]) -> Answer:
        self._connect()
        tree = self.tree
        cpu = tree.cpu()
        begin = time.perf_counter()
        response, body = self._exchange(path, headers)
        wall = time.perf_counter() - begin
        time.sleep(GRACE)
        return Answer(response.status, body, wall, tree.cpu() - cpu, response.headers.get("etag"))

    def _exchange(self, path: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """One request over the kept connection and its answer."""
        connection = self._connect()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._connection = None
            raise

    def _connect(self) -> http.client.HTTPConnection:
        """The kept connection."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_LIMIT)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection


def fetch(
    port: int, path: str, headers: dict[str, str], limit: float = REQUEST_LIMIT
) -> tuple[int, float, int]:
    """One request on a connection of its own: status, seconds, bytes."""
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        size = 0
        while block := response.read(1 << 20):
            size += len(block)
        return response.status, time.perf_counter() - begin, size
    finally:
        connection.close()


def parent_of(pid: int) -> int:
    """The process that started a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
