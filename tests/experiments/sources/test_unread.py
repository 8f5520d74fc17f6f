"""Attributes that nobody reads are left out of large pickles, and nothing that is read changes by it."""

import pickle
from datetime import datetime
from pathlib import Path, PosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.sources.making import attributes, job_graph

from mestral_experiments.model import Job, JobStatus
from mestral_experiments.sources.pickles import read_jobs
from mestral_experiments.sources.protocol import JobQuery
from mestral_experiments.sources.unread import lean

UNREAD = ("_queue", "check", "edge_info", "het", "hold", "level", "type", "x" * 255, "zwölf")
NAMES = ("hold", "level", "priority", "_member", "x", "")
WANTED = ("id", "priority", "_section", "_member", "_chunk")


def fresh(text: str) -> str:
    """An equal text that is another object, as texts that a program has read are."""
    return "".join(text[:1]) + text[1:]


VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(NAMES).map(fresh) | st.just(PosixPath("/a/b")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from(NAMES).map(fresh), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys((*UNREAD, *WANTED), VALUES)), min_size=2, max_size=4))
def test_what_is_wanted_stays_and_the_rest_has_no_name(jobs: list[dict[str, Any]]) -> None:
    content = pickle.dumps({f"job {number}": job for number, job in enumerate(jobs)}, 5)
    made = lean(content, WANTED)
    assert len(made) == len(content)
    for job, found in zip(jobs, pickle.loads(made).values(), strict=True):
        assert {name: found.pop(name) for name in WANTED} == {name: job[name] for name in WANTED}
        assert set(found) == {"", "zwölf"}


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_any_beginning_is_taken(noise: bytes, end: int) -> None:
    content = pickle.dumps({"a": attributes(hold=1), "b": attributes(hold=2)}, 5)[:end] + noise
    assert len(lean(content, WANTED)) == len(content)


def large(**changed: Any) -> dict[str, dict[str, Any]]:
    """Jobs of more than a megabyte, whose texts read like names of attributes."""
    jobs = {}
    for number in range(1500):
        more = {f"unread_{index}": index for index in range(90)}
        texts = {"_section": fresh("hold"), "_member": fresh("unread_7"), "_local_logs": (fresh("type"), "e")}
        other = {"_filler": "f" * 600 + str(number), "hold": [], "type": PosixPath("/a/b")}
        jobs[f"job {number:04}"] = attributes(**more, **other, **texts, id=number, **changed)
    return jobs


@pytest.mark.parametrize("shape", ["dictionaries", "graph"])
def test_a_large_list_is_read_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    if shape == "graph":
        content = job_graph(monkeypatch, large(status=5))
        monkeypatch.undo()
    else:
        content = pickle.dumps(large(), 5)
    assert len(content) > 1 << 20
    path = tmp_path / "list.pkl"
    path.write_bytes(content)
    jobs = read_jobs(str(path)).select(JobQuery()).jobs
    assert list(jobs) == [
        Job(
            f"job {number:04}", number, JobStatus.COMPLETED, 3, "hold", datetime(2020, 1, 2), "unread_7", 1,
            None, None, "type", "e", "", "",
        )
        for number in range(1500)
    ]  # fmt: skip
