"""Where jobs are placed: contract/API_V3.md 3."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from math import cos, pi, sqrt, trunc
from pathlib import Path

import pytest
from benchmarks.shapes import SHAPES
from hypothesis import given, settings
from hypothesis import strategies as st

from mestral_experiments.views.layout import Positions, laplacian, layered, levels, settle_groups
from mestral_experiments.views.layout.vibrations import slowest

Edges = list[tuple[int, int]]
APART = 90
SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "experiments"
A8QC = SHARED / "reference" / "metadata" / "structures" / "structure_a8qc.db"


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    """Any graph: in parts, with cycles, with jobs alone."""
    count = draw(st.integers(1, 30))
    jobs = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(jobs, jobs), max_size=60, unique=True))
    return count, [(a, b) for a, b in pairs if a != b]


def named(size: int) -> list[str]:
    return [f"a000_20200101_fc0_{n}_SIM" for n in range(size)]


def drawn(count: int, edges: Edges) -> Positions:
    return layered(named(count), edges)


def shape(name: str, size: int) -> tuple[int, Edges]:
    pairs = SHAPES[name](size)
    place = {job: n for n, job in enumerate(dict.fromkeys(job for pair in pairs for job in pair))}
    return len(place), [(place[a], place[b]) for a, b in pairs]


def too_close(places: Positions) -> list[tuple[float, float]]:
    """Jobs less than 90 to the right of another at the same height."""
    order = sorted(places, key=lambda place: (place[1], place[0]))
    return [b for a, b in pairwise(order) if a[1] == b[1] and b[0] - a[0] < APART]


def crossings(edges: Edges, places: Positions) -> int:
    def side(a: int, b: int, c: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = places[a], places[b], places[c]
        return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

    return sum(
        len({a, b, c, d}) == 4 and side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for n, (a, b) in enumerate(edges)
        for c, d in edges[:n]
    )


def ratio(places: Positions) -> float:
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return (max(xs) - min(xs)) / (max(ys) - min(ys))


def cyclic(count: int, edges: Edges) -> bool:
    """Whether some jobs wait for each other: taking away roots leaves some."""
    left, rest = set(range(count)), list(edges)
    while roots := left - {b for _, b in rest}:
        left -= roots
        rest = [(a, b) for a, b in rest if a in left]
    return bool(left)


@given(graphs())
@settings(deadline=None)
def test_every_job_of_any_graph_has_a_place_of_its_own(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    places = drawn(count, edges)
    assert len(places) == count
    assert not too_close(places)
    assert all(x == int(x) and y == int(y) and x >= 0 and y <= 0 for x, y in places)
    if not cyclic(count, edges):
        assert all(places[a][1] - places[b][1] >= APART for a, b in edges)


def test_equal_graphs_have_equal_places_in_every_process() -> None:
    """Whatever the seed of hashes."""
    count, edges = shape("scattered", 100)
    code = "\n".join(
        (
            "from mestral_experiments.views.layout import laplacian, layered",
            f"edges = {edges}",
            f"print(layered({named(count)}, edges), laplacian({count}, edges, {[None] * count}))",
        )
    )
    answers = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        answers.add(done.stdout)
    assert len(answers) == 1


@pytest.mark.parametrize("size", [40, 200])
@pytest.mark.parametrize("name", SHAPES)
def test_edges_of_workflows_lead_downwards_and_jobs_do_not_overlap(name: str, size: int) -> None:
    count, edges = shape(name, size)
    places = drawn(count, edges)
    assert all(places[a][1] > places[b][1] for a, b in edges)
    assert not too_close(places)


@pytest.mark.parametrize("name", ["tree", "assimilation", "apart"])
def test_what_can_be_drawn_without_crossings_is(name: str) -> None:
    count, edges = shape(name, 200)
    assert crossings(edges, drawn(count, edges)) == 0


def test_chains_of_chunks_with_post_processing_do_not_cross() -> None:
    count, edges = shape("ladders", 60)
    assert crossings(edges, drawn(count, edges)) == 0


def test_the_workflow_of_a8qc_has_fewer_crossings_than_by_dot(tmp_path: Path) -> None:
    if not A8QC.exists():
        pytest.skip("no sample data: shared/experiments is not beside the project")
    path = shutil.copy(A8QC, tmp_path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT e_from, e_to FROM experiment_structure").fetchall()
    place = {job: n for n, job in enumerate(dict.fromkeys(job for row in rows for job in row))}
    edges = [(place[a], place[b]) for a, b in rows]
    assert len(place) == 79
    assert crossings(edges, layered(list(place), edges)) < 97


def test_chains_are_straight() -> None:
    places = drawn(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    assert len({x for x, _ in places}) == 1
    assert [y for _, y in places] == [0, -90, -180, -270, -360]


def test_a_parent_is_over_the_middle_of_its_children() -> None:
    (x, _), (left, _), (right, _) = drawn(3, [(0, 1), (0, 2)])
    assert x == pytest.approx((left + right) / 2, abs=1)


def test_dates_and_members_go_from_left_to_right_in_list_order() -> None:
    """A start for all, one for each of 3 dates, 4 members of 5 chunks each, listed after all starts."""
    starts = {date: 1 + date for date in range(3)}
    first = {(date, member): 4 + 5 * (4 * date + member) for date in range(3) for member in range(4)}
    edges = [(0, starts[date]) for date in (1, 2, 0)]
    edges += [(starts[date], first[date, member]) for member in (2, 0, 3, 1) for date in (1, 0, 2)]
    edges += [(job + n, job + n + 1) for job in first.values() for n in range(4)]
    places = drawn(64, edges)
    members = [places[job][0] for job in first.values()]
    assert members == sorted(members)
    assert crossings(edges, places) == 0


def test_what_one_job_alone_waits_for_is_right_above_it() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (4, 3)]
    places = drawn(5, edges)
    assert places[4][1] == places[2][1]


def test_a_job_is_near_those_that_wait_for_it_where_they_are_more() -> None:
    """Two steps from the start, and three jobs of the fourteenth layer wait for it."""
    chain = [0, *range(3, 15)]
    edges = [(0, 1), (1, 2), *pairwise(chain), *((14, last) for last in (15, 16, 17))]
    places = drawn(18, [*edges, *((2, last) for last in (15, 16, 17))])
    assert places[2][1] == places[14][1]


def test_longer_names_take_more_space() -> None:
    def distance(names: Sequence[str]) -> float:
        places = layered(names, [(0, 1), (0, 2)])
        return abs(places[1][0] - places[2][0])

    assert distance(["a"] * 3) == APART
    assert distance(["a8qc_20220630_000_1_SIM"] * 3) == pytest.approx(2.5 * APART, rel=0.1)


@pytest.mark.parametrize("count", [55, 1000])
def test_jobs_without_edges_fill_a_wide_rectangle(count: int) -> None:
    places = drawn(count, [])
    assert len(set(places)) == count
    assert 1.2 < ratio(places) < 2.4


def test_parts_fill_a_wide_rectangle() -> None:
    count, edges = shape("apart", 400)
    places = drawn(count, edges)
    assert 1.2 < ratio(places) < 2.6
    assert not too_close(places)


def test_parts_do_not_overlap() -> None:
    """Of a tree, a chain and a job alone the rectangles have nothing in common."""
    parts = [range(7), range(7, 11), range(11, 12)]
    edges = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6), (7, 8), (8, 9), (9, 10)]
    places = drawn(12, edges)

    def sides(part: range) -> tuple[float, float, float, float]:
        xs, ys = [places[n][0] for n in part], [places[n][1] for n in part]
        return min(xs), max(xs), min(ys), max(ys)

    boxes = [sides(part) for part in parts]
    for n, (left, right, low, high) in enumerate(boxes):
        for other_left, other_right, other_low, other_high in boxes[:n]:
            assert right < other_left or other_right < left or high < other_low or other_high < low


def test_a_cycle_is_drawn_with_one_edge_upwards() -> None:
    edges = [(0, 1), (1, 2), (2, 0)]
    places = drawn(3, edges)
    assert [places[a][1] > places[b][1] for a, b in edges] == [True, True, False]


def test_nothing_is_nothing() -> None:
    assert layered([], []) == []
    assert laplacian(0, [], []) == []
    assert levels(0, []) == []


def test_twenty_thousand_jobs_in_one_chain_are_no_recursion() -> None:
    edges = [(n, n + 1) for n in range(19_999)]
    assert drawn(20_000, edges)[-1][1] == -90 * 19_999
    assert levels(20_000, edges)[-1] == 20_000


def test_levels_are_the_longest_ways_from_the_roots() -> None:
    assert levels(6, [(0, 1), (1, 2), (0, 2), (3, 2), (2, 4)]) == [1, 2, 3, 1, 4, 1]


def test_levels_ignore_edges_that_close_a_cycle() -> None:
    assert levels(4, [(0, 1), (1, 2), (2, 1), (2, 3)]) == [1, 2, 3, 4]
    assert levels(3, [(0, 1), (1, 2), (2, 0)]) == [1, 2, 3]


@given(graphs())
def test_children_are_on_a_higher_level_than_their_parents(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    found = levels(count, edges)
    children = {b for _, b in edges}
    assert all(found[n] == 1 for n in range(count) if n not in children)
    if not cyclic(count, edges):
        assert all(found[b] > found[a] for a, b in edges)


def test_laplacian_of_a_chain_is_its_vibration() -> None:
    """In closed form: eigenvalue k of a chain of n is 1 - cos(k pi / (n - 1))."""
    n = 8
    places = laplacian(n, [(job, job + 1) for job in range(n - 1)], [None] * n)

    def expected(k: int, job: int) -> float:
        end = job in (0, n - 1)
        element = cos(k * pi * job / (n - 1)) * sqrt((1 if end else 2) / (n - 1))
        return element * n / (1 - cos(k * pi / (n - 1))) * 10

    assert places == [(-trunc(expected(1, job)), trunc(expected(2, job))) for job in range(n)]
    assert places[:4] == [(-305, 80), (-389, 70), (-269, -25), (-96, -102)]


def test_laplacian_holds_wrappers_together() -> None:
    edges = [(n, n + 1) for n in range(7)]
    loose = laplacian(8, edges, [None] * 8)
    tight = laplacian(8, edges, [None, None, 1, 1, 1, 1, None, None])

    def share(places: Positions) -> float:
        return (places[5][0] - places[2][0]) / (places[7][0] - places[0][0])

    assert share(tight) < share(loose)
    assert laplacian(8, edges, list(range(8))) == loose


@pytest.mark.parametrize("count", range(1, 5))
def test_laplacian_of_a_few_jobs(count: int) -> None:
    places = laplacian(count, [(n, n + 1) for n in range(count - 1)], [None] * count)
    assert len(set(places)) == count


def test_laplacian_of_parts_and_jobs_alone() -> None:
    edges = [(n, n + 1) for n in (*range(7), *range(8, 15))]
    places = laplacian(71, edges, [None] * 71)
    assert len(set(places)) == 71
    first, second = places[:8], places[8:16]
    (x, y), (right, low) = first[0], second[0]
    assert [(a - x, b - y) for a, b in first] == [(a - right, b - low) for a, b in second]


@given(graphs())
@settings(deadline=None)
def test_laplacian_of_any_graph(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    places = laplacian(count, edges, [n % 3 for n in range(count)])
    assert len(places) == count
    assert all(x == int(x) and y == int(y) for x, y in places)


def test_vibrations_of_a_grid_are_exact() -> None:
    """Of 7 by 12 jobs, where up to four come together at one: the normalised Laplacian scales its vectors."""
    grid = [(row, column) for row in range(7) for column in range(12)]
    near = [
        {n: 1.0 for n, (r, c) in enumerate(grid) if abs(r - row) + abs(c - column) == 1}
        for row, column in grid
    ]
    found = slowest(near, 2)
    for value, vector in found:
        for n, others in enumerate(near):
            pulled = sum(vector[other] / sqrt(len(others) * len(near[other])) for other in others)
            assert vector[n] - pulled == pytest.approx(value * vector[n], abs=1e-4)
    assert 0 < found[0][0] < found[1][0] < 0.2


def test_laplacian_of_all_to_all_layers() -> None:
    edges = [
        (layer * 100 + a, layer * 100 + 100 + b) for layer in range(3) for a in range(100) for b in range(100)
    ]
    places = laplacian(400, edges, [None] * 400)
    assert {x < 0 for x, _ in places[:100]} == {True}
    assert {x > 0 for x, _ in places[300:]} == {True}


def test_a_group_is_in_the_middle_of_its_jobs() -> None:
    assert settle_groups({"a8qc_20220630_000_": [(495.0, -351.0), (450.5, -360.0), (541.3, -342.9)]}) == {
        "a8qc_20220630_000_": (495, -351)
    }


def test_means_lose_their_fractions_towards_zero() -> None:
    assert settle_groups({"a": [(0.0, -1.0), (3.0, -2.0)]}) == {"a": (1, -1)}


def test_close_groups_move_apart() -> None:
    """The upper one moves up by what is missing, the next goes on from there."""
    assert settle_groups({"c": [(0, -300)], "a": [(0, 0)], "b": [(250, -100)]}) == {
        "a": (0, 150),
        "b": (250, -50),
        "c": (0, -300),
    }


def test_groups_at_one_height_go_by_name_in_any_order() -> None:
    expected = {"a": (0, -250), "b": (10, 0)}
    assert settle_groups({"a": [(0, 0)], "b": [(10, 0)]}) == expected
    assert settle_groups({"b": [(10, 0)], "a": [(0, 0)]}) == expected


@pytest.mark.parametrize("other", [(251, 0), (0, -251)])
def test_groups_far_apart_stay(other: tuple[float, float]) -> None:
    assert settle_groups({"a": [(0, 0)], "b": [other]}) == {"a": (0, 0), "b": other}


@given(st.lists(st.tuples(st.integers(-900, 900), st.integers(-900, 900)), max_size=30))
def test_groups_move_as_if_each_was_compared_with_every_later_one(middles: list[tuple[int, int]]) -> None:
    """The rule of the contract, word by word."""
    groups = sorted(((-y, f"g{n:02}", x, y) for n, (x, y) in enumerate(middles)))
    heights = [y for _, _, _, y in groups]
    for n, (_, _, x, _) in enumerate(groups):
        for later in range(n + 1, len(groups)):
            away = abs(heights[n] - heights[later])
            if abs(x - groups[later][2]) <= 250 and away <= 250:
                heights[n] += 250 - away if heights[n] > heights[later] else away - 250
    found = settle_groups({f"g{n:02}": [middle] for n, middle in enumerate(middles)})
    assert found == {name: (x, y) for (_, name, x, _), y in zip(groups, heights, strict=True)}


def test_many_groups_in_one_row_or_column_are_no_quadratic_work() -> None:
    count = 20_000
    row = settle_groups({f"g{n:05}": [(300 * n, 0)] for n in range(count)})
    assert len(set(row.values())) == count
    column = settle_groups({f"g{n:05}": [(0, -300 * n)] for n in range(count)})
    assert len(set(column.values())) == count
