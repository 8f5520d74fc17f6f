"""The graph of an experiment as a picture.

Guarantees: jobs do not overlap when the given places are those of `layered`; edges are below jobs. Names are
shown of up to 400 jobs. Linear in jobs and edges, save sorting.
"""

from collections.abc import Sequence
from itertools import pairwise

from mestral_experiments.views.layout import Positions
from mestral_experiments.views.layout.drawing import LAYER
from mestral_experiments.views.pictures.jobs import Boxes, Drawn, Marks, Places, Size
from mestral_experiments.views.pictures.legend import MARGIN, Entry, head
from mestral_experiments.views.pictures.states import in_words, state_entries, state_style
from mestral_experiments.views.pictures.svg import document
from mestral_experiments.views.pictures.wrappers import draw_wrappers, label_wrappers, wrapper_style
from mestral_experiments.views.times import utc_text
from mestral_experiments.views.workflow.workflow import Workflow
from mestral_experiments.views.workflow.workflowjobs import counters

_NAMED = 400
_LETTER = 8  # about what `layered` leaves for one
_STYLE = """
.mestral .edges{fill:none;stroke:#848d97;stroke-width:1.2}
@media (prefers-color-scheme:dark){.mestral .edges{stroke:#8b949e}}
"""


def space_of_jobs(workflow: Workflow) -> list[str]:
    """Names, all alike, that make `layered` leave every job the space that it takes in the picture."""
    size = _drawn(workflow).size
    width = (size.width + size.beside) / (size.height + size.below) * LAYER
    return ["-" * round((width - LAYER / 2) / _LETTER)] * len(workflow.jobs)


def draw_graph(workflow: Workflow, positions: Positions) -> str:
    """The picture, an SVG document.

    Args:
        workflow: The jobs.
        positions: Of each of them, by `layered` with `space_of_jobs`.
    """
    jobs, edges, drawn = workflow.jobs, workflow.structure.edges, _drawn(workflow)
    found = counters(jobs)
    scaled, width, height = _scaled(positions, drawn.size)
    title = f"{workflow.expid}: {len(jobs)} {'job' if len(jobs) == 1 else 'jobs'}"
    since = utc_text(workflow.modified)
    about = f"{f'Job list of {since}. ' if since else ''}Parents are above their children."
    above = head(title, about, (state_entries(found), drawn.sections, _wrappers_entry(workflow)), width)
    size = max(width + 2 * MARGIN, above.width), above.height + height + 2 * MARGIN
    places = [(x + MARGIN, y + above.height + MARGIN) for x, y in scaled]
    place = workflow.structure.place
    inside = {name: [place[job] for job in names] for name, names in workflow.packages.items()}
    body = [
        f"<defs>{drawn.definitions}</defs>",
        *above.drawn,
        *draw_wrappers(inside, edges, places, drawn.size),
        f'<path class="edges" d="{_edges(edges, places)}"/>',
        *(drawn.job(view, *place) for view, place in zip(jobs, places, strict=True)),
        *drawn.notes(jobs, places, size[0]),
        *(label_wrappers(workflow.expid, inside, places, drawn.size, size[0]) if drawn.named else ()),
    ]
    style = f"{_STYLE}{wrapper_style(drawn.size)}{drawn.style}{state_style()}"
    return document(f"Workflow of {title}", in_words(found), size, style, body)


def _drawn(workflow: Workflow) -> Drawn:
    kind = Boxes if len(workflow.jobs) <= _NAMED else Marks
    return kind(workflow.expid, workflow.jobs)


def _scaled(positions: Positions, size: Size) -> tuple[list[tuple[int, int]], int, int]:
    """Places in pixels, y downwards, and how wide and high they are together with the jobs."""
    if not positions:
        return [], 0, 0
    rows: dict[float, list[float]] = {}
    for x, y in positions:
        rows.setdefault(y, []).append(x)
    gaps = [right - left for row in rows.values() for left, right in pairwise(sorted(row)) if right > left]
    across = (size.width + size.beside) / max(min(gaps, default=LAYER), LAYER / 2)
    down = (size.height + size.below) / LAYER
    left, top = min(x for x, _ in positions), max(rows)
    places = [
        (round((x - left) * across + size.width / 2), round((top - y) * down + size.height / 2))
        for x, y in positions
    ]
    width, height = max(x for x, _ in places) + size.width / 2, max(y for _, y in places) + size.height / 2
    return places, round(width), round(height)


def _edges(edges: Sequence[tuple[int, int]], places: Places) -> str:
    """All edges as one path, from middle to middle: so the layout has them, and keeps jobs out of the way."""
    parts = []
    for parent, child in edges:
        (x1, y1), (x2, y2) = places[parent], places[child]
        parts.append(f"M{x1} {y1}V{y2}" if x1 == x2 else f"M{x1} {y1}L{x2} {y2}")
    return "".join(parts)


def _wrappers_entry(workflow: Workflow) -> list[Entry]:
    number = len(workflow.packages)
    box = '<rect x="-7" y="-6" width="14" height="12" rx="4"/>'
    symbol = f'<g class="wrapper" style="stroke-width:1.5px">{box}</g>'
    return [(symbol, f"{number} {'wrapper' if number == 1 else 'wrappers'}")] if number else []
