"""The reader process: takes one job after the other, renders, answers.

Guarantees: nothing a job does harms another: its exceptions are answers, its memory is limited, and no core
file is written. The process lives as long as the front holds the other end of its socket and no longer,
also when the front is killed; signals meant for the whole service (Ctrl-C, a terminal that closes,
SIGTERM from a service manager) do not end it earlier.

Run by `mestral.readers.process` alone: `python -m mestral.readers.worker FD NAME`.
"""

import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mestral.errors import Problem, unavailable
from mestral.logs import begin, configure
from mestral.readers.compress import compress
from mestral.readers.context import ReaderContext, resolve
from mestral.readers.memo import BUDGET, Memo
from mestral.readers.plan import Answer
from mestral.readers.stopwatch import parsing
from mestral.readers.wire import Failed, Hello, Job, Ready, Refused, Rendered, Reply, receive, send

logger = logging.getLogger("mestral.readers.worker")  # it runs as __main__

_PR_SET_PDEATHSIG = 1
_GC_THRESHOLD = 500_000  # new objects before the cyclic garbage collector looks at them
# Parts of readers.recycle_bytes. The rest of it is for what a job needs beside the copies, and for gaps.
_KEPT = 5 / 16  # what parsed copies may take, by their weights
_TRIMMED = 5 / 8  # above this size free memory is given back after a job


def main() -> None:
    """Serve until the front hangs up or the process has grown too large."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # unlike SIG_IGN not inherited by programs a job runs
    descriptor, name = int(sys.argv[1]), sys.argv[2]
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as sock, contextlib.suppress(EOFError, ConnectionError):
        hello, _ = receive(sock, Hello)
        configure(hello.logs, name)
        # Parsing makes objects by the hundred thousand, hardly any of them garbage: with Python's own
        # threshold the collector took three quarters of the time that 50,000 unpickled objects cost, and
        # with one that each large list reaches by itself, 50 ms for every list.
        gc.set_threshold(_GC_THRESHOLD, 20, 50)
        _die_with_parent()
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_AS, hello.memory_bytes)
        BUDGET.resize(int(hello.recycle_bytes * _KEPT))
        reader = ReaderContext(
            services={service.slot: service for service in hello.services},
            state_dir=Path(hello.state_dir),
            memo=Memo(),
        )
        send(sock, Ready(os.getpid()))
        _serve(sock, reader, hello.recycle_bytes)
    # Objects are not taken apart one by one: the process gives everything back at once.
    logging.shutdown()
    os._exit(0)


def _serve(sock: socket.socket, reader: ReaderContext, recycle_bytes: int) -> None:
    functions: dict[str, Callable[..., Any]] = {}
    leaving = False
    libc = ctypes.CDLL(None)
    while not leaving:
        job, args = receive(sock, Job)
        begin(job.work)
        outcome, body, out_of_memory = _render(reader, functions, job, args)
        resident_bytes = _resident_bytes()
        if resident_bytes > recycle_bytes * _TRIMMED:
            # It waits for the next job in vain: Python's small objects never come to lie in what glibc has.
            libc.malloc_trim(0)
            resident_bytes = _resident_bytes()
        leaving = out_of_memory or resident_bytes > recycle_bytes
        send(sock, Reply(outcome, leaving, resident_bytes, parsing.take()), body)
        del outcome, body  # or they would be held until the next job is done


def _render(
    reader: ReaderContext, functions: dict[str, Callable[..., Any]], job: Job, args: bytes
) -> tuple[Rendered | Refused | Failed, bytes, bool]:
    """The outcome, the body, and whether memory ran out."""
    try:
        outcome, body = _call(reader, functions, job, args)
        return outcome, body, False
    except MemoryError:
        pass  # what the failed call holds is given back at the end of this clause; nothing works before
    except (Exception, SystemExit) as error:
        # A RecursionError has thousands of frames; the last ones tell what is needed.
        return Failed("".join(traceback.format_exception(error, limit=-20))), b"", False
    logger.error("%s needed more memory than readers.memory_bytes allows; this reader is renewed", job.render)
    return _refused(unavailable("The answer needs more memory than is allowed.")), b"", True


def _call(
    reader: ReaderContext, functions: dict[str, Callable[..., Any]], job: Job, args: bytes
) -> tuple[Rendered | Refused, bytes]:
    if job.render not in functions:
        functions[job.render] = resolve(job.render)
    try:
        made = functions[job.render](reader, *msgspec.msgpack.decode(args))
    except Problem as problem:
        return _refused(problem), b""
    answer = Answer(body=made) if isinstance(made, bytes) else made
    if not isinstance(answer, Answer) or not isinstance(answer.body, bytes):
        raise TypeError(f"{job.render} returned {type(made).__name__}; it should return bytes or Answer")
    body, coding = compress(answer.body, job.coding)
    return Rendered(answer.depends, coding), body


def _refused(problem: Problem) -> Refused:
    body = msgspec.to_builtins(problem.body)  # says now, not while sending, when something cannot be sent
    return Refused(problem.status, problem.message, problem.code, problem.headers, body)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _die_with_parent() -> None:
    """Ask for SIGKILL when the front dies: a reader in the midst of a job does not see its socket close."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
