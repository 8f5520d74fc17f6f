"""Hostile pickles: nothing is executed, imported or kept, and the next list is read as ever."""

import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import attributes, run_python, tuples

from mestral_experiments.sources import pickles
from mestral_experiments.sources.faults import Damaged
from mestral_experiments.sources.pickles import read_jobs


def call(module: str, name: str, arguments: bytes) -> bytes:
    """The opcodes of `module.name(*arguments)`, the name given as in protocol 4."""
    return text(module) + text(name) + b"\x93" + arguments + b"R"


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def one(argument: str) -> bytes:
    return text(argument) + b"\x85"


def gadgets(canary: str) -> dict[str, bytes]:
    """Pickles that would leave a file named `canary`, each by another way."""
    touch = one(f"touch {canary}")
    write = one(f"open({canary!r}, 'w')")
    nested = call("builtins", "getattr", call("builtins", "__import__", one("os")) + text("system") + b"\x86")
    return {
        "os.system": call("os", "system", touch),
        "posix.system": call("posix", "system", touch),
        "eval": call("builtins", "eval", write),
        "exec": call("builtins", "exec", write),
        "python 2 eval": b"c__builtin__\neval\n" + write + b"R",
        "global opcode": b"cos\nsystem\n" + touch + b"R",
        "inst opcode": b"(" + text(f"touch {canary}") + b"ios\nsystem\n",
        "obj opcode": b"(cos\nsystem\n" + text(f"touch {canary}") + b"o",
        "subprocess": call("subprocess", "Popen", b"](" + text("touch") + text(canary) + b"e\x85"),
        "dotted networkx": call("networkx", "os.system", touch),
        "dotted in an allowed module": call("networkx.classes.digraph", "nx.os.system", touch),
        "dotted from a known global": call("datetime", "datetime.__class__.__base__.__subclasses__", b")"),
        "dotted from a known module": call("datetime", "sys.modules", b")"),
        "module in an allowed package": call("networkx.os", "system", touch),
        "function in an allowed package": call("autosubmit.job.os", "system", touch),
        "nested getattr": nested + touch + b"R",
        "codecs": call("_codecs", "decode", text("x") + text("rot13") + b"\x86"),
        "copyreg": call("copyreg", "_reconstructor", text("x") + b"\x85"),
        "extension registry": b"\x82\x01",
        "persistent id": b"Pcanary\n",
        "path that reads": call("pathlib", "Path.read_text", one("/etc/passwd")),
    }


GADGETS = sorted(gadgets("x"))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("name", GADGETS)
def test_nothing_is_executed(tmp_path: Path, name: str, nested: bool) -> None:
    canary = tmp_path / "canary"
    gadget = gadgets(str(canary))[name]
    # Alone, or as a value of an otherwise good job list.
    content = (
        b"\x80\x04" + (b"}" + text("job") + b"}" + text("x") + gadget + b"ss" if nested else gadget) + b"."
    )
    path = tmp_path / "list.pkl"
    path.write_bytes(content)
    modules = set(sys.modules)
    with pytest.raises(Damaged):
        read_jobs(str(path))
    assert not canary.exists()
    assert set(sys.modules) == modules
    assert sorted(file.name for file in tmp_path.iterdir()) == ["list.pkl"]


@pytest.mark.parametrize(
    "module_and_name",
    [
        ("autosubmit.job.job", "Job"),
        ("autosubmit.job.template", "Language"),
        ("pathlib", "PosixPath"),
        ("_codecs", "encode"),
        ("datetime", "datetime"),
        ("builtins", "dict"),
    ],
)
def test_what_is_allowed_cannot_be_changed(tmp_path: Path, module_and_name: tuple[str, str]) -> None:
    """BUILD on a class or function would set its attributes for all later lists."""
    module, name = module_and_name
    target = text(module) + text(name) + b"\x93"
    path = tmp_path / "list.pkl"
    for state in (
        b"}" + text("poison") + text("x") + b"s",
        b"N}" + text("poison") + text("x") + b"s\x86",
        b"N}" + text("__setstate__") + text("x") + b"s\x86",
    ):
        path.write_bytes(b"\x80\x04" + target + state + b"b.")
        with pytest.raises(Damaged):
            read_jobs(str(path))
    for known in vars(pickles).values():
        assert not hasattr(known, "poison")
    path.write_bytes(tuples("a"))
    assert list(read_jobs(str(path)).names) == ["a"]


def joined_paths() -> bytes:
    """1 kB that becomes 1 GB where stand-ins for paths join their parts: each holds the last one twice."""
    stream = b"\x80\x04" + text("pathlib") + text("PosixPath") + b"\x93\x94" + text("a" * 100) + b"\x94"
    for position in range(1, 25):
        stream += b"h\x00" + b"h" + bytes([position]) + b"h" + bytes([position]) + b"\x86R\x94"
    return stream + b"."


def doubled_lists() -> bytes:
    """Lists that hold the one before twice: small in memory, endless for whoever walks through them."""
    stream = b"\x80\x04]\x94"
    for position in range(200):
        stream += b"](h" + bytes([position]) + b"h" + bytes([position]) + b"e\x94"
    return stream + b"."


def doubled_in_a_job() -> bytes:
    value: object = "x"
    for _ in range(100):
        value = (value, value)
    return pickle.dumps({"job": attributes(_member=value, _local_logs=value, date=value, id=value)}, 5)


def huge_decimal() -> bytes:
    return b"L" + b"9" * 3_000_000 + b"L\n."


def huge_long() -> bytes:
    return b"\x80\x04\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01."


def huge_bytes() -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"\x01."


def huge_bytearray() -> bytes:
    return b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"\x01."


def huge_frame() -> bytes:
    return b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"N."


def huge_memo() -> bytes:
    return b"\x80\x04Nr" + struct.pack("<I", 2**32 - 1) + b"."


def deep() -> bytes:
    return b"\x80\x04" + b"]" * 1_000_000 + b"a" * 999_999 + b"."


BOMBS: list[Callable[[], bytes]] = [
    joined_paths, doubled_lists, doubled_in_a_job, huge_decimal, huge_long, huge_bytes,
    huge_bytearray, huge_frame, huge_memo, deep,
]  # fmt: skip
DEFUSE = """
import resource, sys, time
from mestral_experiments.sources.faults import Damaged
from mestral_experiments.sources.pickles import read_jobs
from mestral_experiments.sources.protocol import JobQuery
resource.setrlimit(resource.RLIMIT_AS, (1024**3, 1024**3))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        outcome = len(read_jobs(path).select(JobQuery()).jobs)
    except (Damaged, MemoryError) as error:
        outcome = type(error).__name__
    print(outcome, end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_end_in_a_fault_within_limits(tmp_path: Path, bomb: Callable[[], bytes]) -> None:
    path, good = tmp_path / "bomb.pkl", tmp_path / "good.pkl"
    path.write_bytes(bomb())
    good.write_bytes(tuples("a", "b"))
    outcome, after, megabytes = run_python(DEFUSE, path, good).split()
    assert outcome in ("Damaged", "MemoryError", "1")
    assert (outcome == "1") is (bomb is doubled_in_a_job)
    assert after == "2"
    if bomb is not huge_memo:  # C Python makes room for as many entries as there are before it looks
        assert int(megabytes) < 100
