"""Parents and children of jobs: databases of every generation, graphs, and what is wrong with them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.sources.making import (
    attributes,
    database,
    digest,
    experiment,
    job_graph,
    job_pickle,
    jobs_database,
    source,
    tree,
    tuples,
    writing,
)

from mestral import Problem
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import Part

OLD, NEW = experiment("a001"), experiment("a002", "4.2.0")
SENTENCE = "Error while reading the experiment structure"
OLD_TABLE = (
    "CREATE TABLE experiment_structure (e_from TEXT NOT NULL, e_to TEXT NOT NULL, UNIQUE(e_from, e_to))"
)
NEW_TABLE = """CREATE TABLE experiment_structure (e_from VARCHAR NOT NULL, e_to VARCHAR NOT NULL,
 min_trigger_status VARCHAR, completion_status VARCHAR, from_step INTEGER, fail_ok BOOLEAN,
 PRIMARY KEY (e_from, e_to))"""
EDGES = [("Z", "end"), ("a", "end"), ("B", "end"), ("a", "b"), ("a", "B"), ("a", "É"), ("alone", "alone")]


def old_file(root: Path) -> Path:
    return root / "metadata" / "structures" / "structure_a001.db"


def new_file(root: Path) -> Path:
    return root / "a002" / "db" / "job_list.db"


def structure(path: Path, table: str, edges: list[tuple[str, str]] = EDGES) -> Path:
    rows = [f"INSERT INTO experiment_structure (e_from, e_to) VALUES ('{a}', '{b}')" for a, b in edges]
    return database(path, table, *rows)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001", "a002")
    return root


@pytest.mark.parametrize(("row", "file", "table"), [(OLD, old_file, OLD_TABLE), (NEW, new_file, NEW_TABLE)])
def test_parents_in_row_order_and_children_by_name(
    root: Path, row: Experiment, file: Any, table: str
) -> None:
    structure(file(root), table)
    before = digest(root)
    reading = source(root)
    assert reading.parents(row, "end") == ["Z", "a", "B"]
    assert reading.children(row, "a") == ["B", "b", "end", "É"]
    assert reading.parents(row, "alone") == reading.children(row, "alone") == []
    assert reading.parents(row, "nobody' OR '1'='1") == reading.children(row, "nobody") == []
    assert sorted(reading.edges(row)) == sorted(EDGES[:-1]), "all but that of a job to itself"
    assert digest(root) == before


def test_a_child_that_no_index_serves_is_found(root: Path) -> None:
    structure(old_file(root), "CREATE TABLE experiment_structure (e_from, e_to)")
    reading = source(root)
    assert reading.parents(OLD, "end") == ["Z", "a", "B"]
    assert reading.children(OLD, "a") == ["B", "b", "end", "É"]


def test_names_that_are_no_texts_are_left_out(root: Path) -> None:
    path = structure(old_file(root), "CREATE TABLE experiment_structure (e_from, e_to)")
    database(path, "INSERT INTO experiment_structure VALUES (5, 'end'), (NULL, 'end'), ('a', X'FF')")
    reading = source(root)
    assert reading.parents(OLD, "end") == ["Z", "a", "B"]
    assert reading.children(OLD, "a") == ["B", "b", "end", "É"]
    assert sorted(reading.edges(OLD)) == sorted(EDGES[:-1])


def graph(monkeypatch: pytest.MonkeyPatch, edges: dict[object, object]) -> bytes:
    states = {name: attributes(status=5) for name in ("Z", "a", "end")}
    return job_graph(monkeypatch, states, edges)


def test_without_a_structure_file_the_graph_has_the_edges(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_pickle(root, "a001", graph(monkeypatch, {"Z": {"end": {}}, "a": {"end": {}, "Z": {}, "a": {}}}))
    reading = source(root)
    assert reading.parents(OLD, "end") == ["Z", "a"]
    assert reading.children(OLD, "a") == ["Z", "end"]
    assert sorted(reading.edges(OLD)) == [("Z", "end"), ("a", "Z"), ("a", "end")]
    structure(old_file(root), OLD_TABLE, [])
    assert reading.parents(OLD, "end") == []
    assert reading.edges(OLD) == []


def test_odd_edges_of_a_graph_harm_no_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job_pickle(root, "a001", graph(monkeypatch, {"Z": {"end": {}, 5: {}}, "a": None, 7: {"end": {}}}))
    assert source(root).parents(OLD, "end") == ["Z"]
    assert source(root).edges(OLD) == [("Z", "end")]


def test_the_other_generation_is_used_where_it_alone_exists(root: Path) -> None:
    structure(old_file(root), OLD_TABLE)
    assert source(root).parents(experiment("a001", "4.2.0"), "end") == ["Z", "a", "B"]
    structure(new_file(root), NEW_TABLE)
    assert source(root).parents(experiment("a002", "4.x"), "end") == ["Z", "a", "B"]


@pytest.mark.parametrize("row", [OLD, NEW])
def test_nothing_is_empty(root: Path, row: Experiment) -> None:
    reading = source(root)
    assert list(reading.parents(row, "a")) == list(reading.children(row, "a")) == []
    assert list(reading.edges(row)) == []
    old_file(root).parent.mkdir(parents=True)
    old_file(root).touch()
    jobs_database(root, "a002", {"name": "a", "status": "WAITING"})
    job_pickle(root, "a001", tuples("a"))
    assert list(reading.parents(row, "a")) == list(reading.children(row, "a")) == []
    assert list(reading.edges(row)) == []


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def half_a_table(path: Path) -> None:
    path.unlink()
    database(path, "CREATE TABLE experiment_structure (e_from TEXT)")


def outside(path: Path) -> None:
    path.rename(path.parents[3] / "elsewhere.db")
    path.symlink_to(path.parents[3] / "elsewhere.db")


@pytest.mark.parametrize("harm", [garbage, truncated, half_a_table, outside])
@pytest.mark.parametrize(("row", "file", "table"), [(OLD, old_file, OLD_TABLE), (NEW, new_file, NEW_TABLE)])
def test_damage_is_said(root: Path, row: Experiment, file: Any, table: str, harm: Any) -> None:
    edges = [(f"job {number}", "end") for number in range(1000)]
    harm(structure(file(root), table, edges))
    other, other_file, other_table = (NEW, new_file, NEW_TABLE) if row is OLD else (OLD, old_file, OLD_TABLE)
    structure(other_file(root), other_table)
    reading = source(root)
    for ask in (reading.parents, reading.children, lambda row, _: reading.edges(row)):
        with pytest.raises(Problem) as caught:
            ask(row, "end")
        assert (caught.value.status, caught.value.message) == (503, SENTENCE)
    assert reading.parents(other, "end") == ["Z", "a", "B"]
    file(root).unlink()
    structure(file(root), table)
    assert reading.parents(row, "end") == ["Z", "a", "B"]


def test_a_lock_passes(root: Path) -> None:
    path = structure(old_file(root), OLD_TABLE)
    reading = source(root, busy_seconds=0.05)
    with writing(path) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Problem, match=SENTENCE) as caught:
            reading.parents(OLD, "end")
        assert "Retry-After" in caught.value.headers
        holder.execute("ROLLBACK")
        assert reading.parents(OLD, "end") == ["Z", "a", "B"]


def test_the_fingerprint_follows_every_file_that_may_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = source(root)

    def taken() -> str:
        return reading.fingerprint(OLD, Part.STRUCTURE).digest()

    seen = {taken()}
    job_pickle(root, "a001", graph(monkeypatch, {}))
    seen.add(taken())
    structure(old_file(root), OLD_TABLE)
    seen.add(taken())
    shutil.copytree(structure(new_file(root), NEW_TABLE).parent, root / "a001" / "db")
    seen.add(taken())
    assert len(seen) == 4


def test_the_graphs_of_the_reference_hold_what_their_structure_files_do(reference: Path) -> None:
    reading = source(reference)
    row = experiment("a8qc", "4.1.11")
    names = [name for name, _ in reading.states(row) or ()]
    stored = [(sorted(reading.parents(row, name)), reading.children(row, name)) for name in names]
    stored_edges = sorted(reading.edges(row))
    file = reference / "metadata" / "structures" / "structure_a8qc.db"
    kept = file.rename(file.with_suffix(".kept"))
    drawn = [(sorted(reading.parents(row, name)), reading.children(row, name)) for name in names]
    drawn_edges = sorted(reading.edges(row))
    kept.rename(file)
    assert stored == drawn
    assert stored_edges == drawn_edges
    assert (
        sorted((parent, name) for name, (parents, _) in zip(names, drawn, strict=True) for parent in parents)
        == drawn_edges
    )
    assert sum(len(children) for _, children in stored) == 116
