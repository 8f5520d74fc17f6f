"""How fast the simulation of an experiment is, as a chart.

Guarantees: every completed job of SIM is drawn, also beyond the ends of axes, which outliers do not stretch;
up to 2,000 of them say their numbers when somebody points at them. Linear in jobs, save sorting.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mestral_experiments.views.figures.performance import JobPerformance, Performance
from mestral_experiments.views.jobtimes import hms
from mestral_experiments.views.pictures.axes import Axis
from mestral_experiments.views.pictures.legend import Entry, head
from mestral_experiments.views.pictures.svg import document, escape, width_of, words

_TITLED = 2000
_LEFT, _RIGHT = 70, 24
_NARROWEST, _WIDEST, _STEP = 620, 1500, 14
_SPEEDS, _TIMES, _APART = 220, 180, 72
_STRETCH = 1.5  # so much may a value that does not count exceed those that do, to be in its place
_UNITS = ((7200, 3600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))
_EVERY = [times * 10**power for power in range(7) for times in (1, 2, 5)]
_PARTS = re.compile(r"(\d+)")

_STYLE = """
.mestral .end{text-anchor:end}
.mestral .middle{text-anchor:middle}
.mestral .bold{font-weight:600}
.mestral .grid{stroke:#e3e7ec}
.mestral .axis{stroke:#848d97}
.mestral .group{stroke:#c3cad3;stroke-dasharray:2 3}
.mestral .mean{stroke:#15803d;stroke-width:1.5;stroke-dasharray:6 4;fill:none}
.mestral .counts{fill:#2563a8}
.mestral .points{stroke:#2563a8;stroke-width:3;stroke-linecap:round}
.mestral .other{fill:none;stroke:#d3302b;stroke-width:2}
.mestral .ran{fill:#5b8fc9}
.mestral .waited{fill:#e3b341}
@media (prefers-color-scheme:dark){
.mestral .grid{stroke:#272d34}
.mestral .group{stroke:#3d444d}
.mestral .mean{stroke:#4ac26b}
.mestral .counts{fill:#6cb0f5}
.mestral .points{stroke:#6cb0f5}
.mestral .other{stroke:#ff7b72}
}
"""
_CROSS = "M-4-4 4 4M4-4-4 4"


class _Job(NamedTuple):
    """One job, where it is drawn, and whether it counts."""

    shown: JobPerformance
    group: str
    x: float
    counts: bool


def draw_performance(expid: str, performance: Performance) -> str:
    """The chart, an SVG document.

    Args:
        expid: Name of the experiment.
        performance: What is known of its completed jobs of SIM.
    """
    rows, others = performance.considered, performance.not_considered
    total = len(rows) + len(others)
    width = min(max(total * _STEP, _NARROWEST), _WIDEST)
    title = f"{expid}: speed of the simulation"
    about = _about(performance)
    above = head(title, about, [_legend(len(rows), len(others))] if total else [], width)
    if not total:
        return document(title, about, (above.width, above.height), _STYLE, above.drawn)
    jobs = _placed(expid, rows, others, width)
    bottom = above.height + 48 + _SPEEDS
    fastest = _highest([row.SYPD for row in rows], [row.SYPD for row in others])
    speeds = Axis.up_to(fastest, bottom, _SPEEDS)
    spent = [row.queue + row.running for row in rows], [row.queue + row.running for row in others]
    seconds, unit = _unit(_highest(*spent))
    times = Axis.up_to(_highest(*spent) / seconds, bottom + _APART + _TIMES, _TIMES)
    right = _LEFT + width
    body = [
        *above.drawn,
        *speeds.drawn(_LEFT, right, "Simulated years per day (SYPD)"),
        *times.drawn(_LEFT, right, f"Time of each job, in {unit}"),
        *_below(jobs, bottom - _SPEEDS, times.bottom, width / total),
        *_bars(jobs, times, seconds, width / total),
        *_mean(performance.SYPD or 0, speeds, right),
        *_points(jobs, speeds),
    ]
    size = max(right + _RIGHT, above.width), round(times.bottom) + 64
    return document(title, about, size, _STYLE, body)


def _about(performance: Performance) -> str:
    number = len(performance.considered)
    if not number:
        return "No completed job of SIM has a time that counts."
    speeds = {"SYPD": performance.SYPD, "ASYPD": performance.ASYPD, "RSYPD": performance.RSYPD}
    said = ", ".join(f"{name} {value:g}" for name, value in speeds.items() if value)
    return f"{said or 'Speed unknown'}. {performance.Parallelization} processing elements."


def _legend(rows: int, others: int) -> list[Entry]:
    entries: list[Entry] = [
        ('<circle class="counts" r="4"/>', f"SYPD of {rows} {'job' if rows == 1 else 'jobs'}"),
        ('<path class="mean" d="M-7 0H7"/>', "SYPD of all of them"),
        ('<rect class="ran" x="-5" y="-6" width="10" height="12"/>', "ran"),
        ('<rect class="waited" x="-5" y="-6" width="10" height="12"/>', "waited"),
    ]
    if others:
        entries.append(
            (f'<path class="other" d="{_CROSS}"/>', f"{others} not considered: outlier or no time")
        )
    return entries


def _placed(
    expid: str, rows: Sequence[JobPerformance], others: Sequence[JobPerformance], width: float
) -> list[_Job]:
    """All jobs from left to right, by the numbers in their names."""
    known = [(row, True) for row in rows] + [(row, False) for row in others]
    known.sort(key=lambda each: _natural(each[0].name))
    step = width / len(known)
    return [
        _Job(row, _group(expid, row), _LEFT + (n + 0.5) * step, counts)
        for n, (row, counts) in enumerate(known)
    ]


def _natural(name: str) -> list[object]:
    """Sorts names so that chunk 2 comes before chunk 10; numbers may have any number of digits."""
    parts: list[object] = list(_PARTS.split(name))
    for n in range(1, len(parts), 2):
        digits = str(parts[n]).lstrip("0")
        parts[n] = (len(digits), digits)
    return parts


def _group(expid: str, row: JobPerformance) -> str:
    """What the name says before the chunk: start date and member."""
    parts = row.name.removeprefix(f"{expid}_").split("_")
    chunk = str(row.chunk)
    before = parts[: len(parts) - 1 - parts[::-1].index(chunk)] if chunk in parts else parts[:-1]
    return " ".join(before)


def _highest(rows: Sequence[float], others: Sequence[float]) -> float:
    """The value that an axis has to reach."""
    counted = max(rows, default=0)
    return max([counted, *(value for value in others if not counted or value <= counted * _STRETCH)])


def _unit(seconds: float) -> tuple[int, str]:
    """Seconds in the unit that so many are best shown in, and its name."""
    return next((size, name) for least, size, name in _UNITS if seconds >= least)


def _below(jobs: Sequence[_Job], top: float, bottom: float, step: float) -> Iterator[str]:
    """What there is from left to right: start dates and members, or the chunks of the only one."""
    groups = [n for n, job in enumerate(jobs) if n == 0 or job.group != jobs[n - 1].group]
    if len(groups) == 1:
        yield from _chunks(jobs, bottom + 20, step)
        yield words(_LEFT, bottom + 44, f"Chunk of {jobs[0].group}" if jobs[0].group else "Chunk", "bold")
        return
    yield words(_LEFT, bottom + 44, "Start date and member, by chunk", "bold")
    free, right = 0.0, jobs[-1].x + step / 2 + _RIGHT
    for n in groups:
        text, x = jobs[n].group, jobs[n].x - step / 2
        end = x + width_of(text, 12)
        if free <= x and end <= right:
            free = end + 14
            yield words(x, bottom + 20, text, "soft")
            yield f'<path class="group" d="M{x:.1f} {top:g}V{bottom + 6:g}"/>'


def _chunks(jobs: Sequence[_Job], y: float, step: float) -> Iterator[str]:
    """Round numbers of chunks as close as they can stand, each once."""
    last = max(job.shown.chunk or 0 for job in jobs)
    per_chunk = step * len(jobs) / max(len({job.shown.chunk for job in jobs}), 1)
    needed = width_of(str(last), 12) + 14
    every = next(n for n in _EVERY if n * per_chunk >= needed)
    before = None
    for job in jobs:
        chunk = job.shown.chunk
        if chunk is not None and chunk != before and (chunk % every == 0 or chunk == 1):
            yield f'<text class="soft middle" x="{job.x:.1f}" y="{y:g}">{chunk}</text>'
        before = chunk


def _bars(jobs: Sequence[_Job], axis: Axis, seconds: int, step: float) -> Iterator[str]:
    """How long each ran, and on top of it how long it waited."""
    width = max(step * 0.7, 0.4)
    for kind in ("ran", "waited"):
        shapes = []
        for job in jobs:
            ran, all_ = job.shown.running / seconds, (job.shown.running + job.shown.queue) / seconds
            bottom, top = (axis.bottom, axis.y(ran)) if kind == "ran" else (axis.y(ran), axis.y(all_))
            if bottom > top:
                shapes.append(f"M{job.x - width / 2:.1f} {bottom:.1f}V{top:.1f}h{width:.2f}V{bottom:.1f}z")
        yield f'<path class="{kind}" d="{"".join(shapes)}"/>'
    cut = [job for job in jobs if axis.beyond((job.shown.running + job.shown.queue) / seconds)]
    yield _arrows(cut, axis)


def _mean(speed: float, axis: Axis, right: float) -> Iterator[str]:
    if speed:
        yield f'<path class="mean" d="M{_LEFT} {axis.y(speed):.1f}H{right:g}"/>'


def _points(jobs: Sequence[_Job], axis: Axis) -> Iterator[str]:
    """The speed of each, with its numbers as a title while they are not too many."""
    if len(jobs) > _TITLED:
        dots = "".join(f"M{job.x:.1f} {axis.y(job.shown.SYPD):.1f}h0" for job in jobs if job.counts)
        yield f'<path class="points" d="{dots}"/>'
        crosses = (_cross(job.x, axis.y(job.shown.SYPD)) for job in jobs if not job.counts)
        yield f'<path class="other" d="{"".join(crosses)}"/>'
    else:
        for job in jobs:
            x, y = job.x, axis.y(job.shown.SYPD)
            mark = (
                f'<circle class="counts" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
                if job.counts
                else f'<path class="other" d="{_cross(x, y)}"/>'
            )
            yield f"<g>{_title(job)}{mark}</g>"
    yield _arrows([job for job in jobs if axis.beyond(job.shown.SYPD)], axis)


def _cross(x: float, y: float) -> str:
    return f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8"


def _arrows(jobs: Sequence[_Job], axis: Axis) -> str:
    """Above the end of an axis, where a value is beyond it."""
    top = axis.bottom - axis.height - 4
    shapes = "".join(f"M{job.x - 4:.1f} {top - 3:g}l4-5 4 5" for job in jobs)
    return f'<path class="other" d="{shapes}"/>' if shapes else ""


def _title(job: _Job) -> str:
    row = job.shown
    lines = [
        row.name,
        f"{row.SYPD:g} SYPD, {row.ASYPD:g} ASYPD",
        f"waited {hms(row.queue)}, ran {hms(row.running)}",
    ]
    if not job.counts:
        lines.append("not considered")
    return f"<title>{escape(chr(10).join(lines))}</title>"
