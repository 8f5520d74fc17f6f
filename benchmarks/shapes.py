"""Workflows of several shapes, as names and edges, to try layouts on.

Guarantees: the same arguments give the same workflow on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

Edges = list[tuple[str, str]]
Shape = Callable[[int], Edges]
"""A workflow of about so many jobs."""

_EXPID = "t000"


def _name(*parts: object) -> str:
    return "_".join(str(part) for part in (_EXPID, *parts))


def _member(number: int) -> str:
    return f"20200101_fc{number}"


def _chains(size: int, chunks: int) -> Iterator[tuple[str, list[str]]]:
    """Members of so many chunks each."""
    for number in range(max(1, size // chunks)):
        member = _member(number)
        yield member, [_name(member, chunk, "SIM") for chunk in range(1, chunks + 1)]


def ladders(size: int) -> Edges:
    """Chains of simulations, each post-processed, two of three waiting for the post-processing before."""
    edges = []
    for member, sims in _chains(size // 2, 20):
        edges.append((_name("SETUP"), sims[0]))
        posts = [sim.replace("SIM", "POST") for sim in sims]
        edges += [*pairwise(sims), *zip(sims, posts, strict=True)]
        edges += [(posts[n - 3], sims[n]) for n in range(3, len(sims)) if n % 3]
        edges.append((posts[-1], _name("REPORT")))
        edges.append((_name(member, "INI"), sims[0]))
    return edges


def synchronised(size: int) -> Edges:
    """Chunks whose post-processing waits for all members of a date, and cleaning at the end of each."""
    edges = []
    members = 6
    for date in range(max(1, size // (members * 20))):
        start = f"2020{date:04}"
        chunks = 9
        for chunk in range(1, chunks + 1):
            together = _name(start, chunk, "ASSEMBLE")
            for member in range(members):
                sim = _name(start, f"fc{member}", chunk, "SIM")
                before = _name(start, f"fc{member}", chunk - 1, "SIM") if chunk > 1 else _name(start, "INI")
                clean = sim.replace("SIM", "CLEAN")
                edges += [(before, sim), (sim, together), (together, clean)]
        edges.append((_name("SETUP"), _name(start, "INI")))
    return edges


def splits(size: int) -> Edges:
    """Chunks that are split and merged, four jobs each way."""
    edges = []
    for _, sims in _chains(size // 7, 8):
        for n, sim in enumerate(sims):
            parts = [sim.replace("SIM", f"{part}_DN") for part in range(1, 5)]
            merged = sim.replace("SIM", "MERGE")
            edges += [(sim, part) for part in parts]
            edges += [(part, merged) for part in parts]
            if n:
                edges.append((sims[n - 1], sim))
            edges.append((merged, _name("STATISTICS")))
        edges.append((_name("SETUP"), sims[0]))
    return edges


def applications(size: int) -> Edges:
    """A chain of model chunks whose data notifiers each start the same applications, each a chain itself."""
    edges = []
    per_chunk = 2 + 6
    for chunk in range(1, max(2, size // per_chunk)):
        model, notice = _name(chunk, "MODEL"), _name(chunk, "DN")
        edges.append((_name(chunk - 1, "MODEL") if chunk > 1 else _name("SETUP"), model))
        edges.append((model, notice))
        for application in range(3):
            first, second = _name(chunk, f"OPA_{application}"), _name(chunk, f"APP_{application}")
            edges += [(notice, first), (first, second)]
            if chunk > 1:
                edges += [
                    (_name(chunk - 1, f"OPA_{application}"), first),
                    (_name(chunk - 1, f"APP_{application}"), second),
                ]
    return edges


def assimilation(size: int) -> Edges:
    """All members of a cycle wait for the analysis of the cycle before."""
    edges = []
    members = 10
    for cycle in range(1, max(2, size // (members + 1))):
        for member in range(members):
            forecast = _name(f"fc{member}", cycle, "FORECAST")
            edges.append((_name(cycle - 1, "ANALYSIS"), forecast))
            edges.append((forecast, _name(cycle, "ANALYSIS")))
    return edges


def crossed(size: int) -> Edges:
    """Members whose chunks also wait for the one before of their two neighbours."""
    edges = []
    chains = list(_chains(size, 12))
    for n, (_, sims) in enumerate(chains):
        edges.append((_name("SETUP"), sims[0]))
        for other in {n - 1, n, (n + 1) % len(chains)} if len(chains) > 1 else {n}:
            edges += zip(chains[other][1], sims[1:], strict=False)
    return sorted(set(edges))


def scattered(size: int) -> Edges:
    """Each job waits for one or two of the forty before it, drawn at random."""
    chance = random.Random(size)
    edges = set()
    for n in range(1, size):
        for _ in range(chance.choice((1, 1, 1, 2))):
            edges.add((_name(chance.randrange(max(0, n - 40), n), "JOB"), _name(n, "JOB")))
    return sorted(edges)


def tree(size: int) -> Edges:
    """Each job starts two others."""
    return [(_name((n - 1) // 2, "JOB"), _name(n, "JOB")) for n in range(1, size)]


def apart(size: int) -> Edges:
    """Members that nothing connects."""
    return [edge for _, sims in _chains(size, 10) for edge in pairwise(sims)]


def late(size: int) -> Edges:
    """As `ladders`, every chunk also waiting for its own request for data and ending in an archive."""
    edges = ladders(size // 2)
    sims = sorted({end for _, end in edges if end.endswith("SIM")})
    for sim in sims:
        post = sim.replace("SIM", "POST")
        edges += [(sim.replace("SIM", "REQUEST"), sim), (post, post.replace("POST", "ARCHIVE"))]
        edges.append((post.replace("POST", "ARCHIVE"), _name("CLEAN")))
    return edges


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        ladders,
        synchronised,
        splits,
        applications,
        assimilation,
        crossed,
        scattered,
        tree,
        apart,
        late,
    )
}
