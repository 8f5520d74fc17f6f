"""Answers of `/v3/graph/{expid}/{layout}/{grouped}`, and of the graph in v4: `/graph`, `/graph.svg`."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec

from mestral import Problem
from mestral.readers import Answer, Fingerprint, ReaderContext, content_digest
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.workflow import workflow
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.layout import Positions, laplacian, layered
from mestral_experiments.views.pictures import draw_graph, space_of_jobs
from mestral_experiments.views.workflow.graph import Grouping
from mestral_experiments.views.workflow.graph import graph as graph_of
from mestral_experiments.views.workflow.workflow import Workflow
from mestral_experiments.views.workflow.workflowgraph import workflow_graph

Layout = Literal["standard", "laplacian"]

_OLDEST = (3, 13)
_POSITION_BYTES = 150  # of one job, roughly


def graph(reader: ReaderContext, row: list[Any], layout: Layout, grouping: Grouping) -> Answer:
    """The graph of an experiment.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        layout: `standard`: the stored positions when every job has one, else layers.
        grouping: What to group jobs by.

    Raises:
        Problem: As `workflow`; 409 for experiments of an Autosubmit that is too old.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    known, depends = workflow(reader, source, experiment)
    if not _supported(known.version):
        raise Problem(409, "Autosubmit version is not supported")
    optional = OptionalParts()
    optional.depends = depends
    positions = _positions(reader, source, experiment, known, layout, optional)
    shown = graph_of(known, positions, layout == "standard", grouping)
    return optional.answer(msgspec.json.encode(shown))


def v4_graph(reader: ReaderContext, row: list[Any], layout: Layout) -> Answer:
    """The same as v4 shows it, of any version of Autosubmit; raises as `workflow`."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    known, depends = workflow(reader, source, experiment)
    optional = OptionalParts()
    optional.depends = depends
    positions = _positions(reader, source, experiment, known, layout, optional)
    return optional.answer(msgspec.json.encode(workflow_graph(known, positions, layout)))


def picture(reader: ReaderContext, row: list[Any]) -> Answer:
    """The graph as SVG, in layers of its own, for jobs take other space there; raises as `workflow`."""
    source: ExperimentSource = reader.service(SLOT)
    known, depends = workflow(reader, source, msgspec.convert(row, Experiment))
    space = space_of_jobs(known)
    digest = content_digest(known.structure.digest, space)

    def lay_out() -> Positions:
        _, edges = known.structure.outline()
        return layered(space, edges)

    shown = draw_graph(known, _kept(reader, known, "picture", digest, lay_out))
    return Answer(body=shown.encode(), depends=depends)


def _positions(
    reader: ReaderContext,
    source: ExperimentSource,
    experiment: Experiment,
    known: Workflow,
    layout: Layout,
    optional: OptionalParts,
) -> Positions:
    """Stored positions where they are asked for and complete, else computed ones."""
    stored = None
    if layout == "standard":
        found = optional.read(partial(source.layout, experiment))
        stored = _stored(known, found) if found else None
    return stored or _computed(reader, known, layout)


def _supported(version: str | None) -> bool:
    """Whether this version has what a graph is made of; what names none is believed to."""
    parts = (version or "").split(".")[:2]
    if len(parts) < 2 or not all(part.isdecimal() and len(part) < 9 for part in parts):
        return True
    return (int(parts[0]), int(parts[1])) >= _OLDEST


def _stored(known: Workflow, stored: Mapping[str, tuple[float, float]]) -> Positions | None:
    """The stored positions, None unless every job has one."""
    if len(stored) < len(known.jobs):
        return None
    found = list(map(stored.get, known.structure.names))
    return [position for position in found if position is not None] if None not in found else None


def _computed(reader: ReaderContext, known: Workflow, layout: Layout) -> Positions:
    """Positions that no job moves by changing its state, and in `standard` no wrapper that comes or goes."""
    structure = known.structure
    if layout == "standard":
        return _kept(reader, known, layout, structure.digest, lambda: layered(*structure.outline()))
    packages = structure.package_numbers

    def lay_out() -> Positions:
        names, edges = structure.outline()
        return laplacian(len(names), edges, packages)

    return _kept(reader, known, layout, content_digest(structure.digest, packages), lay_out)


def _kept(
    reader: ReaderContext, known: Workflow, purpose: str, digest: str, lay_out: Callable[[], Positions]
) -> Positions:
    """What a layout makes, made again only when that is made from something else.

    Args:
        reader: Remembers it.
        known: The jobs.
        purpose: What it is for.
        digest: Of all that it is made from.
        lay_out: Makes it, of the jobs in `Structure.order`.

    Returns:
        The same of the jobs in list order.
    """

    def build() -> tuple[Positions, int]:
        found = lay_out()
        return [(int(x), int(y)) for x, y in found], _POSITION_BYTES * len(found)  # as 4.2.0 truncates them

    same = Fingerprint(content=digest, taken_ns=time.time_ns())
    kept = reader.memo.get(("experiments.layout", purpose, known.expid), same, build)
    found: Positions = [(0.0, 0.0)] * len(kept)
    for n, position in zip(known.structure.order, kept, strict=True):
        found[n] = position
    return found
