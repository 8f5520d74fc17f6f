"""Pickled job lists: Autosubmit 3 and 4.0 (tuples), 4.1 (networkx graph), 4.1.12 to 4.1.17 (dictionaries).

Guarantees: loading imports nothing and calls nothing but `datetime.datetime`, `dict` and the stand-ins
below, which keep at most a reference to what they are given; a global that is not in the list refuses the
file. Memory and time are limited by the process that loads: `MemoryError` is passed on for it to renew
itself. Formats, traps and the globals that occur: formats/AUTOSUBMIT_DATA.md 6.1.
"""

import gc
import io
import logging
import os
import pickle
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import compress
from operator import itemgetter
from typing import IO, Any

from msgspec.structs import replace

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.faults import Damaged, Missing, refused
from mestral_experiments.sources.joblist import JobList, build_jobs
from mestral_experiments.sources.unread import LeanFile, lean_content
from mestral_experiments.sources.values import integer, naive, text

logger = logging.getLogger(__name__)

_KEYS = (
    "priority", "_section", "date", "_member", "_chunk", "_split", "_splits", "_local_logs", "_remote_logs",
)  # fmt: skip
_READ = frozenset(("id", "status", "_status", *_KEYS))


class _StandIn:
    """Takes the place of an instance of a class of Autosubmit or networkx, and holds its state unread.

    Every stand-in defines `__setstate__`: without it, a pickle could set attributes of the class itself.
    """

    __slots__ = ("state",)

    def __init__(self, *args: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def append(self, item: object) -> None:
        """Lists and dictionaries of ruamel.yaml are filled item by item; nobody asks for the items."""

    def __setitem__(self, key: object, item: object) -> None:
        pass


class _Nothing:
    """Takes the place of paths and enumerations, two per job: one object for all of them."""

    __slots__ = ()

    def __new__(cls, *args: object) -> "_Nothing":
        return _NOTHING

    def __setstate__(self, state: object) -> None:
        pass


_NOTHING = object.__new__(_Nothing)


class _Marked:
    """Takes the place of a text or number that ruamel.yaml marked with its style; keeps the plain value.

    A subclass of `str` would copy the text, and copies are how a small file becomes a large memory.
    """

    __slots__ = ("value",)

    value: object

    def __new__(cls, value: object = None, *args: object) -> "_Marked":
        marked = object.__new__(cls)
        marked.value = value
        return marked

    def __setstate__(self, state: object) -> None:
        pass


class _Latin1:
    """Takes the place of `_codecs.encode`, with which protocol 2 stores bytes."""

    __slots__ = ()

    def __new__(cls, value: object, codec: object = "latin1") -> Any:
        if not isinstance(value, str) or len(value) > 64 or codec != "latin1":
            raise pickle.UnpicklingError("_codecs.encode is expected with a short text and latin1")
        return value.encode("latin1")

    def __setstate__(self, state: object) -> None:
        pass


_ALLOWED: dict[tuple[str, str], type] = {
    ("datetime", "datetime"): datetime,
    ("builtins", "dict"): dict,
    ("_codecs", "encode"): _Latin1,
    ("pathlib", "PosixPath"): _Nothing,
    ("pathlib._local", "PosixPath"): _Nothing,  # its name in Python 3.13
    ("autosubmit.job.template", "Language"): _Nothing,
}
_MARKED = re.compile(r"ruamel\.yaml\.scalar(?:string|int|float|bool)")
_MODULE = re.compile(
    r"(?:autosubmit|autosubmitconfigparser|bscearth|networkx\.classes|ruamel\.yaml)(?:\.[a-z_][a-z_0-9]*)*"
)
_CLASS = re.compile(r"[A-Z][A-Za-z0-9_]*")


class _Unpickler(pickle.Unpickler):
    """Resolves the names in a pickle against the list above; a dotted name is never walked.

    Attributes:
        marked: Whether there is a `_Marked` among the values.
    """

    marked = False

    def find_class(self, module: str, name: str) -> type:
        known = _ALLOWED.get((module, name))
        if known is not None:
            return known
        if _CLASS.fullmatch(name):
            if _MARKED.fullmatch(module):
                self.marked = True
                return _Marked
            if _MODULE.fullmatch(module):
                return _StandIn
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in a job list")


def read_jobs(path: str) -> JobList:
    """The jobs of a pickled job list.

    Raises:
        Missing: No such file.
        Damaged: Empty, truncated, refused, of another shape, or not readable by this user.
        Busy: A trouble of the system that may pass.
        MemoryError: The process may not have the memory that the list needs.
    """
    with _loading(path), io.BufferedReader(LeanFile(path, _READ, opener=_open_regular), 1 << 18) as stream:
        return _loaded(stream)


def read_content(content: bytes, where: str) -> JobList:
    """The same of a job list that is in memory.

    Args:
        content: The pickle.
        where: What it is, for the log.

    Raises:
        Damaged, MemoryError: As `read_jobs`.
    """
    with _loading(where):
        return _loaded(io.BytesIO(lean_content(content, _READ)))


@contextmanager
def _loading(where: str) -> Iterator[None]:
    """Turns what goes wrong into faults."""
    collecting = gc.isenabled()
    gc.disable()  # millions of new objects, none of them garbage: collecting would double the time
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(where) from error
    except MemoryError:
        raise
    except OSError as error:
        raise refused(where, error) from error
    except Exception as error:  # whatever a hostile or broken stream makes the unpickler raise
        raise Damaged(f"{where}: {type(error).__name__}: {error}") from error
    finally:
        if collecting:
            gc.enable()


def _loaded(stream: IO[bytes]) -> JobList:
    unpickler = _Unpickler(stream, encoding="latin1")
    return _job_list(unpickler.load(), unpickler.marked)


def _open_regular(path: str, flags: int) -> int:
    """Opens files only: a pipe would block, a device may be endless."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a file")
    return descriptor


def _job_list(data: object, marked: bool) -> JobList:
    """The jobs in any of the three shapes."""
    if isinstance(data, list):
        return replace(_of_tuples(data), layout="tuples")
    if isinstance(data, dict):
        return replace(_of_states(list(data), list(data.values()), "_status", marked), layout="dictionaries")
    nodes = _state(data).get("_node") if isinstance(data, _StandIn) else None
    if isinstance(nodes, dict):
        jobs = [node.get("job") if isinstance(node, dict) else None for node in nodes.values()]
        edges = _edges(_state(data).get("_adj"))
        found = _of_states(list(nodes), list(map(_state, jobs)), "status", marked, edges)
        for job in jobs:
            if isinstance(job, _StandIn):
                job.state = None  # jobs refer to each other: this way none of them waits for the collector
        return replace(found, layout="graph")
    raise ValueError(f"{type(data).__name__} is not a job list")


def _of_tuples(rows: list[Any]) -> JobList:
    if any(not isinstance(row, tuple) or not 12 <= len(row) <= 13 for row in rows):
        raise ValueError("an entry is not a tuple of 12 or 13 values")
    return _of_rows([row[0] for row in rows], [row[2] for row in rows], rows, _jobs_of_tuples)


def _edges(following: object) -> list[tuple[str, str]]:
    """Pairs of names from the names that follow each name."""
    lists = following if isinstance(following, dict) else {}
    return [
        (start, end)
        for start, ends in lists.items()
        if isinstance(start, str) and isinstance(ends, dict)
        for end in ends
        if isinstance(end, str)
    ]


def _of_states(
    names: list[object],
    states: list[Any],
    status_key: str,
    marked: bool,
    edges: Sequence[tuple[str, str]] = (),
) -> JobList:
    """From dictionaries of about a hundred attributes."""
    keys = ("id", status_key, *_KEYS)
    try:
        rows = list(map(itemgetter(*keys), states))
    except KeyError:
        rows = [tuple(map(state.get, keys)) for state in states]
    if marked:
        rows = [tuple(value.value if type(value) is _Marked else value for value in row) for row in rows]
    return _of_rows(names, [row[1] for row in rows], rows, _jobs_of_attributes, edges)


def _of_rows(
    names: list[Any],
    codes: list[object],
    rows: list[Any],
    build: Callable[[Sequence[str], Sequence[Any]], list[Job]],
    edges: Sequence[tuple[str, str]] = (),
) -> JobList:
    """The list without rows whose name is no text."""
    if set(map(type, names)) - {str} or not "".join(names).isascii():
        texts = list(map(text, names))
        for name, mended in zip(names, texts, strict=True):
            if mended is None:
                logger.warning("a job whose name is of type %s is left out", type(name).__name__)
        known = [mended is not None for mended in texts]
        names, codes, rows = (list(compress(values, known)) for values in (texts, codes, rows))
    if set(map(type, codes)) == {int}:
        of_code = {code: JobStatus.of(code) for code in set(codes)}
        states = [of_code[code] for code in codes]
    else:
        states = [JobStatus.of(code) for code in codes]
    return JobList.of_rows(names, states, rows, build, edges)


def _jobs_of_tuples(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[Job]:
    values = []
    for name, (_, number, status, priority, section, date, member, chunk, *logs) in zip(
        names, rows, strict=True
    ):
        number = number if type(number) is int else integer(number)
        date = date if type(date) is datetime else naive(date)
        values.append((name, number, status, priority, section, date, member, chunk, None, None, *logs[:4]))
    return build_jobs(values)


def _jobs_of_attributes(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[Job]:
    values = []
    for name, row in zip(names, rows, strict=True):
        number, status, priority, section, date, member, chunk, split, splits, local, remote = row
        number = number if type(number) is int else integer(number)
        date = date if type(date) is datetime else naive(date)
        split = split if type(split) is int and split > 0 else None  # how it says that a job is not split
        splits = splits if type(splits) is int and splits > 0 else None
        out, err = local if type(local) is tuple and len(local) == 2 else (None, None)
        far_out, far_err = remote if type(remote) is tuple and len(remote) == 2 else (None, None)
        values.append(
            (
                name, number, status, priority, section, date, member, chunk, split, splits,
                out, err, far_out, far_err,
            )
        )  # fmt: skip
    return build_jobs(values)


def _state(instance: object) -> Mapping[str, Any]:
    """Attributes of a pickled instance: a dictionary, or a pair of one and the values of slots."""
    state = instance.state if isinstance(instance, _StandIn) else None
    if isinstance(state, tuple) and state:
        state = state[0]
    return state if isinstance(state, dict) else {}
