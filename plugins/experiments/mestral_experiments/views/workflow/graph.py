"""The graph of an experiment (contract/API_V3.md 3).

Guarantees: every end of an edge is a node; nodes are in list order, edges in the order of their parents and
then of their names. Linear in jobs and edges; the layout is given.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from mestral_experiments.model import JobStatus
from mestral_experiments.views import html
from mestral_experiments.views.layout import Positions, settle_groups
from mestral_experiments.views.workflow.jobview import JobView
from mestral_experiments.views.workflow.pkl import seconds
from mestral_experiments.views.workflow.structure import Structure
from mestral_experiments.views.workflow.workflow import Workflow

Grouping = Literal["none", "status", "date-member"]

_OUTSTANDING = (
    JobStatus.FAILED,
    JobStatus.RUNNING,
    JobStatus.SUSPENDED,
    JobStatus.SUBMITTED,
    JobStatus.QUEUING,
    JobStatus.COMPLETED,
)
"""A group has the colour of the first of these states that one of its jobs is in, else of waiting."""


class GraphNode(msgspec.Struct, frozen=True, gc=False):
    """One job of the graph. `minutes` and `minutes_queue` are seconds."""

    id: str
    internal_id: str
    label: str
    status: str
    status_code: int
    status_color: str
    platform_name: str
    chunk: int | None
    chunk_size: int | None
    chunk_unit: str | None
    package: str | None
    wrapper: str | None
    member: str | None
    date: str | None
    date_plus: str | None
    split: int | None
    splits: int | None
    SYPD: float | None
    ASYPD: float | None
    minutes_queue: int
    minutes: int
    submit: str | None
    start: str | None
    finish: str | None
    section: str
    queue: str
    level: int
    dashed: bool
    shape: str
    processors: int
    wallclock: str
    children: int
    children_list: Sequence[str]
    parents: int
    parent_list: Sequence[str]
    out: str | None
    err: str | None
    custom_directives: None
    rm_id: int | None
    x: float
    y: float
    workflow_commit: str | None


class Edge(msgspec.Struct, frozen=True, gc=False, rename={"start": "from", "end": "to"}):
    """One job waits for another. `is_wrapper`: both are in the same wrapper."""

    id: str
    start: str
    end: str
    is_wrapper: bool
    dashed: bool = False


class Group(msgspec.Struct, frozen=True):
    """What the client may collapse into one node. Groups by status have no position."""

    color: str
    x: float | msgspec.UnsetType = msgspec.UNSET
    y: float | msgspec.UnsetType = msgspec.UNSET


class Graph(msgspec.Struct, frozen=True):
    """Answer of `/v3/graph`. `pkl_timestamp`: when the job list changed last, epoch seconds."""

    nodes: Sequence[GraphNode]
    edges: Sequence[Edge]
    packages: Mapping[str, Sequence[str]]
    fake_edges: tuple[()]
    groups: Sequence[str]
    groups_data: Mapping[str, Group]
    graphviz: bool
    max_children: int
    max_parents: int
    chunk_unit: str
    chunk_size: int
    total_jobs: int
    error: bool
    error_message: str
    pkl_timestamp: int


def no_graph(message: str) -> Graph:
    """The failure with its message."""
    return Graph((), (), {}, (), (), {}, False, 0, 0, "", 0, 0, True, message, 0)


def graph(workflow: Workflow, positions: Positions, drawn: bool, grouping: Grouping) -> Graph:
    """The graph of all jobs.

    Args:
        workflow: The jobs.
        positions: Of each of them.
        drawn: Whether these are those of a drawing in layers.
        grouping: What to group by.
    """
    groups = _groups(workflow, positions, grouping)
    return Graph(
        [
            _node(view, rank, position)
            for view, rank, position in zip(workflow.jobs, workflow.structure.levels, positions, strict=True)
        ],
        _edges(workflow.structure),
        workflow.packages,
        (),
        list(groups),
        groups,
        drawn,
        max(map(len, workflow.structure.children), default=0),
        max(map(len, workflow.structure.parents), default=0),
        workflow.chunk_unit,
        workflow.chunk_size,
        len(workflow.jobs),
        False,
        "",
        seconds(workflow.modified),
    )


def _edges(structure: Structure) -> list[Edge]:
    names, wrappers = structure.names, structure.wrappers
    return [
        Edge(
            f"{names[above]}-{names[below]}",
            names[above],
            names[below],
            wrappers[above] is not None and wrappers[above] == wrappers[below],
        )
        for above, below in structure.edges
    ]


def _groups(workflow: Workflow, positions: Positions, grouping: Grouping) -> dict[str, Group]:
    if grouping == "none":
        return {}
    if grouping == "status":
        states = (JobStatus.WAITING, JobStatus.COMPLETED, JobStatus.SUSPENDED)
        return {state.name: Group(html.COLOURS[state]) for state in states}
    found: dict[tuple[str, str], list[int]] = {}
    for n, view in enumerate(workflow.jobs):
        if view.job.date is not None and view.job.member is not None:
            found.setdefault((workflow.dates[view.job.date], view.job.member), []).append(n)
    inside = {f"{workflow.expid}_{date}_{member}_": jobs for (date, member), jobs in sorted(found.items())}
    settled = settle_groups({name: [positions[n] for n in jobs] for name, jobs in inside.items()})
    return {
        name: Group(_colour({workflow.jobs[n].job.status for n in jobs}), *settled[name])
        for name, jobs in inside.items()
    }


def _colour(states: set[JobStatus]) -> str:
    return html.COLOURS[next((state for state in _OUTSTANDING if state in states), JobStatus.WAITING)]


def _node(view: JobView, level: int, position: tuple[float, float]) -> GraphNode:
    shown = view.shown
    return GraphNode(
        shown.id,
        shown.internal_id,
        shown.label,
        shown.status,
        shown.status_code,
        shown.status_color,
        shown.platform_name,
        shown.chunk,
        shown.chunk_size,
        shown.chunk_unit,
        shown.wrapper,
        shown.wrapper,
        shown.member,
        shown.date,
        shown.date_plus,
        shown.split,
        shown.splits,
        shown.SYPD,
        shown.ASYPD,
        shown.minutes_queue,
        shown.minutes,
        shown.submit,
        shown.start,
        shown.finish,
        shown.section,
        shown.queue,
        level,
        shown.wrapper is not None,
        view.shape,
        shown.processors,
        shown.wallclock,
        shown.children,
        shown.children_list,
        shown.parents,
        shown.parent_list,
        shown.out,
        shown.err,
        None,
        shown.rm_id,
        *position,
        shown.workflow_commit,
    )
