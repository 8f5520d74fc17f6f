"""In what condition the parts of an experiment are: whole, missing, damaged, forbidden, locked, mended."""

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import (
    ATTEMPTS_TABLE,
    RUNS_TABLE,
    attributes,
    database,
    experiment,
    history,
    insert,
    job_graph,
    job_pickle,
    jobs_database,
    run_python,
    settle,
    source,
    tree,
    tuples,
    writing,
)

from mestral.readers.fingerprint import SETTLE_NS
from mestral_experiments.model import Condition, PartName, PartState

NAME = "a001"
OK, MISSING, DAMAGED = PartState.OK, PartState.MISSING, PartState.DAMAGED
EDGES = "CREATE TABLE experiment_structure (e_from TEXT, e_to TEXT)"
PACKAGES = "CREATE TABLE job_package (exp_id, package_name, job_name)"
DRAWN = "CREATE TABLE experiment_graph_draw (id INTEGER PRIMARY KEY, job_name TEXT, x INTEGER, y INTEGER)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree whose one experiment has every part."""
    root = tmp_path / "root"
    tree(root, NAME)
    fill(root)
    settle(root)
    return root


def fill(root: Path) -> None:
    job_pickle(root, NAME, tuples(*(f"{NAME}_{n}_SIM" for n in range(500))))
    long = [{"e_from": f"{NAME}_{n}_SIM" * 5, "e_to": f"{NAME}_{n + 1}_SIM" * 5} for n in range(2000)]
    insert(database(root / f"metadata/structures/structure_{NAME}.db", EDGES), "experiment_structure", *long)
    history(root, NAME)
    database(root / f"metadata/data/job_data_{NAME}.db", ATTEMPTS_TABLE, "PRAGMA user_version = 18")
    database(root / NAME / f"pkl/job_packages_{NAME}.db", PACKAGES)
    database(root / f"metadata/graph/graph_data_{NAME}.db", DRAWN)
    for folder in ("conf", "tmp/ASLOGS", f"tmp/LOG_{NAME}"):
        (root / NAME / folder).mkdir(parents=True)
    (root / NAME / "conf/minimal.yml").write_text("A: 1")
    (root / NAME / "tmp/ASLOGS/run.log").write_bytes(b"12345")


def look(root: Path, **others: str) -> dict[PartName, Condition]:
    found = source(root).conditions(experiment(NAME, **others))
    assert [condition.part for condition in found] == list(PartName)
    return {condition.part: condition for condition in found}


def states(root: Path) -> dict[str, str]:
    return {part.value: condition.state.value for part, condition in look(root).items()}


def test_what_is_whole_is_told_with_its_format_and_size(root: Path) -> None:
    found = look(root)
    assert {condition.state for condition in found.values()} == {OK}
    assert {condition.reason for condition in found.values()} == {None}
    assert {part.value: condition.format for part, condition in found.items()} == {
        "job_list": "pickle: tuples",
        "structure": "SQLite: table experiment_structure",
        "history": "SQLite: tables experiment_run, job_data of version 18",
        "configuration": "YAML files (Autosubmit 4)",
        "logs": f"folders tmp, ASLOGS, LOG_{NAME}",
        "wrappers": "SQLite: table job_package",
        "layout": "SQLite: table experiment_graph_draw",
    }
    pickle = root / NAME / f"pkl/job_list_{NAME}.pkl"
    assert found[PartName.JOB_LIST].size == pickle.stat().st_size
    assert found[PartName.LOGS].size == 5
    assert found[PartName.CONFIGURATION].size == 4
    modified = found[PartName.JOB_LIST].modified
    assert modified is not None
    assert modified.timestamp() == 1_700_000_000


def test_an_archived_experiment_misses_everything(tmp_path: Path) -> None:
    tree(tmp_path / "root", NAME)
    found = look(tmp_path / "root")
    assert {condition.state for condition in found.values()} == {MISSING}
    assert len({condition.reason for condition in found.values()}) == 7
    for condition in found.values():
        assert (condition.format, condition.size, condition.modified) == (None, None, None)


def test_the_database_of_4_2_answers_for_three_parts(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tree(root, NAME, version="4.2.0")
    path = jobs_database(root, NAME, {"name": f"{NAME}_SIM", "status": "WAITING"})
    wide = "CREATE TABLE experiment_structure (e_from TEXT, e_to TEXT, min_trigger_status TEXT)"
    database(path, wide, "CREATE TABLE wrappers_jobs (package_name TEXT, job_name TEXT)")
    found = look(root, version="4.2.0")
    assert [found[part].format for part in (PartName.JOB_LIST, PartName.STRUCTURE, PartName.WRAPPERS)] == [
        "SQLite: table jobs",
        "SQLite: table experiment_structure with conditions",
        "SQLite: table wrappers_jobs",
    ]


def test_the_edges_of_a_graph_are_a_structure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    tree(root, NAME)
    jobs = {"A": attributes(), "B": attributes()}
    edges: dict[object, object] = {"A": {"B": {}}}
    job_pickle(root, NAME, job_graph(monkeypatch, jobs, edges))
    found = look(root)
    assert found[PartName.JOB_LIST].format == "pickle: graph"
    assert found[PartName.STRUCTURE].format == "graph in the job list"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"x" * 4096
    path.write_bytes(content)


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no data" * 100)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


FILES = {
    "job_list": f"{NAME}/pkl/job_list_{NAME}.pkl",
    "structure": f"metadata/structures/structure_{NAME}.db",
    "history": f"metadata/data/job_data_{NAME}.db",
    "configuration": f"{NAME}/conf/minimal.yml",
    "wrappers": f"{NAME}/pkl/job_packages_{NAME}.db",
    "layout": f"metadata/graph/graph_data_{NAME}.db",
}
DAMAGES: list[tuple[str, Callable[[Path], object]]] = [
    *((part, overwrite) for part in FILES),
    *((part, folder_instead) for part in FILES if part != "configuration"),
    *((part, link_to_nowhere) for part in FILES if part != "configuration"),
    ("job_list", cut),
    ("job_list", lambda path: path.write_bytes(b"")),
    ("structure", cut),
    ("structure", scribble),
    ("configuration", lambda path: path.write_text("A: [")),
    ("history", lambda path: reshape(path, RUNS_TABLE.replace("run_id", "number"))),
    ("structure", lambda path: reshape(path, "CREATE TABLE experiment_structure (e_from TEXT)")),
    ("wrappers", lambda path: reshape(path, "CREATE TABLE job_package (job_name TEXT)")),
    ("layout", lambda path: reshape(path, "CREATE TABLE experiment_graph_draw (job_name TEXT)")),
]


def reshape(path: Path, table: str) -> None:
    path.unlink()
    database(path, table)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One tree per entry of `DAMAGES`; none of them was written just now."""
    roots = []
    for part, damage in DAMAGES:
        root = tmp_path_factory.mktemp("damaged") / "root"
        tree(root, NAME)
        fill(root)
        settle(root)
        damage(root / FILES[part])
        roots.append(root)
    time.sleep(SETTLE_NS / 1e9)
    return roots


@pytest.mark.parametrize("number", range(len(DAMAGES)), ids=[part for part, _ in DAMAGES])
def test_damage_is_found_told_once_and_harms_no_other_part(
    damaged: list[Path], number: int, caplog: pytest.LogCaptureFixture
) -> None:
    root, (part, _) = damaged[number], DAMAGES[number]
    reading = source(root)
    with caplog.at_level(logging.WARNING):
        found = {c.part.value: c for c in reading.conditions(experiment(NAME))}
        assert reading.conditions(experiment(NAME)) == list(found.values())
    assert {name for name, condition in found.items() if condition.state is not OK} == {part}
    condition = found[part]
    assert condition.state is DAMAGED
    assert condition.reason is not None
    assert condition.reason.endswith("it is damaged, incomplete or of an unknown form.")
    assert str(root) not in condition.reason
    assert "form: " in caplog.text
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1
    assert str(root) in caplog.text or "conf/" in caplog.text


def test_what_was_written_just_now_may_be_unfinished(root: Path) -> None:
    cut(root / FILES["job_list"])
    condition = look(root)[PartName.JOB_LIST]
    assert condition.state is PartState.BUSY
    assert condition.reason == "The job list is locked or being written now; it may be readable later."


def test_a_locked_database_is_busy_and_then_not(root: Path) -> None:
    with writing(root / FILES["structure"]) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert states(root)["structure"] == "busy"
        other.execute("ROLLBACK")
        assert states(root)["structure"] == "ok"


def test_what_is_mended_is_seen(root: Path) -> None:
    reading = source(root)
    path = root / FILES["job_list"]
    whole = path.read_bytes()
    overwrite(path)
    time.sleep(SETTLE_NS / 1e9)  # or it may be unfinished
    assert reading.conditions(experiment(NAME))[0].state is DAMAGED
    path.write_bytes(whole)
    assert reading.conditions(experiment(NAME))[0].state is OK


def test_logs_that_are_no_folder_and_many_logs(root: Path) -> None:
    for number in range(1001):
        (root / NAME / "tmp/ASLOGS" / f"{number}.log").touch()
    condition = look(root)[PartName.LOGS]
    assert (condition.state, condition.size) == (OK, None)
    assert condition.modified is not None
    shutil.rmtree(root / NAME / "tmp")
    (root / NAME / "tmp").write_text("")
    assert states(root)["logs"] == "damaged"
    (root / NAME / "tmp").unlink()
    (root / NAME / "tmp").symlink_to(root.parent)
    assert states(root)["logs"] == "damaged"


AS_NOBODY = """
import sys
from pathlib import Path
from tests.experiments.sources.making import become_nobody, experiment, source
import mestral_experiments.sources.configuration
"".encode("utf-8-sig")
become_nobody()
print(*(c.state.value for c in source(Path(sys.argv[1])).conditions(experiment("a001"))))
"""


def test_what_may_not_be_read_is_told_from_damage(public_path: Path) -> None:
    root = public_path / "root"
    tree(root, NAME)
    fill(root)
    (public_path / "root-state").mkdir(mode=0o777)
    for file in FILES.values():
        (root / file).chmod(0)
    (root / NAME / "tmp").chmod(0)
    time.sleep(SETTLE_NS / 1e9)
    assert run_python(AS_NOBODY, root) == " ".join(["unreadable"] * 7)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    time.sleep(SETTLE_NS / 1e9)
    assert run_python(AS_NOBODY, root) == " ".join(["ok"] * 7)


def test_looking_writes_nothing(root: Path) -> None:
    with sqlite3.connect(root / FILES["history"]) as connection:
        connection.execute("PRAGMA journal_mode = wal")
    connection.close()
    before = sorted(os.walk(root))
    assert set(states(root).values()) == {"ok"}
    assert sorted(os.walk(root)) == before
