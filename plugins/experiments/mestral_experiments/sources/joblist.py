"""A whole job list in memory: building it from raw values, and selecting a page of it.

Guarantees: the same for every format. Selecting is linear in the number of jobs whatever the pattern, and a
page of an unfiltered list costs only the page.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.protocol import JobPage, JobQuery
from mestral_experiments.sources.values import integer, naive, positive, text

T = TypeVar("T")
logger = logging.getLogger(__name__)


class JobList(msgspec.Struct, frozen=True, gc=False):
    """All jobs of an experiment.

    Attributes:
        jobs: In the order of the file.
        ordered: In (lower-case name, name) order.
        lowered: The lower-case names of `ordered`.
        weight: Estimate of the memory it holds, in bytes.
    """

    jobs: tuple[Job, ...]
    ordered: tuple[Job, ...]
    lowered: tuple[str, ...]
    weight: int

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> "JobList":
        """The list of these jobs."""
        pairs = [(job.name.lower(), job.name, position) for position, job in enumerate(jobs)]
        pairs.sort()
        ordered = tuple([jobs[position] for _, _, position in pairs])
        lowered = tuple([lower for lower, _, _ in pairs])
        # A Job takes 128 bytes, its date 48, its name (twice) and log files 49 more than they are long.
        texts = sum(2 * len(job.name) + 4 * len(job.out_local or "") for job in jobs)
        return cls(tuple(jobs), ordered, lowered, 600 * len(jobs) + texts)

    def select(self, query: JobQuery) -> JobPage:
        """A page of the jobs that match."""
        found = matching(self.ordered, self.lowered, query.name)
        if query.status is not None:
            found = [job for job in found if job.status is query.status]
        end = None if query.limit is None else query.offset + query.limit
        return JobPage(jobs=found[query.offset : end], total=len(found))


def matching(items: Sequence[T], lowered: Sequence[str], pattern: str | None) -> Sequence[T]:
    """The items whose lower-case names match the pattern; all without one."""
    if not pattern:
        return items
    matches = name_matcher(pattern)
    return [item for item, name in zip(items, lowered, strict=True) if matches(name)]


def name_matcher(pattern: str) -> Callable[[str], bool]:
    """A test of lower-case job names (contract/API_V4.md 4.1).

    Substring with `*` as any run of characters; an odd number of leading `!` negates; all else is literal.
    """
    bare = pattern.lstrip("!")
    negated = (len(pattern) - len(bare)) % 2 == 1
    parts = [part for part in bare.lower().split("*") if part]

    def matches(name: str) -> bool:
        position = 0
        for part in parts:  # the first occurrence of each is always good enough: nothing is anchored
            position = name.find(part, position)
            if position < 0:
                return negated
            position += len(part)
        return not negated

    return matches


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
