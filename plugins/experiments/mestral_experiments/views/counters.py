"""How many jobs are in which state (contract/API_V3.md 2.3)."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from mestral_experiments.model import JobStatus


class Counters(msgspec.Struct, frozen=True):
    """Answer of `/v3/expcount/{expid}`; every state has its counter, in the order of the codes."""

    error: bool
    error_message: str
    expid: str
    total: int
    counters: dict[str, int]


def count(expid: str, states: Iterable[tuple[str, JobStatus]]) -> Counters:
    """Counts the jobs of an experiment by state."""
    found = Counter(status._name_ for _, status in states)
    return Counters(False, "", expid, found.total(), {state.name: found[state.name] for state in JobStatus})


def not_counted(expid: str, message: str) -> Counters:
    """The answer when the jobs cannot be counted."""
    return Counters(True, message, expid, 0, {status.name: 0 for status in JobStatus})
