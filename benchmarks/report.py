"""Numbers of a benchmark run, and the page that shows them.

Guarantees: nothing that names folders, commands or hosts of the machine gets into the page; medians and 95th
percentiles are of the raw samples; a row without samples is shown as such, never left out.
"""

from __future__ import annotations

import platform
import re
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.server import Answer

Sample = tuple[float, float]
"""Wall time and CPU time of one request in seconds."""


@dataclass
class Measured:
    """All samples of one endpoint on one server."""

    title: str
    label: str
    goal: float | None
    goal_changed: float | None
    first: Sample | None = None
    unchanged: list[Sample] = field(default_factory=list)
    changed: list[Sample] = field(default_factory=list)
    revalidated: list[Sample] = field(default_factory=list)
    revalidated_statuses: set[int] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    size: int = 0
    stale: int = 0

    def slowest(self) -> float:
        return max((wall for wall, _ in self.unchanged), default=0.0)

    def note(self, answer: Answer) -> None:
        self.statuses.add(answer.status)
        self.size = len(answer.body)


@dataclass
class Storm:
    """Times of ``/`` in seconds: alone, and while big lists are being made."""

    quiet: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    failures: int = 0
    peak: int = 0


@dataclass
class Resources:
    starts: list[float] = field(default_factory=list)
    listings: list[float] = field(default_factory=list)
    in_a_row: float = 0.0
    idle: int = 0
    peak: int = 0
    rest: int = 0


@dataclass
class Results:
    settings: dict[str, str]
    machine: dict[str, str]
    load_before: float = 0.0
    load_after: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    unpickling: dict[str, float] = field(default_factory=dict)
    """Milliseconds of CPU for one unpickling in C, by experiment: how fast this machine is."""
    measured: list[Measured] = field(default_factory=list)
    storms: dict[str, Storm] = field(default_factory=dict)
    resources: dict[str, Resources] = field(default_factory=dict)


def machine() -> dict[str, str]:
    information = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", information, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": str(len(re.findall(r"^processor\s*:", information, re.MULTILINE))),
        "memory": f"{int(memory.group(1)) / 2**20:.0f} GiB" if memory else "?",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def markdown(results: Results) -> str:
    labels = list(results.versions)
    parts = [_head(results), _resources(results), _storms(results)]
    parts.append(_table("Files unchanged", results, labels, changed=False))
    parts.append(_table("Files just changed", results, labels, changed=True))
    if any(row.revalidated for row in results.measured):
        parts.append(_revalidated(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: Results) -> str:
    facts = results.machine
    versions = ", ".join(f"{label} {version}" for label, version in results.versions.items())
    settings = ", ".join(f"{name} {value}" for name, value in results.settings.items())
    return "\n".join(
        [
            "# Results",
            "",
            "Made by `python -m benchmarks.run`; `benchmarks/README.md` says how, and what the columns mean.",
            "",
            f"- {facts['date']}, {facts['processor']}, {facts['cores']} cores, {facts['memory']},"
            f" Linux {facts['kernel']}",
            f"- {versions}; client: Python {facts['python']}",
            f"- {settings}",
            "- one unpickling in C on this machine, with giving it back, ms of CPU: "
            + ", ".join(f"{expid} {took:.0f}" for expid, took in results.unpickling.items()),
            f"- load average before and after: {results.load_before:.1f}, {results.load_after:.1f}",
        ]
    )


def _resources(results: Results) -> str:
    lines = ["## Start and memory", "", "| | " + " | ".join(results.resources) + " |"]
    lines.append("|---|" + "---|" * len(results.resources))
    every = list(results.resources.values())
    lines.append(_row("start to first answer, s (goal 1)", [_median(one.starts, 2) for one in every]))
    listings = [_median(one.listings, 2) for one in every]
    lines.append(_row("`mestral plugins list`, whole command, s (goal 0.3)", listings))
    rows = [f"{1000 * one.in_a_row:.2f}" for one in every]
    lines.append(_row("`/`, many in a row, CPU of each, ms (goal 0.4)", rows))
    for title, key in (
        ("started", "idle"),
        ("peak of everything (goal 600)", "peak"),
        ("at rest again", "rest"),
    ):
        sizes = [getattr(one, key) for one in every]
        lines.append(_row(f"resident, process tree, {title}, MB", [f"{size / 1e6:.0f}" for size in sizes]))
    return "\n".join(lines)


def _storms(results: Results) -> str:
    if not any(storm.during for storm in results.storms.values()):
        return ""
    lines = ["## `/` while four of the largest job lists are made (ms, wall; goal: p95 below 20)", ""]
    lines += [
        "| | alone p50 | p95 | during p50 | p95 | max | requests | lists, median s | failed | peak MB |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|---|"]
    for label, storm in results.storms.items():
        quiet = [1000 * value for value in storm.quiet]
        during = [1000 * value for value in _steady(storm.during)]
        cells = [_median(quiet, 1), _p95(quiet, 1), _median(during, 1), _p95(during, 1)]
        cells += [f"{max(during):.1f}" if during else "-", str(len(storm.during)), _median(storm.lists, 1)]
        cells += [str(storm.failures), f"{storm.peak / 1e6:.0f}"]
        lines.append(_row(label, cells))
    return "\n".join(lines)


def _steady(waits: list[float]) -> list[float]:
    """The waits of clients that come every 20 ms, from those of one that asks again only after an answer.

    Without this a server that is blocked for two seconds would be seen once, as one slow request among many.
    """
    return [wait - later for wait in waits for later in (n * 0.02 for n in range(int(wait / 0.02) + 1))]


def _table(title: str, results: Results, labels: list[str], changed: bool) -> str:
    """CPU first, for it is what the goals are about; one line per endpoint, all servers beside each other."""
    head = ["endpoint", "goal cpu"]
    for label in labels:
        head += [f"{label} cpu", "wall p50", "wall p95", "n"]
        head += [] if changed else ["first wall"]
    head += ["times less cpu"] if len(labels) == 2 else []
    head += ["bytes", "remarks"]
    lines = [f"## {title} (ms)", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    rows: dict[str, dict[str, Measured]] = {}
    for row in results.measured:
        rows.setdefault(row.title, {})[row.label] = row
    for name, by_label in rows.items():
        any_row = next(iter(by_label.values()))
        goal = any_row.goal_changed if changed else any_row.goal
        samples = [(by_label[label].changed if changed else by_label[label].unchanged) for label in labels]
        if changed and not any(samples):
            continue
        costs = [[1000 * cpu for _, cpu in some] for some in samples]
        cells = [f"{goal:.3g}" if goal is not None else "-"]
        for label, some, cost in zip(labels, samples, costs, strict=True):
            walls = [1000 * wall for wall, _ in some]
            cells += [_median(cost), _median(walls), _p95(walls), str(len(some))]
            if not changed:
                first = by_label[label].first
                cells.append(_number(1000 * first[0], None) if first else "-")
        if len(labels) == 2:
            both = all(costs) and statistics.median(costs[0]) > 0
            ratio = statistics.median(costs[1]) / statistics.median(costs[0]) if both else 0.0
            cells.append("-" if not both else f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}")
        cells += [_size(any_row.size), _remarks(by_label, costs, labels, goal, changed)]
        lines.append(_row(name, cells))
    return "\n".join(lines)


def _remarks(
    rows: dict[str, Measured], costs: list[list[float]], labels: list[str], goal: float | None, changed: bool
) -> str:
    remarks = []
    if goal is not None and labels[0] == "Mestral" and costs[0] and statistics.median(costs[0]) > goal:
        remarks.append("**over the goal**")
    for label in labels:
        bad = sorted(status for status in rows[label].statuses if status != 200)
        if bad:
            remarks.append(f"{label}: status {', '.join(map(str, bad))}")
        if changed and rows[label].stale:
            remarks.append(f"{label}: {rows[label].stale} stale answers")
    return "; ".join(remarks)


def _revalidated(results: Results) -> str:
    lines = [
        "## Files unchanged, client sends its ETag (ms)",
        "",
        "| endpoint | cpu | wall p50 | wall p95 | status |",
    ]
    lines.append("|---|---|---|---|---|")
    for row in results.measured:
        if row.revalidated:
            walls = [1000 * wall for wall, _ in row.revalidated]
            statuses = ", ".join(map(str, sorted(row.revalidated_statuses)))
            cost = _median([1000 * cpu for _, cpu in row.revalidated])
            lines.append(_row(f"{row.title} ({row.label})", [cost, _median(walls), _p95(walls), statuses]))
    return "\n".join(lines)


def _row(title: str, cells: list[str]) -> str:
    return f"| {title} | " + " | ".join(cells) + " |"


def _median(values: list[float], digits: int | None = None) -> str:
    return _number(statistics.median(values), digits) if values else "-"


def _p95(values: list[float], digits: int | None = None) -> str:
    """The 95th percentile; of fewer than twenty values the largest."""
    if not values:
        return "-"
    ordered = sorted(values)
    return _number(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], digits)


def _number(value: float, digits: int | None) -> str:
    if digits is None:
        digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def _size(size: int) -> str:
    return f"{size} B" if size < 1000 else f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
