"""Folders of the tree, what they count, and how their titles are written (contract/API_V3.md 4)."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mestral_experiments.model import JobStatus
from mestral_experiments.views import html

EMPTY = "Empty"
"""The contract's word in `data` of whatever has no counters there."""


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """A job in the tree. `title` is HTML; `refKey` is its name."""

    title: str
    refKey: str  # noqa: N815 - the contract's name
    data: str = EMPTY
    children: tuple[()] = ()


class Counts(msgspec.Struct, frozen=True):
    """How many jobs of a folder are in a state."""

    completed: int
    running: int
    queuing: int
    failed: int
    held: int
    total: int


class WrapperCounts(msgspec.Struct, frozen=True):
    """The same, in the order in which folders of wrappers have them in `data`."""

    completed: int
    failed: int
    running: int
    queuing: int
    held: int
    total: int


class Folder(msgspec.Struct, frozen=True):
    """A folder. `title` is HTML; names in `Reference` and in `tree_parents` of jobs are `refKey`s."""

    title: str
    folder: bool
    refKey: str  # noqa: N815 - the contract's name
    data: str | WrapperCounts
    expanded: bool
    children: Sequence[Any]


TAGS = {
    "completed_tag": " " + html.badge("%B", " %C / %T COMPLETED"),
    "running_tag": " " + html.badge("green; color:#fff", "%R RUNNING"),
    "queuing_tag": " " + html.badge("pink", "%Q QUEUING"),
    "failed_tag": " " + html.badge("red", "%F FAILED"),
    "held_tag": " " + html.badge("#fa8072; color:#fff", "%H HELD"),
    "checkmark": html.CHECK_MARK,
}
"""What the GUI makes titles of when it counts itself: see GUI_CONTRACT.md 4.5."""

Reference = Annotated[
    dict[str, Any],
    Meta(
        description="Counters of every folder that `tree_parents` of jobs may name, by its `refKey`; the "
        "templates of titles; `packages`, `chunk_unit` and `chunk_size`."
    ),
]


def count(states: Iterable[JobStatus]) -> Counts:
    """Counts jobs by state."""
    found = dict.fromkeys(JobStatus, 0)
    for state in states:
        found[state] += 1
    return Counts(
        completed=found[JobStatus.COMPLETED],
        running=found[JobStatus.RUNNING],
        queuing=found[JobStatus.QUEUING],
        failed=found[JobStatus.FAILED],
        held=found[JobStatus.HELD],
        total=sum(found.values()),
    )


def counted_title(name: str, counts: Counts) -> str:
    """The title of a folder that counts: HTML."""
    colour = html.completed_colour(counts.completed, counts.total)
    title = [html.text(name), " ", html.badge(colour, f" {counts.completed} / {counts.total} COMPLETED")]
    for style, number, word in (
        ("red", counts.failed, "FAILED"),
        ("green; color:#fff", counts.running, "RUNNING"),
        ("pink", counts.queuing, "QUEUING"),
        ("#fa8072; color:#fff", counts.held, "HELD"),
    ):
        if number:
            title += (" ", html.badge(style, f"{number} {word}"))
    if counts.completed == counts.total:
        title.append(html.CHECK_MARK)
    return "".join(title)
