"""What a job records about its submissions: its `TOTAL_STATS` file (formats/AUTOSUBMIT_DATA.md 8).

Guarantees: of a file only its end is read, and only of a regular file. Times are local by the rules of the
server's time zone. Thousands of files are read at some microseconds each.
"""

import os
import stat
from datetime import datetime

from mestral.readers import Stamp
from mestral_experiments.model import Submission
from mestral_experiments.sources.faults import Missing, refused

_END_BYTES = 64 * 1024  # a thousand submissions
_LENGTH = 14  # of a time: YYYYMMDDhhmmss


class Hours(dict[str, int | None]):
    """Epoch seconds of the beginnings of hours (`YYYYMMDDhh`), as they are asked for.

    None for what is no hour, and for one in which clocks are changed: its times are reckoned one by one.
    Somebody else's time zone has hours of its own, so make one for each answer.
    """

    def __missing__(self, hour: str) -> int | None:
        first, last = _reckoned(hour + "0000"), _reckoned(hour + "5959")
        self[hour] = first if first is not None and last is not None and last - first == 3599 else None
        return self[hour]

    def seconds(self, word: str) -> int | None:
        """Epoch seconds of a time; None when it is none, or before the epoch."""
        if len(word) != _LENGTH or not (word.isdecimal() and word.isascii()):
            return None
        start = self[word[:10]]
        minute, second = divmod(int(word[10:]), 100)
        if start is None or minute > 59 or second > 59:
            return _reckoned(word)
        return start + 60 * minute + second


def read_submissions(path: str, hours: Hours, *, last: bool) -> tuple[list[Submission], Stamp]:
    """The submissions that a file holds, oldest first, and its stamp, taken before.

    Args:
        path: Absolute path.
        hours: Known to whoever reads several files.
        last: Only the last submission.

    Raises:
        Missing: No such file.
        Damaged: It is no file, or this user may not read it.
        Busy: A trouble of the system that may pass.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("not a file")
            end = os.pread(descriptor, _END_BYTES, max(0, status.st_size - _END_BYTES))
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise Missing(path) from error
    except (OSError, ValueError) as error:
        raise refused(path, error) from error
    if status.st_size > _END_BYTES:
        end = end.partition(b"\n")[2]
    taken = Stamp(os.fsencode(path), status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    lines = [words for line in end.decode("ascii", "replace").split("\n") if (words := line.split())]
    return [_submission(words, hours) for words in (lines[-1:] if last else lines)], taken


def _submission(words: list[str], hours: Hours) -> Submission:
    count, seconds = len(words), hours.seconds
    return Submission(
        submit=seconds(words[0]),
        start=seconds(words[1]) if count > 1 else None,
        finish=seconds(words[2]) if count > 2 else None,
        status=_state(words),
        words=count,
    )


def _state(words: list[str]) -> str | None:
    if len(words) > 3:
        return words[3] if len(words[3]) != _LENGTH else None
    return words[-1] if words[-1].isalpha() else None


def _reckoned(word: str) -> int | None:
    try:
        date = map(int, (word[:4], word[4:6], word[6:8], word[8:10], word[10:12], word[12:]))
        seconds = int(datetime(*date).timestamp())  # type: ignore[arg-type]  # noqa: DTZ001 - local
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds > 0 else None
