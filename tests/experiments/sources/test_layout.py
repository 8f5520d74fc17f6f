"""Stored positions of jobs in the graph."""

from pathlib import Path

import pytest
from tests.experiments.sources.making import database, digest, experiment, insert, settle, source, tree

from mestral import Problem
from mestral_experiments.sources.protocol import Part

ROW = experiment("a001")
TABLE = "CREATE TABLE experiment_graph_draw (id INTEGER PRIMARY KEY, job_name TEXT, x INTEGER, y INTEGER)"
LOOSE = "CREATE TABLE experiment_graph_draw (job_name, x, y)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001")
    return root


def file(root: Path) -> Path:
    return root / "metadata" / "graph" / "graph_data_a001.db"


def layout(root: Path, *rows: tuple[object, object, object], table: str = TABLE) -> Path:
    columns = ("job_name", "x", "y")
    path = database(file(root), table)
    insert(path, "experiment_graph_draw", *(dict(zip(columns, row, strict=True)) for row in rows))
    return path


def test_positions_by_job(root: Path) -> None:
    layout(root, ("a", 10, -20), ("é", 1.5, 0), ("b", 3.0, 2**40))
    before = digest(root)
    found = source(root).layout(ROW)
    assert repr(found) == repr({"a": (10, -20), "é": (1.5, 0), "b": (3, 2**40)}), "whole numbers are integers"
    assert digest(root) == before


def test_the_last_position_counts(root: Path) -> None:
    layout(root, ("a", 1, 1), ("b", 2, 2), ("a", 3, 3))
    assert source(root).layout(ROW) == {"a": (3, 3), "b": (2, 2)}


def test_odd_rows_are_left_out(root: Path) -> None:
    odd = [(None, 1, 1), (b"x", 1, 1), (5, 1, 1), ("a", None, 1), ("b", 1, "here"), ("c", b"1", 1)]
    layout(root, *odd, ("d", float("inf"), 1), ("e", "7", 2.0), ("f", 1, 2), table=LOOSE)
    assert repr(source(root).layout(ROW)) == repr({"e": (7, 2), "f": (1, 2)})


def test_nothing_is_stored(root: Path) -> None:
    reading = source(root)
    assert reading.layout(ROW) == {}
    file(root).parent.mkdir(parents=True)
    file(root).touch()
    assert reading.layout(ROW) == {}
    database(file(root), "CREATE TABLE other (x)")
    assert reading.layout(ROW) == {}
    layout(root)
    assert reading.layout(ROW) == {}


@pytest.mark.parametrize("column", ["job_name", "x", "y"])
def test_damage_is_said(root: Path, column: str) -> None:
    database(layout(root, ("a", 1, 1)), f"ALTER TABLE experiment_graph_draw RENAME COLUMN {column} TO lost")
    with pytest.raises(Problem) as caught:
        source(root).layout(ROW)
    assert (caught.value.status, caught.value.message) == (503, "Error while reading the layout of the graph")
    file(root).write_bytes(b"no database" * 500)
    with pytest.raises(Problem, match="Error while reading the layout of the graph"):
        source(root).layout(ROW)


def test_the_fingerprint_follows_the_file(root: Path) -> None:
    reading = source(root)

    def taken() -> list[str]:
        one = reading.fingerprint(ROW, Part.LAYOUT)
        return [one.digest(), reading.fingerprint_list([ROW], Part.LAYOUT).digest()]

    seen = [taken()]
    layout(root, ("a", 1, 1))
    seen.append(taken())
    settle(root)
    database(file(root), "UPDATE experiment_graph_draw SET x = 2")
    seen.append(taken())
    for digests in zip(*seen, strict=True):
        assert len(set(digests)) == 3


def test_the_layout_of_a_reference_experiment(reference: Path) -> None:
    reading = source(reference)
    row = reading.find("a003")
    names = {name for name, _ in reading.states(row) or ()}
    found = reading.layout(row)
    assert set(found) == names
    assert all(type(number) is int for position in found.values() for number in position)
