"""Jobs in the picture of a graph: boxes with names where there are few, else marks.

Guarantees: every job is a group with a title that says its name, state and times. All take the same space.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from mestral_experiments.model import JobStatus
from mestral_experiments.views.jobtimes import SUSPICIOUS, hms
from mestral_experiments.views.pictures.legend import Entry
from mestral_experiments.views.pictures.states import state_class
from mestral_experiments.views.pictures.svg import escape, width_of, words
from mestral_experiments.views.times import utc_epoch_text
from mestral_experiments.views.workflow.jobview import JobView

_LONGEST = 30
_NOTES = 60
_LOOKED_FOR = (JobStatus.FAILED, JobStatus.RUNNING, JobStatus.SUSPENDED, JobStatus.UNKNOWN)
_SHAPES = (
    '<circle id="{id}" r="5"/>',
    '<path id="{id}" d="M-4.5-4.5h9v9h-9z"/>',
    '<path id="{id}" d="M0-6.2 6.2 0 0 6.2-6.2 0z"/>',
    '<path id="{id}" d="M0-5.8 6 4.6H-6z"/>',
    '<path id="{id}" d="M0 5.8-6-4.6H6z"/>',
    '<path id="{id}" d="M-3-5.2h6l3 5.2-3 5.2h-6l-3-5.2z"/>',
    '<path id="{id}" d="M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z"/>',
    '<path id="{id}" d="M0-6.5 1.7-2.1 6.2-2 2.7.9 3.8 5.3 0 2.8-3.8 5.3-2.7.9-6.2-2-1.7-2.1z"/>',
)

Places = Sequence[tuple[int, int]]
"""x and y of the middle of each job, in pixels."""


class Size(NamedTuple):
    """Of a job, of the space around it, and of the border that wrappers have around it; in pixels."""

    width: float
    height: float
    beside: float
    below: float
    border: float


class Drawn(Protocol):
    """A way to draw jobs.

    Attributes:
        named: Whether there is space for names.
        size: What one takes.
        definitions: What all of them use.
        style: CSS.
        sections: What tells the section of a job.
    """

    named: bool
    size: Size
    definitions: str
    style: str
    sections: Sequence[Entry]

    def job(self, view: JobView, x: int, y: int) -> str:
        """One job in its place."""

    def notes(self, jobs: Sequence[JobView], places: Places, end: float) -> Iterable[str]:
        """What is written over all jobs; `end`: where the space for it ends on the right."""


class Boxes:
    """Boxes with the section of a job and the rest of its name."""

    named = True
    sections: Sequence[Entry] = ()
    style = (
        ".mestral .job{stroke:#0006;text-anchor:middle}\n"
        ".mestral .job text{stroke:none;fill:#1b1f24;font-size:11px}\n"
        ".mestral .job .name{font-size:12px;font-weight:600}\n"
    )

    def __init__(self, expid: str, jobs: Sequence[JobView]) -> None:
        self._labels = {view.job.name: _label(expid, view) for view in jobs}
        needed = (max(width_of(a, 12, bold=True), width_of(b, 11)) for a, b in self._labels.values())
        width, height = round(max(needed, default=0)) + 14, 38
        self.size = Size(width, height, 20, 40, 5)
        corner = f'x="{-width / 2:g}" y="{-height / 2:g}"'
        self.definitions = f'<rect id="mbox" {corner} width="{width}" height="{height}" rx="6"/>'

    def job(self, view: JobView, x: int, y: int) -> str:
        """One job in its place."""
        first, second = self._labels[view.job.name]
        lines = (
            f'<text class="name" y="-3">{escape(first)}</text><text y="12">{escape(second)}</text>'
            if second
            else f'<text class="name" y="4">{escape(first)}</text>'
        )
        return (
            f'<g class="job {state_class(view.job.status)}" transform="translate({x} {y})">{_title(view)}'
            f'<use href="#mbox"/>{lines}</g>'
        )

    def notes(self, jobs: Sequence[JobView], places: Places, end: float) -> Iterable[str]:
        """Nothing: all names are there."""
        return ()


class Marks:
    """Small marks; the shape says the section."""

    named = False
    size = Size(12, 12, 7, 12, 2.5)
    definitions = "".join(shape.format(id=f"m{n}") for n, shape in enumerate(_SHAPES))
    style = ".mestral .job,.mestral .shape{stroke:#0008;stroke-width:.8}\n.mestral .shape{fill:#8c959f}\n"

    def __init__(self, expid: str, jobs: Sequence[JobView]) -> None:
        self._expid = expid
        counts = Counter(view.job.section for view in jobs)
        order = sorted(counts, key=lambda section: (-counts[section], section))
        last = len(_SHAPES) - 1
        self._shape = {section: min(n, last) for n, section in enumerate(order)}
        shown = [(section, counts[section]) for section in order]
        if len(order) > len(_SHAPES):  # all that are rarer have the last shape
            shown[last:] = [("other sections", sum(counts[section] for section in order[last:]))]
        self.sections: Sequence[Entry] = [
            (f'<use class="shape" href="#m{n}"/>', f"{section} {number}")
            for n, (section, number) in enumerate(shown)
        ]

    def job(self, view: JobView, x: int, y: int) -> str:
        """One job in its place."""
        return (
            f'<g class="job {state_class(view.job.status)}">{_title(view)}'
            f'<use href="#m{self._shape[view.job.section]}" x="{x}" y="{y}"/></g>'
        )

    def notes(self, jobs: Sequence[JobView], places: Places, end: float) -> Iterable[str]:
        """Names of the jobs that somebody looks for, as long as they do not cover each other."""
        wanted = sorted(
            (y, x, " ".join(reversed(_label(self._expid, view))).strip())
            for view, (x, y) in zip(jobs, places, strict=True)
            if view.job.status in _LOOKED_FOR
        )
        free: dict[int, float] = {}
        for y, x, text in wanted[:_NOTES]:
            width = width_of(text, 11)
            left = x + 10 if x + 10 + width <= end else x - 10 - width
            if left >= free.get(y, 0.0):
                free[y] = max(x, left + width) + 12
                yield words(left, y + 4, text, "small halo")


def _label(expid: str, view: JobView) -> tuple[str, str]:
    """The section, and what else is in the name after the experiment; or that alone."""
    name, section = view.job.name.removeprefix(f"{expid}_"), view.job.section
    if section and name.endswith(f"_{section}"):
        return _short(section), _short(name.removesuffix(f"_{section}").replace("_", " "))
    return _short(name), ""


def _short(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}…{text[1 - half :]}"


def _title(view: JobView) -> str:
    """What is shown when somebody points at a job."""
    job, times = view.job, view.times
    lines = [job.name, job.status._name_]
    if times.status == SUSPICIOUS:
        lines[1] += ", but the job itself recorded something else"
    spent = [f"waited {hms(times.queue)}"] if view.shown.submit else []
    spent += [f"ran {hms(times.run)}"] if view.shown.start else []
    if spent:
        lines.append(", ".join(spent))
    if view.shown.finish is not None:
        lines.append(f"finished {utc_epoch_text(times.finish)}")
    elif view.shown.start is not None:
        lines.append(f"started {utc_epoch_text(times.start)}")
    return f"<title>{escape(chr(10).join(lines))}</title>"
