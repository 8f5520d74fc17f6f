"""Pickled job lists: the three shapes with their traps, and files that are no job list."""

import pickle
import sys
from datetime import datetime
from pathlib import Path, PosixPath

import pytest
import ruamel.yaml
from tests.experiments.sources.making import attributes, job_graph, tuples

from mestral_experiments.demo import unpack
from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.pickles import read_jobs
from mestral_experiments.sources.protocol import JobQuery


def read(tmp_path: Path, content: bytes) -> list[Job]:
    path = tmp_path / "list.pkl"
    path.write_bytes(content)
    return list(read_jobs(str(path)).select(JobQuery()).jobs)


def test_tuples_with_and_without_wrapper(tmp_path: Path) -> None:
    row = ("a000_SIM", "12", 4, 2, "SIM", datetime(2020, 1, 2), "fc0", 3, "o", "e", "ro", "re")
    for protocol in range(5):
        for rows in ([row], [(*row, "none")]):
            (job,) = read(tmp_path, pickle.dumps(rows, protocol))
            assert job == Job(
                "a000_SIM", 12, JobStatus.RUNNING, 2, "SIM", datetime(2020, 1, 2), "fc0", 3, None, None,
                "o", "e", "ro", "re",
            )  # fmt: skip


def test_python_2_text_is_latin1(tmp_path: Path) -> None:
    (job,) = read(tmp_path, b"(lp0\n(S'a\\xe9\xe9'\nI0\nI0\nI0\nS'SIM'\nNNNS''\nS''\nS''\nS''\ntp1\na.")
    assert job.name == "aéé"


def test_dictionaries(tmp_path: Path) -> None:
    listing = {
        "plain": attributes(_tmp_path=PosixPath("/x/tmp")),
        "split": attributes(_split=1, _splits=4, _local_logs=None, _remote_logs=("r.out", "r.err")),
        "waiting": attributes(_status=0, _chunk=0, _member="", id="15"),
        "bare": {},
    }
    bare, plain, split, waiting = read(tmp_path, pickle.dumps(listing, 5))
    assert plain == Job(
        "plain",
        7,
        JobStatus.COMPLETED,
        3,
        "SIM",
        datetime(2020, 1, 2),
        "fc0",
        1,
        None,
        None,
        "a.out",
        "a.err",
        "",
        "",
    )
    assert (split.split, split.splits, split.out_local, split.out_remote) == (1, 4, None, "r.out")
    assert (waiting.status, waiting.chunk, waiting.member, waiting.id) == (JobStatus.WAITING, 0, "", 15)
    assert (bare.status, bare.priority, bare.section, bare.date) == (JobStatus.UNKNOWN, 0, "", None)


def test_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = attributes(_split=2, _splits=3)
    state["status"] = state.pop("_status")
    content = job_graph(monkeypatch, {"one": state, "two": {"status": -1}})
    monkeypatch.undo()
    one, two = read(tmp_path, content)
    assert (one.name, one.status, one.split, one.splits) == ("one", JobStatus.COMPLETED, 2, 3)
    assert (two.name, two.status, two.out_local) == ("two", JobStatus.FAILED, None)
    assert "networkx" not in sys.modules


def test_an_empty_list_has_no_jobs(tmp_path: Path) -> None:
    assert read(tmp_path, pickle.dumps([])) == read(tmp_path, pickle.dumps({})) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        tuples("a", "b")[:-20],
        pickle.dumps({"a": attributes()}, 5)[:-1],
        pickle.dumps("text"),
        pickle.dumps(5),
        pickle.dumps([("a", 1)]),
        pickle.dumps(["a"]),
        pickle.dumps({"a": "b"}),
        pickle.dumps(None),
        bytes(1000),
    ],
)
def test_what_is_no_job_list(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Damaged):
        read(tmp_path, content)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        read_jobs(str(tmp_path / "none.pkl"))
    with pytest.raises(Damaged):
        read_jobs(str(tmp_path))


def test_values_that_ruamel_yaml_marked_are_plain(tmp_path: Path) -> None:
    """Autosubmit keeps what its YAML reader made of scripts, quoted texts and numbers."""
    marked = ruamel.yaml.YAML(typ="rt")
    marked.preserve_quotes = True
    data = marked.load("{member: 'fc0', script: \"echo\", tasks: 1.50, threads: 0x1f, extra: [{a: 1}]}")
    data["literal"] = ruamel.yaml.scalarstring.LiteralScalarString("sleep 1\n")
    state = attributes(_member=data["member"], _script=data["literal"], _tasks=data["tasks"], _extra=data)
    (job,) = read(tmp_path, pickle.dumps({"a000_SIM": state}, 5))
    assert (job.name, job.member, job.chunk, job.section) == ("a000_SIM", "fc0", 1, "SIM")


def test_the_samples_of_the_demo_are_read(tmp_path: Path) -> None:
    unpack(tmp_path)
    lists = sorted(tmp_path.rglob("job_list_*.pkl"))
    assert [len(read_jobs(str(path)).names) for path in lists] == [15, 104, 30, 22, 102]
