"""Wrappers in the picture of a graph: one outline around the jobs of each.

Guarantees: jobs of other wrappers and of none are outside of it, save where a line between two of its jobs
passes them. Linear in jobs and edges, save sorting.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from mestral_experiments.views.pictures.jobs import Places, Size
from mestral_experiments.views.pictures.svg import escape, width_of, words

Members = Mapping[str, Sequence[int]]
"""Places in the list of the jobs of each wrapper."""


def wrapper_style(size: Size) -> str:
    """CSS of outlines: a shape with a border, and the same again to cover the borders between its parts."""
    return (
        ".mestral .wrapper{fill:#dbe6f5;stroke:#6b8cbc;stroke-linejoin:round;"
        f"stroke-width:{2 * size.border + 2:g}px}}\n"
        f".mestral .wrapper use{{stroke:#dbe6f5;stroke-width:{2 * size.border:g}px}}\n"
        "@media (prefers-color-scheme:dark){\n"
        ".mestral .wrapper{fill:#26364d}\n.mestral .wrapper use{stroke:#26364d}\n}\n"
    )


def draw_wrappers(
    wrappers: Members, edges: Sequence[tuple[int, int]], places: Places, size: Size
) -> Iterator[str]:
    """The outlines.

    Args:
        wrappers: Their jobs.
        edges: Of all jobs.
        places: Of all jobs.
        size: Of a job.
    """
    of = {job: name for name, jobs in wrappers.items() for job in jobs}
    inner: dict[str, list[tuple[int, int]]] = {name: [] for name in wrappers}
    for parent, child in edges:
        if parent in of and of[parent] == of.get(child):
            inner[of[parent]].append((parent, child))
    beside = _neighbours(of, places)
    for n, (name, jobs) in enumerate(wrappers.items()):
        shape = "".join(_around(places[job], size) for job in jobs)
        shape += "".join(_between(places[a], places[b], size) for a, b in inner[name])
        shape += "".join(_beside(places[a], places[b], size) for a, b in beside.get(name, ()))
        yield (
            f'<g class="wrapper"><title>{escape(name)}\n{len(jobs)} {"job" if len(jobs) == 1 else "jobs"}'
            f'</title><path id="w{n}" d="{shape}"/><use href="#w{n}"/></g>'
        )


def label_wrappers(expid: str, wrappers: Members, places: Places, size: Size, end: float) -> Iterator[str]:
    """Their names without that of the experiment, above the first job of each.

    Arguments are as before, and `end`, where the space for names ends on the right.
    """
    for name, jobs in wrappers.items():
        x, y = min((places[job] for job in jobs), key=lambda place: (place[1], place[0]))
        text = name.removeprefix(f"{expid}_")
        left = min(x - size.width / 2 - 4, end - width_of(text, 11))
        yield words(max(left, 0.0), y - size.height / 2 - 10, text, "soft small halo")


def _neighbours(of: Mapping[int, str], places: Places) -> dict[str, list[tuple[int, int]]]:
    """Jobs of one wrapper that stand side by side in a row, with nothing in between."""
    found: dict[str, list[tuple[int, int]]] = {}
    order = sorted(range(len(places)), key=lambda job: (places[job][1], places[job][0]))
    for left, right in pairwise(order):
        if left in of and of[left] == of.get(right) and places[left][1] == places[right][1]:
            found.setdefault(of[left], []).append((left, right))
    return found


def _around(place: tuple[int, int], size: Size) -> str:
    """A box around one job; all parts turn clockwise, so that none cuts holes into others."""
    x, y = place
    return f"M{x - size.width / 2:g} {y - size.height / 2:g}h{size.width:g}v{size.height:g}h{-size.width:g}z"


def _between(one: tuple[int, int], other: tuple[int, int], size: Size) -> str:
    """A band from one job down to another, narrower where it goes across."""
    (x1, y1), (x2, y2) = sorted((one, other), key=lambda place: place[1])
    straight = abs(x1 - x2) < size.width / 4
    half = size.width / 2 if straight else min(size.width / 2, size.height / 2.5)
    return f"M{x1 - half:g} {y1}h{2 * half:g}L{x2 + half:g} {y2}h{-2 * half:g}z"


def _beside(one: tuple[int, int], other: tuple[int, int], size: Size) -> str:
    """A band from one job to the next in its row."""
    (x1, y), (x2, _) = one, other
    return f"M{x1} {y - size.height / 2:g}H{x2}v{size.height:g}H{x1}z"
