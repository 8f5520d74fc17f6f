"""Real experiments of every generation: what is read equals what is known of them."""

import runpy
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.sources.conftest import SHARED
from tests.experiments.sources.making import digest, source

from mestral_experiments.model import Footprint, Job
from mestral_experiments.sources.protocol import JobQuery, Part

REFERENCE = {
    "a003": {"READY": 1, "WAITING": 7},
    "a007": {"COMPLETED": 8},
    "a1ve": {"COMPLETED": 8},
    "a1vj": {"READY": 1, "WAITING": 7},
    "a1vx": {"COMPLETED": 8},
    "a3tb": {"COMPLETED": 24, "WAITING": 24, "QUEUING": 4, "RUNNING": 1, "SUSPENDED": 2},
    "a6zj": {"READY": 1, "WAITING": 9},
    "a8qc": {"COMPLETED": 79},
    "aa6f": {"COMPLETED": 10},
}
REAL = {
    "a000": {"COMPLETED": 43, "FAILED": 2, "WAITING": 2},
    "a001": {"COMPLETED": 10},
    "a002": {"READY": 2, "WAITING": 10},
    "a003": {"COMPLETED": 43, "FAILED": 2, "WAITING": 2},
    "a004": {"COMPLETED": 10},
    "a005": {"READY": 2, "WAITING": 10},
}
RUNS = {  # newest run id, and its total
    "a003": (3, 8), "a007": (52, 8), "a1ve": (1, 8), "a1vj": (1, 8), "a1vx": (1, 8), "a3tb": (51, 55),
    "a6zj": (1, 10), "a8qc": (10, 79), "aa6f": (2, 10),
}  # fmt: skip


def by_state(root: Path, expid: str) -> dict[str, int]:
    reading = source(root)
    states = reading.states(reading.find(expid))
    assert states is not None
    return dict(Counter(status.name for _, status in states))


@pytest.mark.parametrize("expid", REFERENCE)
def test_states_of_the_reference_experiments(reference: Path, expid: str) -> None:
    assert by_state(reference, expid) == REFERENCE[expid]


@pytest.mark.parametrize("expid", REAL)
def test_states_of_the_generated_experiments(real: Path, expid: str) -> None:
    assert by_state(real, expid) == REAL[expid]


@pytest.mark.parametrize("expid", RUNS)
def test_newest_run(reference: Path, expid: str) -> None:
    reading = source(reference)
    run = reading.latest_run(reading.find(expid))
    assert run is not None
    assert (run.run_id, run.total) == RUNS[expid]


def independent(path: Path) -> list[dict[str, Any]]:
    """The same pickle by the sample reader that comes with the data."""
    _, rows, _ = runpy.run_path(str(SHARED / "read_pickles.py"))["read"](path)
    return list(rows)


def same(job: Job, row: dict[str, Any]) -> None:
    fields = (
        "name", "section", "priority", "date", "member", "chunk", "split", "splits", "out_local", "err_local",
        "out_remote", "err_remote",
    )  # fmt: skip
    assert {field: getattr(job, field) for field in fields} == {field: row[field] for field in fields}
    assert (job.id, job.status.value) == (int(row["id"]), row["status"])


@pytest.mark.parametrize("expid", REFERENCE)
def test_every_field_equals_an_independent_reader(reference: Path, expid: str) -> None:
    rows = independent(reference / expid / "pkl" / f"job_list_{expid}.pkl")
    reading = source(reference)
    found = {job.name: job for job in reading.jobs(reading.find(expid), JobQuery()).jobs}
    assert len(found) == len(rows) == sum(REFERENCE[expid].values())
    for row in rows:
        same(found[row["name"]], row)


@pytest.mark.parametrize("expid", ["a000", "a001", "a002"])
def test_every_field_of_generated_pickles(real: Path, expid: str) -> None:
    rows = independent(real / expid / "pkl" / f"job_list_{expid}.pkl")
    reading = source(real)
    found = {job.name: job for job in reading.jobs(reading.find(expid), JobQuery()).jobs}
    for row in rows:
        same(found[row["name"]], row)


def test_split_jobs_of_a_graph_have_their_numbers(reference: Path) -> None:
    reading = source(reference)
    jobs = reading.jobs(reading.find("a1ve"), JobQuery()).jobs
    assert Counter((job.split, job.splits) for job in jobs) == {
        (None, None): 2, (1, 3): 2, (2, 3): 2, (3, 3): 2,
    }  # fmt: skip


def test_the_same_workflow_in_a_pickle_and_in_a_database(real: Path) -> None:
    """a000 and a003 are one workflow, run by 4.1.17 and 4.2.0."""
    reading = source(real)

    def shape(expid: str) -> list[tuple[object, ...]]:
        jobs = reading.jobs(reading.find(expid), JobQuery()).jobs
        return [
            (job.name[4:], job.status, job.section, job.date, job.member, job.chunk, job.split, job.splits)
            for job in jobs
        ]

    assert shape("a000") == shape("a003")
    assert reading.modified(reading.find("a003")) == datetime(2026, 11, 23, 19, 49, 8, tzinfo=UTC)


def test_catalog_of_the_reference(reference: Path) -> None:
    catalog = source(reference).catalog()
    assert [row.id for row in catalog.experiments] == [1, 2, 3, 4, 5, 102, 107, 108, 109]
    known = {experiment.name: experiment for experiment in catalog.experiments}
    assert set(known) == set(REFERENCE)
    assert known["a3tb"].hpc == "marenostrum4"
    assert [row.has_details for row in catalog.experiments] == [True] * 5 + [False] * 4
    assert {row.status for row in catalog.experiments[:5]} == {"NOT RUNNING"}


def read_everything(root: Path) -> None:
    reading = source(root)
    experiments = reading.catalog().experiments
    assert reading.fingerprint_list(experiments, *Part).content
    for experiment in experiments:
        reading.fingerprint(experiment, *Part)
        reading.jobs(experiment, JobQuery())
        reading.jobs(experiment, JobQuery(name="sim", limit=3))
        reading.states(experiment)
        reading.modified(experiment)
        reading.latest_run(experiment)
        reading.configuration(experiment)


@pytest.mark.parametrize("which", ["reference", "real"])
def test_reading_everything_changes_nothing(request: pytest.FixtureRequest, which: str) -> None:
    root: Path = request.getfixturevalue(which)
    before = digest(root)
    read_everything(root)
    assert digest(root) == before


ELEMENTS = {"a003": 16, "a007": 8, "a3tb": 768, "a8qc": 288, "aa6f": 1, "a1vx": 1}  # contract/METRICS.md 4


@pytest.mark.parametrize("expid", ELEMENTS)
def test_processing_elements_of_the_reference_experiments(reference: Path, expid: str) -> None:
    reading = source(reference)
    settings, _ = reading.settings(reading.find(expid))
    assert settings is not None
    assert settings.resources_of("SIM").elements == ELEMENTS[expid]


def test_settings_of_the_reference_experiments(reference: Path) -> None:
    """contract/API_V3.md 1.6 and METRICS.md 5."""
    reading = source(reference)
    found = {name: reading.settings(reading.find(name))[0] for name in ("a003", "a3tb", "a6zj", "a8qc")}
    a003, a3tb, a6zj, a8qc = (settings for settings in found.values() if settings is not None)
    assert a6zj.resources_of("REMOTE_SETUP").queue == "debug"
    assert [a8qc.resources_of(name).queue for name in ("PREPROCFIX", "SIM")] == ["gp_resa", "gp_resa"]
    assert a8qc.platforms[a8qc.resources_of("SIM").platform] == Footprint(cf=357000.0, pue=1.08)
    assert a003.platforms["MN4"] == Footprint(cf=357000.0, pue=1.35)
    assert (a3tb.resources_of("SIM").platform, a3tb.sections["SIM"].platform) == ("marenostrum4", "")
    assert (a3tb.hpc, a3tb.branch, a3tb.update_seconds, a3tb.version) == (
        "marenostrum4",
        "trunk",
        10,
        "3.13.0",
    )
    assert a3tb.platforms == {}


def test_settings_are_kept_with_their_configuration(reference: Path) -> None:
    reading = source(reference)
    row = reading.find("a8qc")
    deadline = time.monotonic() + 5
    while not reading.configuration(row)[1].settled:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert reading.settings(row)[0] is reading.settings(row)[0]
