"""Folders of dates, members, sections and wrappers, and what they count (contract/API_V3.md 4).

Guarantees: every job is a leaf below its member, or in `Keys`, and once more below its wrapper; what counts
has its counters in the reference. Linear in the number of jobs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from mestral_experiments.model import JobStatus
from mestral_experiments.views import html

EMPTY = "Empty"
"""The contract's word in `data` of whatever has no counters there."""

NO_MEMBER = "DEFAULT"
"""The member of a job that has a date and no member."""

_IN_ORDER = (JobStatus.COMPLETED, JobStatus.WAITING, JobStatus.READY, JobStatus.SUSPENDED)
"""States of jobs that stay where they are; all others come first."""
_UNIFORM = {JobStatus.WAITING: "#aaa", JobStatus.SUSPENDED: "orange", JobStatus.COMPLETED: "yellow"}
_MANY_DATES = 5


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """A job in the tree. `title` is HTML; `refKey` is its name."""

    title: str
    refKey: str  # noqa: N815 - the contract's name
    data: str = EMPTY
    children: tuple[()] = ()


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A job that is put into folders."""

    leaf: Leaf
    status: JobStatus
    section: str


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


Members = Mapping[str, Sequence[Placed]]
T = TypeVar("T")


def by_date_and_member(jobs: Iterable[tuple[str, str, T]]) -> dict[str, dict[str, list[T]]]:
    """Jobs by the text of their date and by member, each in the order of its first job."""
    found: defaultdict[tuple[str, str], list[T]] = defaultdict(list)
    for date, member, placed in jobs:
        found[date, member].append(placed)
    members = dict.fromkeys(member for _, member in found)
    return {
        date: {member: found[date, member] for member in members if (date, member) in found}
        for date in dict.fromkeys(date for date, _ in found)
    }


def date_folders(
    expid: str, dated: Mapping[str, Members], reference: dict[str, Counts], *, clean: bool = False
) -> list[Folder]:
    """The folders of dates with what is below them.

    Args:
        expid: Name of the experiment.
        dated: Jobs by the text of their date and by member.
        reference: Gets the counters of members.
        clean: Whether the `refKey` of a date is only its name; else it is its title.
    """
    folders = []
    for text, members in dated.items():
        own = f"{expid}_{text}"
        inside = []
        for member, jobs in members.items():
            key = f"{own}_{member}"
            found = reference[key] = count(placed.status for placed in jobs)
            inside.append(Folder(counted_title(key, found), True, key, EMPTY, False, _sections(key, jobs)))
        states = [placed.status for jobs in members.values() for placed in jobs]
        title, uniform = _date_title(own, states)
        expanded = not (len(dated) > _MANY_DATES and uniform)
        folders.append(Folder(title, True, own if clean else title, EMPTY, expanded, inside))
    return folders


def keys_folder(leaves: Sequence[Leaf]) -> list[Folder]:
    """The folder of jobs without a date, if there are any."""
    return [Folder("Keys", True, "Keys", EMPTY, True, leaves)] if leaves else []


def wrappers_folder(
    expid: str,
    wrappers: Mapping[str, Sequence[Placed]],
    reference: dict[str, Counts],
    title: Callable[[str, Counts], str] = counted_title,
) -> list[Folder]:
    """The folder of wrappers, if there are any.

    Args:
        expid: Name of the experiment.
        wrappers: Jobs of each, both in the order in which they are shown.
        reference: Gets their counters.
        title: Makes the title of one.
    """
    inside = []
    for wrapper, jobs in wrappers.items():
        key = wrapper_key(wrapper)
        found = reference[key] = count(placed.status for placed in jobs)
        data = WrapperCounts(
            found.completed, found.failed, found.running, found.queuing, found.held, found.total
        )
        leaves = [placed.leaf for placed in jobs]
        inside.append(Folder(title(key, found), True, key, data, False, leaves))
    return [Folder("Wrappers", True, f"Wrappers_{expid}", EMPTY, False, inside)] if inside else []


def wrapper_key(wrapper: str) -> str:
    """The `refKey` of the folder of a wrapper."""
    return f"Wrapper: {wrapper}"


def _sections(key: str, jobs: Sequence[Placed]) -> list[Any]:
    """What is in the folder of a member: sections of one job as leaves, then the others as folders."""
    sections: dict[str, list[Placed]] = {}
    for placed in jobs:
        sections.setdefault(placed.section, []).append(placed)
    alone = _leaves(found[0] for found in sections.values() if len(found) == 1)
    folders = [
        Folder(
            html.text(section),
            True,
            f"{key}_{section}",
            EMPTY,
            any(placed.status not in _IN_ORDER for placed in found),
            _leaves(found),
        )
        for section, found in sections.items()
        if len(found) > 1
    ]
    return [*alone, *folders]


def _leaves(jobs: Iterable[Placed]) -> list[Leaf]:
    """Those that are neither done nor waiting come first, the last of them foremost."""
    first: list[Leaf] = []
    after: list[Leaf] = []
    for placed in jobs:
        (after if placed.status in _IN_ORDER else first).append(placed.leaf)
    return [*reversed(first), *after]


def _date_title(name: str, states: Sequence[JobStatus]) -> tuple[str, bool]:
    """Its title, with the state of its jobs where all are in the same one, and whether they are."""
    state = states[0]
    if state not in _UNIFORM or states.count(state) < len(states):
        return html.text(name), False
    badge = html.badge(_UNIFORM[state], f" {len(states)} / {len(states)} {state.name} ")
    return f"{html.text(name)} {badge}", True
