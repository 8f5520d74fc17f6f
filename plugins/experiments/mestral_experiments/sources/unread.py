"""Attributes that nobody reads, left out of a pickled job list while it is read.

A job in a pickle has about a hundred attributes, of which a dozen are wanted. To keep the others takes a
quarter of the time and half of the memory that a list costs, and the C unpickler has no way to skip them. But
the name of an attribute is spelled out only once, in the first job, and later jobs refer to it. There, names
that are not wanted are replaced by one empty text, byte for byte of the same length: every job then is a
small dictionary, in which each unread value takes the place of the one before.

Guarantees: a wanted attribute is never touched, nor any text that is not the name of an attribute (equal
texts are spelled out again; only one that is the same object in Autosubmit would be read as empty). A
beginning that is not understood is left as it is. Nothing is trusted: the bytes are loaded under the same
rules whatever became of them.
"""

import io
from collections.abc import Callable, Collection
from pickletools import genops, markobject
from typing import Any

_WORTHWHILE_BYTES = 1 << 20  # about 1,400 jobs: below, finding the names costs more than it saves
_HEAD_BYTES = 1 << 16  # how far the end of the first job is looked for
_OF_A_JOB = ("id", "priority", "_section", "_chunk")  # what has these keys is a job


class LeanFile(io.FileIO):
    """A pickled job list for reading, in which only wanted attributes have a name.

    Args:
        path: The file.
        wanted: Names of the attributes to keep.
        opener: As for `open`.
    """

    def __init__(self, path: str, wanted: Collection[str], opener: Callable[[str, int], int]) -> None:
        super().__init__(path, opener=opener)
        self._wanted = wanted
        self._at_head = self.seek(0, io.SEEK_END) >= _WORTHWHILE_BYTES
        self.seek(0)

    def readinto(self, buffer: Any) -> int:
        """Read as ever, and make the first block lean."""
        count = super().readinto(buffer)
        if self._at_head:
            self._at_head = False
            head = memoryview(buffer)[: min(count, _HEAD_BYTES)]
            head[:] = lean(bytes(head), self._wanted)
        return count


def lean_content(content: bytes, wanted: Collection[str]) -> bytes:
    """As `LeanFile`, of a job list that is in memory."""
    if len(content) < _WORTHWHILE_BYTES:
        return content
    return lean(content[:_HEAD_BYTES], wanted) + content[_HEAD_BYTES:]


def lean(head: bytes, wanted: Collection[str]) -> bytes:
    """The beginning of a pickle without the names that are not wanted; of the same length."""
    made = bytearray(head)
    for opcode, name, start in _keys_of_first_job(head):
        if opcode == "SHORT_BINUNICODE" and name not in wanted and name.isascii() and len(name) >= 3:
            spelled = b"\x8c%c%b\x94" % (len(name), name.encode())  # and memoized, to be referred to
            if head.startswith(spelled, start):
                spare = len(name) - 3  # the rest of the room is a text that is taken off the stack again
                made[start : start + len(spelled)] = b"\x8c\0\x94\x8c%c%b0" % (spare, bytes(spare))
    return bytes(made)


def _keys_of_first_job(head: bytes) -> list[tuple[str, Any, int]]:
    """Opcode, argument and position of what made the keys of the first dictionary that describes a job."""
    stack: list[tuple[str, Any, int]] = []  # what made each value that the unpickler would hold
    marks: list[int] = []
    try:
        for opcode, argument, position in genops(head):
            takes, gives = opcode.stack_before, opcode.stack_after
            if opcode.name == "MARK":
                marks.append(len(stack))
                continue
            if opcode.name == "SETITEMS":
                keys = stack[marks[-1] :: 2]
                names = [name for _, name, _ in keys]
                if all(name in names for name in _OF_A_JOB):
                    return keys
            if opcode.name != "MEMOIZE":
                marked = markobject in takes
                below = marks.pop() - takes.index(markobject) if marked else len(stack) - len(takes)
                stack[below:] = [(opcode.name, argument, position or 0)] * len(gives)
    except (ValueError, IndexError):
        pass  # another protocol, or a first job that does not end here
    return []
