"""Pickled job lists: Autosubmit 3 and 4.0 (tuples), 4.1 (networkx graph), 4.1.12 to 4.1.17 (dictionaries).

Guarantees: loading imports nothing and calls nothing but `datetime.datetime`, `dict` and the stand-ins
below, which keep at most a reference to what they are given; a global that is not in the list refuses the
file. Memory and time are limited by the process that loads: `MemoryError` is passed on for it to renew
itself. Formats, traps and the globals that occur: formats/AUTOSUBMIT_DATA.md 6.1.
"""

import gc
import os
import pickle
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from types import NoneType
from typing import Any

from mestral_experiments.model import Job
from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.joblist import build_jobs
from mestral_experiments.sources.values import integer, naive


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
    """Resolves the names in a pickle against the list above; a dotted name is never walked."""

    def find_class(self, module: str, name: str) -> type:
        known = _ALLOWED.get((module, name))
        if known is not None:
            return known
        if _CLASS.fullmatch(name):
            if _MARKED.fullmatch(module):
                return _Marked
            if _MODULE.fullmatch(module):
                return _StandIn
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in a job list")


def read_jobs(path: str) -> list[Job]:
    """The jobs of a pickled job list, in its order.

    Raises:
        Missing: No such file.
        Damaged: Empty, truncated, refused, of another shape, or not readable by this user.
        MemoryError: The process may not have the memory that the list needs.
    """
    collecting = gc.isenabled()
    gc.disable()  # millions of new objects, none of them garbage: collecting would double the time
    try:
        with open(path, "rb", buffering=1 << 18, opener=_open_regular) as stream:
            return _jobs(_Unpickler(stream, encoding="latin1").load())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(path) from error
    except MemoryError:
        raise
    except Exception as error:  # whatever a hostile or broken stream makes the unpickler raise
        raise Damaged(f"{path}: {type(error).__name__}: {error}") from error
    finally:
        if collecting:
            gc.enable()


def _open_regular(path: str, flags: int) -> int:
    """Opens files only: a pipe would block, a device may be endless."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a file")
    return descriptor


def _jobs(data: object) -> list[Job]:
    """The jobs in any of the three shapes."""
    if isinstance(data, list):
        return build_jobs(_of_tuples(data))
    if isinstance(data, dict):
        return build_jobs(_of_states(data.items(), "_status"))
    nodes = _state(data).get("_node") if isinstance(data, _StandIn) else None
    if isinstance(nodes, dict):
        jobs = ((name, node.get("job") if isinstance(node, dict) else None) for name, node in nodes.items())
        return build_jobs(_of_states(((name, _state(job)) for name, job in jobs), "status"))
    raise ValueError(f"{type(data).__name__} is not a job list")


def _of_tuples(data: Iterable[object]) -> list[tuple[Any, ...]]:
    """Values in the order of `Job`."""
    rows = []
    for row in data:
        if not isinstance(row, tuple) or not 12 <= len(row) <= 13:
            raise ValueError("an entry is not a tuple of 12 or 13 values")
        name, number, status, priority, section, date, member, chunk, *logs = row[:12]
        number = number if type(number) is int else integer(number)
        date = date if type(date) is datetime else naive(date)
        rows.append((name, number, status, priority, section, date, member, chunk, None, None, *logs))
    return rows


def _of_states(items: Iterable[tuple[object, object]], status_key: str) -> list[tuple[Any, ...]]:
    """Values in the order of `Job`, from dictionaries of about a hundred attributes.

    Column by column: most columns of most lists hold one type and are taken as they are.
    """
    keys = (
        "id", status_key, "priority", "_section", "date", "_member", "_chunk", "_split", "_splits",
        "_local_logs", "_remote_logs",
    )  # fmt: skip
    names, states = [], []
    for name, state in items:
        if not isinstance(state, dict):
            raise ValueError("an entry has no attributes")
        names.append(name)
        states.append(state)
    if not names:
        return []
    try:
        columns = list(zip(*map(itemgetter(*keys), states), strict=True))
    except KeyError:
        columns = [tuple(state.get(key) for state in states) for key in keys]
    number, status, priority, section, date, member, chunk, split, splits, local, remote = map(
        _plain, columns
    )
    return list(
        zip(
            names,
            _each(number, integer, int),
            status,
            priority,
            section,
            _each(date, naive, datetime, NoneType),
            member,
            chunk,
            _positive(split),
            _positive(splits),
            *zip(*map(_pair, local), strict=True),
            *zip(*map(_pair, remote), strict=True),
            strict=True,
        )
    )


def _plain(column: tuple[Any, ...]) -> tuple[Any, ...]:
    """The column without the marks of ruamel.yaml."""
    if _Marked not in set(map(type, column)):
        return column
    return tuple([value.value if type(value) is _Marked else value for value in column])


def _each(column: tuple[Any, ...], mend: Callable[[object], Any], *types: type) -> Iterable[Any]:
    """The column with every value of another type mended."""
    return column if set(map(type, column)) <= set(types) else map(mend, column)


def _positive(column: tuple[Any, ...]) -> list[int | None]:
    """Integers above 0, else None: this is how a pickle says that a job is not split."""
    return [value if type(value) is int and value > 0 else None for value in column]


def _pair(logs: object) -> tuple[Any, Any]:
    """Names of output and error log."""
    return logs if type(logs) is tuple and len(logs) == 2 else (None, None)


def _state(instance: object) -> Mapping[str, Any]:
    """Attributes of a pickled instance: a dictionary, or a pair of one and the values of slots."""
    state = instance.state if isinstance(instance, _StandIn) else None
    if isinstance(state, tuple) and state:
        state = state[0]
    return state if isinstance(state, dict) else {}
