"""Badges and titles as the GUI inserts them, which takes them for HTML (contract/API_V3.md 1.4, 4.3).

Guarantees: what users can choose (names of jobs, sections, members, wrappers) is escaped; the markup is
exactly the contract's.
"""

from html import escape

from mestral_experiments.model import JobStatus

COLOURS = {
    JobStatus.SUSPENDED: "orange",
    JobStatus.UNKNOWN: "white",
    JobStatus.FAILED: "red",
    JobStatus.WAITING: "#aaaaaa",
    JobStatus.READY: "lightblue",
    JobStatus.SUBMITTED: "cyan",
    JobStatus.QUEUING: "lightpink",
    JobStatus.RUNNING: "green",
    JobStatus.COMPLETED: "yellow",
    JobStatus.HELD: "salmon",
    JobStatus.PREPARED: "lightsalmon",
    JobStatus.SKIPPED: "lightyellow",
    JobStatus.DELAYED: "lightcyan",
}
"""The colour of every state."""

_ON_DARK = (JobStatus.RUNNING, JobStatus.FAILED, JobStatus.HELD)

TARGET = " <span class='badge' style='background-color:#99ff66'>TARGET</span>"
SOURCE = " <span class='badge' style='background-color:#80d4ff'>SOURCE</span>"
SYNC = " <span class='badge' style='background-color:#0066ff; color:white'>SYNC</span>"
CHECK_MARK = " <span class='badge' style='background-color:#4dffa6'>&#10004;</span>"


def badge(style: str, text: str) -> str:
    """One badge."""
    return f"<span class='badge' style='background-color:{style}'>{text}</span>"


STATUS_BADGES = {
    status: f" <span class='badge' style='background-color: {colour}; "
    f"color:{'#fff' if status in _ON_DARK else '#000'};'>#{status.name}</span>"
    for status, colour in COLOURS.items()
}
"""The badge of every state in titles of the tree, with its blank."""

PLAIN_STATUS_BADGES = {
    status: f" <span class='badge' style='background-color: {colour}'>#{status.name}</span>"
    for status, colour in COLOURS.items()
}
"""The same in the quick view and in the details of a run."""


def text(name: str) -> str:
    """A name as HTML shows it."""
    return escape(name, quote=False) if "<" in name or "&" in name or ">" in name else name


def wrapped(package: str) -> str:
    """The badge of a job inside a wrapper, in the tree."""
    return f" <span class='badge' style='background-color:#94b8b8'>Wrapped {text(package)} </span>"


def completed_colour(completed: int, total: int) -> str:
    """The colour behind a number of completed jobs."""
    return "yellow" if completed == total else "#ffffb3"
