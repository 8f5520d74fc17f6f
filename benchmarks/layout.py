"""How readable the graph's layout is: edge crossings and edge lengths beside those of Graphviz' ``dot``.

``python -m benchmarks.layout TREE...`` writes LAYOUT.md. Needs ``dot``, which Mestral itself does not.

Guarantees: both are measured in the same way, on straight edges between the places of the jobs, as clients
draw them, in the same unit (90 to the inch), and with the same space for each job.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from math import hypot
from pathlib import Path
from typing import NamedTuple

from benchmarks.shapes import SHAPES, Edges
from benchmarks.workflow import build, shape_of
from mestral_experiments.views.layout import Positions, laplacian, layered
from mestral_experiments.views.workflow.structure import Structure

_INCH = 90
_RESULTS = Path(__file__).with_name("LAYOUT.md")


class Graph(NamedTuple):
    """What is laid out, in the order in which the graph does it. `edges` are places in `names`."""

    title: str
    names: Sequence[str]
    edges: Sequence[tuple[int, int]]


class Measured(NamedTuple):
    crossings: int
    length: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the layout of graphs beside dot.")
    parser.add_argument("trees", nargs="*", type=Path, help="trees of experiments, read only")
    parser.add_argument("--sizes", nargs="*", type=int, default=[60, 300, 1000], help="jobs of each shape")
    parser.add_argument("--times", nargs="*", type=int, default=[1000, 10_000, 50_000], help="jobs to time")
    parser.add_argument("--output", type=Path, default=_RESULTS)
    asked = parser.parse_args()
    rows = [_row(graph) for graph in (*_samples(asked.trees), *_generated(asked.sizes))]
    times = list(_timed(asked.times))
    asked.output.write_text(_report(rows, times))


def _samples(trees: Sequence[Path]) -> Iterator[Graph]:
    for tree in trees:
        for path in (*sorted(tree.glob("metadata/structures/*.db")), *sorted(tree.glob("*/db/job_list.db"))):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                found = database.execute("SELECT e_from, e_to FROM experiment_structure WHERE e_from <> e_to")
                edges = list(dict.fromkeys(found))
            if edges:
                expid = path.stem.removeprefix("structure_") if path.stem != "job_list" else path.parts[-3]
                yield _graph(f"{tree.name} {expid}", edges)


def _generated(sizes: Sequence[int]) -> Iterator[Graph]:
    for size in sizes:
        for name, shape in SHAPES.items():
            yield _graph(name, shape(size))


def _graph(title: str, edges: Edges) -> Graph:
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    return Graph(title, *Structure(names, edges, {}).outline())


def _ours(graph: Graph) -> tuple[Positions, float]:
    before = time.process_time()
    places = layered(graph.names, graph.edges)
    return places, time.process_time() - before


def _dots(graph: Graph) -> tuple[Positions, float]:
    text = ["digraph{node[shape=box,fixedsize=true]"]
    text += [f"{n}[width={_width(name):.3f}]" for n, name in enumerate(graph.names)]
    text += [f"{parent}->{child}" for parent, child in graph.edges]
    before = _seconds_of_children()
    done = subprocess.run(
        ["dot", "-Tplain"], input="\n".join([*text, "}"]), text=True, capture_output=True, check=True
    )
    seconds = _seconds_of_children() - before
    places = [(0.0, 0.0)] * len(graph.names)
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "node":
            places[int(words[1])] = (float(words[2]) * _INCH, float(words[3]) * _INCH)
    return places, seconds


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _width(name: str) -> float:
    """Inches that leave, with the quarter that `dot` puts between nodes, what `layered` gives to a job."""
    return max(90, 8 * len(name) + 45) / _INCH - 0.25


def _measured(graph: Graph, places: Positions, seconds: float) -> Measured:
    length = sum(hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]) for a, b in graph.edges)
    return Measured(_crossings(graph.edges, places), length, seconds)


def _crossings(edges: Sequence[tuple[int, int]], places: Positions) -> int:
    """Pairs of edges without a common end that cross inside both, counted one by one."""
    lines = sorted((min(places[a], places[b]), max(places[a], places[b]), a, b) for a, b in edges)
    found = 0
    for n, (begin, end, a, b) in enumerate(lines):
        low, high = min(begin[1], end[1]), max(begin[1], end[1])
        for start, stop, c, d in lines[n + 1 :]:
            if start[0] > end[0]:
                break
            if min(start[1], stop[1]) > high or max(start[1], stop[1]) < low or a in (c, d) or b in (c, d):
                continue
            found += (
                _side(begin, end, start) * _side(begin, end, stop) < 0
                and _side(start, stop, begin) * _side(start, stop, end) < 0
            )
    return found


def _side(begin: tuple[float, float], end: tuple[float, float], point: tuple[float, float]) -> float:
    return (end[0] - begin[0]) * (point[1] - begin[1]) - (end[1] - begin[1]) * (point[0] - begin[0])


def _row(graph: Graph) -> tuple[Graph, Measured, Measured]:
    return graph, _measured(graph, *_ours(graph)), _measured(graph, *_dots(graph))


def _timed(sizes: Sequence[int]) -> Iterator[tuple[Graph, float, float]]:
    for size in sizes:
        flow = build("t000", *shape_of(size), seed=1)
        shapes = [("workflow", flow.edges), *((name, shape(size)) for name, shape in SHAPES.items())]
        for graph in (_graph(title, edges) for title, edges in shapes):
            _, standard = _ours(graph)
            before = time.process_time()
            laplacian(len(graph.names), graph.edges, [None] * len(graph.names))
            yield graph, standard, time.process_time() - before


def _report(
    rows: Sequence[tuple[Graph, Measured, Measured]], times: Sequence[tuple[Graph, float, float]]
) -> str:
    more = [row for row in rows if row[1].crossings > row[2].crossings]
    longer = [row for row in rows if row[1].length > 1.1 * row[2].length]
    fewer = sum(ours.crossings < dots.crossings for _, ours, dots in rows)
    shorter = sum(ours.length < dots.length for _, ours, dots in rows)
    text = [
        "# The layout of graphs",
        "",
        "Made by `python -m benchmarks.layout TREE...`, beside Graphviz' `dot -Tplain`, whose nodes are",
        "given the space that ours have. Both are measured on straight edges between the places of the jobs,",
        "as clients draw them, 90 units to the inch. Seconds: CPU of our own process, and of that of `dot`.",
        "",
        f"Of {len(rows)} graphs {fewer} have fewer crossings than by `dot`, {len(more)} have more;",
        f"in {shorter} the edges are shorter, in {len(longer)} more than a tenth longer.",
        "",
        "| graph | jobs | edges | crossings | `dot` | length | `dot` | ratio | seconds | `dot` |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for graph, ours, dots in rows:
        miss = " **more**" if ours.crossings > dots.crossings else ""
        text.append(
            f"| {graph.title} | {len(graph.names)} | {len(graph.edges)} "
            f"| {ours.crossings}{miss} | {dots.crossings} "
            f"| {ours.length:.0f} | {dots.length:.0f} | {ours.length / dots.length:.2f} "
            f"| {ours.seconds:.2f} | {dots.seconds:.2f} |"
        )
    text += [
        "",
        "## Time",
        "",
        "Seconds of CPU. The goal is 2 s for 10,000 jobs. `workflow` are those of the other benchmarks",
        "(`benchmarks/workflow.py`), the others shapes as above.",
        "",
        "| graph | jobs | edges | standard | laplacian |",
        "|---|---:|---:|---:|---:|",
    ]
    text += [
        f"| {graph.title} | {len(graph.names)} | {len(graph.edges)} | {standard:.2f} | {other:.2f} |"
        for graph, standard, other in times
    ]
    return "\n".join([*text, ""])


if __name__ == "__main__":
    main()
