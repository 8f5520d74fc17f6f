"""The requests that are measured, with the goals that they have to meet.

Guarantees: everything is derived from the tree, so any tree of ``benchmarks.generate`` can be measured; goals
are milliseconds of CPU per request (None: no goal was set). A request with a change knows which experiment to
change so that its answer differs afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogue import SEARCH_TEXT
from benchmarks.changes import (
    change_configuration,
    change_experiment,
    change_listing,
    change_recorded,
    change_relations,
    change_runs,
)
from benchmarks.yardstick import unpickling

_Goals = tuple[float | None, float | None]
_ETA = {"p01k": 13.9, "p10k": 99.2, "p50k": 473.0, "d10k": 36.0}
"""Milliseconds to read the jobs and the last rows of the history; the goal after a change is twice that."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of request. ``target`` is the experiment to change; None takes it from the answer."""

    title: str
    path: str
    goal: float | None = None
    goal_changed: float | None = None
    change: Callable[[Path, str], None] | None = None
    target: str | None = None


def endpoints(tree: Path) -> list[Endpoint]:
    total, bigs = _experiments(tree)
    jobs = (one for big in bigs for one in _jobs(big, unpickling(tree, big)))
    return [Endpoint("`/`", "/", goal=0.4), *_lists(total), *jobs]


def big_ones(tree: Path) -> list[str]:
    return _experiments(tree)[1]


def storm_paths(bigs: list[str]) -> list[tuple[str, str]]:
    """Four (path, experiment to change first) pairs over the largest experiments: the heaviest answers."""
    largest = [max(found) for letter in "pd" if (found := [big for big in bigs if big[0] == letter])]
    views = [(name, view) for view in ("base", "quick") for name in largest]
    return [(f"/v4/experiments/{name}/jobs?view={view}", name) for name, view in (views * 4)[:4]]


def _experiments(tree: Path) -> tuple[int, list[str]]:
    """How many experiments there are, and the names of the big ones."""
    with closing(sqlite3.connect(f"file:{tree / 'autosubmit.db'}?mode=ro", uri=True)) as connection:
        total = connection.execute("SELECT count(*) FROM experiment").fetchone()[0]
        query = (
            "SELECT name FROM experiment WHERE description LIKE 'Generated workflow of about %' ORDER BY id"
        )
        return int(total), [str(row[0]) for row in connection.execute(query)]


def _lists(total: int) -> list[Endpoint]:
    page = "/v4/experiments?only_active=false"
    last = max(1, -(-total // 12))
    listing = change_listing
    text = f"{page}&query={SEARCH_TEXT}&order_by=created&order_desc=true"
    return [
        Endpoint(f"v4 search, page of 12 of {total}", page, 5, 12, listing),
        Endpoint("v4 search, last page", f"{page}&page={last}", 5, 12, listing),
        Endpoint("v4 search, text, ordered by date", text, 5, 12, listing),
        Endpoint("v4 search, active ones", "/v4/experiments?page_size=100", None, None, listing),
        Endpoint("v4 search, page of 1000", f"{page}&page_size=1000", None, None, listing),
        Endpoint("v4 search, everything", f"{page}&page_size=0", 100, 1000, listing),
        Endpoint("v4 search, names alone", f"{page}&page_size=0&fields=name", None, None),
        Endpoint("v4 search, by size", f"{page}&sort_by=total&sort_desc=1", None, None, listing),
        Endpoint("v4 search, by cursor", f"{page}&cursor=", 5, 12, listing),
        Endpoint("v3 running", "/v3/running/", None, None, listing),
        Endpoint("v3 search by text", f"/v3/search/{SEARCH_TEXT}", None, None, listing),
    ]


def _jobs(expid: str, bound: float | None) -> list[Endpoint]:
    """About the jobs of one experiment; one unpickling is the bound after the pickle changed."""
    size, pickled = expid[1:], expid[0] == "p"
    base = f"/v4/experiments/{expid}/jobs"
    whole: _Goals = (10.0, 120.0 if pickled else 35.0) if size == "10k" else (None, None)
    part: _Goals = (3.0, bound if pickled else 5.0) if size in ("10k", "50k") else (None, None)
    change, relations = change_experiment, change_relations
    job = f"{base}/{expid}_19600101_fc0_10_SIM"
    return [
        Endpoint(f"v4 detail {expid}", f"/v4/experiments/{expid}", None, None, change_listing, expid),
        Endpoint(f"v4 jobs base {expid}", base, *whole, change, expid),
        Endpoint(f"v4 jobs quick {expid}", f"{base}?view=quick", *whole, change, expid),
        Endpoint(f"v4 jobs page of 50 {expid}", f"{base}?page_size=50", *part, change, expid),
        Endpoint(f"v4 jobs by name {expid}", f"{base}?job_name=19600101_fc0_*SIM", *part, change, expid),
        Endpoint(f"v4 job {expid}", f"{base}/{expid}_SETUP", *part, change, expid),
        Endpoint(f"v4 parents {expid}", f"{job}/parents", *part, relations, expid),
        Endpoint(f"v4 children {expid}", f"{base}/{expid}_SETUP/children", *part, relations, expid),
        Endpoint(f"v4 parents, states {expid}", f"{job}/parents?include_status=1", *part, relations, expid),
        Endpoint(f"v4 wrappers {expid}", f"/v4/experiments/{expid}/wrappers", None, None, relations, expid),
        *_runs(expid),
        Endpoint(
            f"v4 filesystem config {expid}",
            f"/v4/experiments/{expid}/filesystem-config",
            *(3.0, 24.0),
            change_configuration,
            expid,
        ),
        Endpoint(f"v4 health {expid}", f"/v4/experiments/{expid}/health", None, None, change, expid),
        Endpoint(
            f"v4 jobs, three fields {expid}", f"{base}?fields=name,status,chunk", None, None, change, expid
        ),
        Endpoint(
            f"v4 jobs by chunk {expid}", f"{base}?sort_by=chunk&page_size=1000", None, None, change, expid
        ),
        Endpoint(f"v3 expcount {expid}", f"/v3/expcount/{expid}", None, None, change, expid),
        *_v3(expid),
    ]


def _v3(expid: str) -> list[Endpoint]:
    """What the GUI asks about one experiment, each first after a change of its own."""
    size = expid[1:]
    shared: _Goals = {"10k": (15.0, 300.0), "50k": (60.0, 1500.0)}.get(size, (None, None))
    summed: _Goals = (10.0, 900.0) if size == "50k" else (None, None)
    small: _Goals = (5.0, 200.0) if size == "01k" else shared
    change, relations, runs = change_experiment, change_relations, change_runs
    job = f"{expid}_19600101_fc0_10_SIM"
    graph_of_states = f"/v3/graph/{expid}/standard/status"
    drawn = {"01k": 200.0, "10k": 2300.0}.get(size)  # where a graph has to be laid out again
    return [
        Endpoint(f"v3 tree {expid}", f"/v3/tree/{expid}", *shared, change, expid),
        Endpoint(f"v3 tree, new edges {expid}", f"/v3/tree/{expid}", None, None, relations, expid),
        Endpoint(f"v3 graph {expid}", f"/v3/graph/{expid}/standard/none", *small, change, expid),
        Endpoint(f"v3 graph, new edges {expid}", graph_of_states, None, drawn, relations, expid),
        Endpoint(
            f"v3 graph, groups {expid}", f"/v3/graph/{expid}/standard/date-member", *small, change, expid
        ),
        Endpoint(f"v3 pklinfo {expid}", f"/v3/pklinfo/{expid}/0", *shared, change, expid),
        Endpoint(f"v3 pkltreeinfo {expid}", f"/v3/pkltreeinfo/{expid}/0", *shared, change, expid),
        Endpoint(f"v3 quick {expid}", f"/v3/quick/{expid}", *summed, change, expid),
        Endpoint(f"v3 summary {expid}", f"/v3/summary/{expid}", *summed, change, expid),
        Endpoint(f"v3 performance {expid}", f"/v3/performance/{expid}", None, None, runs, expid),
        Endpoint(f"v3 stats {expid}", f"/v3/stats/{expid}/0/Any", None, None, change_recorded, expid),
        Endpoint(f"v3 runs {expid}", f"/v3/runs/{expid}", *summed, runs, expid),
        Endpoint(f"v3 rundetail {expid}", f"/v3/rundetail/{expid}/2", *summed, runs, expid),
        Endpoint(f"v3 history {expid}", f"/v3/history/{expid}/{job}", None, None, runs, expid),
        Endpoint(f"v3 expinfo {expid}", f"/v3/expinfo/{expid}", None, None, change_listing, expid),
        Endpoint(f"v3 cconfig {expid}", f"/v3/cconfig/{expid}", None, None, change_configuration, expid),
        Endpoint(f"v3 logrun {expid}", f"/v3/logrun/{expid}"),
        Endpoint(f"v3 exprun {expid}", f"/v3/exprun/{expid}"),
    ]


def _runs(expid: str) -> list[Endpoint]:
    experiment, change = f"/v4/experiments/{expid}", change_runs
    reading = _ETA.get(expid)
    return [
        Endpoint(f"v4 runs {expid}", f"{experiment}/runs", 3, 5, change, expid),
        Endpoint(f"v4 run config {expid}", f"{experiment}/runs/2/config", 3, 5, change, expid),
        Endpoint(f"v4 eta {expid}", f"{experiment}/eta", 3, reading and 2 * reading, change, expid),
    ]


def target_of(body: bytes) -> str | None:
    """The last experiment in an answer."""
    try:
        answer = json.loads(body)
        rows = answer.get("experiments") or answer.get("experiment") or []
        return str(rows[-1].get("name")) if rows else None
    except (ValueError, AttributeError):
        return None
