"""The graph of an experiment as v4 shows it: `/v4/experiments/{expid}/graph`.

Guarantees: every job is one node, every end of an edge is a node, no edge comes twice. Nodes are in list
order. Linear in jobs and edges; the layout is given.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.views.layout import Positions
from mestral_experiments.views.times import utc_text
from mestral_experiments.views.workflow.workflow import Workflow
from mestral_experiments.views.workflow.workflowjobs import (
    ChunkSize,
    ChunkUnit,
    Counters,
    Modified,
    WorkflowJob,
    WrapperJobs,
    counters,
    job_values,
    wrapper_jobs,
)


class Node(WorkflowJob, frozen=True, gc=False):
    """The same with its place."""

    level: Annotated[int, Meta(description="1 without parents, else 1 more than the highest of its parents.")]
    x: Annotated[float, Meta(description="To the right; 90 to the inch, as `y`.")]
    y: Annotated[float, Meta(description="Upwards: parents are above their children.")]


class WorkflowEdge(msgspec.Struct, frozen=True, gc=False, rename={"parent": "from", "child": "to"}):
    """One job waits for another: `to` for `from`."""

    parent: str
    child: str


class WorkflowGraph(msgspec.Struct, frozen=True):
    """Answer of `/graph`."""

    expid: str
    modified: Modified
    layout: Annotated[str, Meta(description="`standard` or `laplacian`.")]
    chunk_size: ChunkSize
    chunk_unit: ChunkUnit
    counters: Counters
    wrappers: Sequence[WrapperJobs]
    nodes: Sequence[Node]
    edges: Sequence[WorkflowEdge]


def workflow_graph(workflow: Workflow, positions: Positions, layout: str) -> WorkflowGraph:
    """The graph of all jobs.

    Args:
        workflow: The jobs.
        positions: Of each of them.
        layout: What these were made by.
    """
    return WorkflowGraph(
        workflow.expid,
        utc_text(workflow.modified),
        layout,
        workflow.chunk_size or None,
        workflow.chunk_unit or None,
        counters(workflow.jobs),
        wrapper_jobs(workflow),
        [
            Node(*job_values(view, rank, *position))
            for view, rank, position in zip(workflow.jobs, workflow.structure.levels, positions, strict=True)
        ],
        [WorkflowEdge(view.job.name, child) for view in workflow.jobs for child in view.shown.children_list],
    )
