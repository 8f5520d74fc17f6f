"""A whole job list in memory: selecting a page of it, and making jobs of raw values.

Guarantees: the same for every format. Selecting is linear in the number of jobs whatever the pattern, and a
page of an unfiltered list costs only the page; jobs that are not on it are not even made.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, TypeVar

import msgspec

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.protocol import JobPage, JobQuery
from mestral_experiments.sources.values import integer, naive, positive, text

T = TypeVar("T")
logger = logging.getLogger(__name__)


class JobList(msgspec.Struct, frozen=True, gc=False):
    """All jobs of an experiment. A job is made of its row when it is asked for: most answers want few.

    Attributes:
        names: In the order of the file.
        states: In the same order.
        rows: What the file says of each job, in the same order.
        build: Makes jobs of names and their rows.
        positions: Of the names in (lower-case name, name) order.
        lowered: The lower-case names in that order.
        edges: Pairs of names: the second job waits for the first. Only graphs have them.
        layout: What the file holds, in words; "" where it does not vary.
    """

    names: Sequence[str]
    states: Sequence[JobStatus]
    rows: Sequence[Any]
    build: Callable[[Sequence[str], Sequence[Any]], list[Job]]
    positions: Sequence[int]
    lowered: Sequence[str]
    edges: Sequence[tuple[str, str]] = ()
    layout: str = ""

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> "JobList":
        """The list of these jobs."""
        states = [job.status for job in jobs]
        return cls.of_rows([job.name for job in jobs], states, jobs, lambda _, rows: list(rows))

    @classmethod
    def of_rows(
        cls,
        names: Sequence[str],
        states: Sequence[JobStatus],
        rows: Sequence[Any],
        build: Callable[[Sequence[str], Sequence[Any]], list[Job]],
        edges: Sequence[tuple[str, str]] = (),
    ) -> "JobList":
        """The list of jobs that are still to be made: see the attributes."""
        lowered = [name.lower() for name in names]
        positions = sorted(range(len(names)), key=names.__getitem__)
        positions.sort(key=lowered.__getitem__)
        ordered = [lowered[position] for position in positions]
        return cls(names, states, rows, build, positions, ordered, edges)

    @property
    def weight(self) -> int:
        """Estimate of the memory it holds, in bytes."""
        # A Job or a row takes 150 bytes, its date 48, its name (twice) and log files 49 more than they are
        # long; logs are named after their job.
        return 650 * len(self.names) + 4 * sum(map(len, self.names)) + 64 * len(self.edges)

    def state(self, name: str) -> JobStatus | None:
        """State of the job of exactly this name, None without one."""
        position = self._position(name)
        return None if position is None else self.states[position]

    def job(self, name: str) -> Job | None:
        """The job of exactly this name, None without one."""
        position = self._position(name)
        if position is None:
            return None
        return next(iter(self.build([name], [self.rows[position]])), None)

    def _position(self, name: str) -> int | None:
        lowered = name.lower()
        place = bisect_left(self.lowered, lowered)
        while place < len(self.lowered) and self.lowered[place] == lowered:
            if self.names[self.positions[place]] == name:
                return self.positions[place]
            place += 1
        return None

    def select(self, query: JobQuery) -> JobPage:
        """A page of the jobs that match."""
        found = matching(self.positions, self.lowered, query.name)
        if query.status is not None:
            found = [position for position in found if self.states[position] is query.status]
        start = query.offset
        if query.after is not None:
            start += position_after(query.after, found, self.names.__getitem__)
        page = found[start : None if query.limit is None else start + query.limit]
        jobs = self.build([self.names[n] for n in page], [self.rows[n] for n in page])
        return JobPage(jobs=jobs, total=len(found))


def matching(items: Sequence[T], lowered: Sequence[str], pattern: str | None) -> Sequence[T]:
    """The items whose lower-case names match the pattern (contract/API_V4.md 4.1); all without one.

    Substring with `*` as any run of characters; an odd number of leading `!` negates; all else is literal.
    """
    if not pattern:
        return items
    bare = pattern.lstrip("!")
    negated = (len(pattern) - len(bare)) % 2 == 1
    parts = [part for part in bare.lower().split("*") if part]
    longest = max(parts, key=len, default="")  # most names that do not match lack it, which is soon seen
    single = len(parts) < 2
    chosen = [(longest in name and (single or _in_turn(parts, name))) is not negated for name in lowered]
    return list(compress(items, chosen))


def position_after(name: str, ordered: Sequence[T], name_of: Callable[[T], str]) -> int:
    """Where the items whose names come after a name begin, in (lower-case name, name) order."""

    def key(item: T) -> tuple[str, str]:
        known = name_of(item)
        return known.lower(), known

    return bisect_right(ordered, (name.lower(), name), key=key)


def _in_turn(parts: Sequence[str], name: str) -> bool:
    """Whether a name holds all parts, one after the other."""
    position = 0
    for part in parts:  # the first occurrence of each is always good enough: nothing is anchored
        position = name.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


def build_jobs(rows: list[tuple[Any, ...]]) -> list[Job]:
    """Jobs from raw values in the order of the fields of `Job`.

    Odd values become None or the default, and a row without a name is left out. Lists are checked as a
    whole, in C; only a list with something odd is mended value by value.
    """
    try:
        jobs = msgspec.convert(rows, list[Job])
        msgspec.msgpack.encode(jobs)  # a half surrogate pair or a huge integer would fail the answer
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        return [job for job in map(_mended, rows) if job is not None]
    return jobs


def _mended(row: tuple[Any, ...]) -> Job | None:
    (raw_name, number, status, priority, section, date, member, chunk, split, splits, *logs) = row
    name = text(raw_name)
    if name is None:
        logger.warning("a job whose name is of type %s is left out", type(raw_name).__name__)
        return None
    return Job(
        name, integer(number), JobStatus.of(status), integer(priority) or 0, text(section) or "", naive(date),
        text(member), integer(chunk), positive(split), positive(splits), *map(text, logs),
    )  # fmt: skip
