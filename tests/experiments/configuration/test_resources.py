"""What the jobs of a section get, footprints of platforms: contract/API_V3.md 1.6, METRICS.md 4.2 and 5.7."""

from typing import Any

import pytest

from mestral_experiments.model import Configuration, Footprint, Resources, Settings
from mestral_experiments.sources.configuration import settings_of

PLATFORM = {"QUEUE": "many", "SERIAL_QUEUE": "single", "MAX_WALLCLOCK": "48:00"}


def as4(**sections: Any) -> Settings:
    return settings_of(Configuration({"DEFAULT": {"HPCARCH": "MN5"}, **sections}, as3=False))


def of_job(job: Any, platform: Any = PLATFORM, wrappers: Any = None) -> Resources:
    """Of the jobs of section SIM, on the main platform."""
    found = as4(JOBS={"SIM": job}, PLATFORMS={"MN5": platform}, WRAPPERS=wrappers)
    assert set(found.resources) == {"SIM"}
    return found.resources_of("sim")


def as3(job: dict[str, str], platforms: dict[str, Any] | None = None, **wrapper: str) -> Settings:
    data = {
        "conf": {"wrapper": wrapper}, "exp": {"experiment": {"HPCARCH": "mn4"}}, "jobs": {"SIM": job},
        "platforms": {"mn4": PLATFORM} if platforms is None else platforms, "proj": {},
    }  # fmt: skip
    return settings_of(Configuration(data, as3=True))


def test_nothing_is_said() -> None:
    nothing = Resources("", "", "", 1, 1, "")
    assert settings_of(Configuration({"JOBS": {"SIM": {}}}, as3=False)).resources_of("SIM") == nothing
    assert settings_of(Configuration({"JOBS": None}, as3=False)).no_resources == nothing
    assert settings_of(Configuration({"jobs": {}}, as3=True)).no_resources == nothing


@pytest.mark.parametrize("written", [None, "", " "])
def test_blank_is_missing(written: object) -> None:
    job = dict.fromkeys(("PLATFORM", "QUEUE", "WALLCLOCK"), written)
    assert of_job(job) == Resources("MN5", "single", "single", 1, 1, "48:00")
    blank = dict.fromkeys(PLATFORM, written)
    assert of_job(job, blank) == Resources("MN5", "", "", 1, 1, "")


def test_a_section_that_the_configuration_does_not_have() -> None:
    found = as4(JOBS={"SIM": {"QUEUE": "x"}}, PLATFORMS={"MN5": PLATFORM}, WRAPPERS={"QUEUE": "w"})
    assert found.resources_of("NONE") == Resources("MN5", "single", "w", 1, 1, "48:00")
    old = as3({"QUEUE": "x"}, QUEUE="w")
    assert old.resources_of("sim") == Resources("mn4", "single", "w", 1, 1, "48:00")


def test_platforms_of_jobs() -> None:
    platforms = {"MN5": {"QUEUE": "main"}, "LUMI": {"QUEUE": "other"}}
    found = as4(JOBS={"SIM": {"PLATFORM": "lumi"}, "INI": {"PLATFORM": "new"}}, PLATFORMS=platforms)
    expected = {"SIM": ("LUMI", "other"), "INI": ("NEW", ""), "POST": ("MN5", "main")}
    for name, (platform, queue) in expected.items():
        assert (found.resources_of(name).platform, found.resources_of(name).queue) == (platform, queue)
    old = as3({"PLATFORM": "Lumi"}, {"mn4": {"QUEUE": "main"}, "Lumi": {"QUEUE": "other"}})
    assert (old.resources_of("SIM").platform, old.resources_of("SIM").queue) == ("Lumi", "other")
    assert as3({"PLATFORM": ""}).resources_of("SIM").platform == "mn4"


@pytest.mark.parametrize(
    ("job", "platform", "queue"),
    [
        ({"QUEUE": "own"}, PLATFORM, "own"),
        ({}, PLATFORM, "single"),
        ({"PROCESSORS": 2}, PLATFORM, "many"),
        ({}, {"QUEUE": "many"}, "many"),
        ({}, {"QUEUE": "many", "SERIAL_QUEUE": ""}, "many"),
        ({"PROCESSORS": 2}, {"SERIAL_QUEUE": "single"}, ""),
        ({"PROCESSORS": 0}, PLATFORM | {"PROCESSORS": 4}, "many"),
        ({}, "no section", ""),
    ],
)
def test_queues(job: Any, platform: Any, queue: str) -> None:
    found = of_job(job, platform)
    assert (found.queue, found.wrapper_queue) == (queue, queue)


@pytest.mark.parametrize(
    ("wrappers", "queue"),
    [
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["SIM"], "QUEUE": "v"}}, "v"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["INI", "SIM"], "QUEUE": "v"}}, "v"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["INI&SIM"], "QUEUE": "v"}}, "v"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["INI"], "QUEUE": "v"}}, "all"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["SIM2"], "QUEUE": "v"}}, "all"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": ["SIM"], "QUEUE": ""}}, "all"),
        ({"QUEUE": "all", "V": {"JOBS_IN_WRAPPER": "SIM", "QUEUE": "v"}}, "all"),
        ({"V": {"JOBS_IN_WRAPPER": ["SIM"]}}, "own"),
        ({"QUEUE": None, "V": None}, "own"),
        (["x"], "own"),
    ],
)
def test_queues_of_wrapped_jobs(wrappers: Any, queue: str) -> None:
    found = of_job({"QUEUE": "own"}, wrappers=wrappers)
    assert (found.queue, found.wrapper_queue) == ("own", queue)


def test_queues_of_jobs_wrapped_by_autosubmit_3() -> None:
    found = as3({"QUEUE": "own"}, QUEUE="wrapped").resources_of("SIM")
    assert (found.queue, found.wrapper_queue) == ("own", "wrapped")
    found = as3({"PROCESSORS": "8"}, QUEUE=" ").resources_of("SIM")
    assert (found.queue, found.wrapper_queue) == ("many", "many")


def test_what_a_section_says_comes_before_its_platform() -> None:
    platform = {"PROCESSORS": 8, "PROCESSORS_PER_NODE": "48", "TASKS": 4, "NODES": 0, "EXCLUSIVE": True}
    found = of_job({}, platform)
    assert (found.processors, found.elements) == (8, 96)
    job = {"PROCESSORS": "16:8", "PROCESSORS_PER_NODE": 16, "TASKS": "", "EXCLUSIVE": False}
    found = of_job(job, platform)
    assert (found.processors, found.elements) == (32, 128)
    assert of_job({"NODES": 3}, platform).elements == 144


@pytest.mark.parametrize(
    ("job", "elements"),
    [
        ({"PROCESSORS": 16, "EXCLUSIVE": True}, 48), ({"PROCESSORS": 16, "EXCLUSIVE": "true"}, 16),
        ({"PROCESSORS": 16, "TASKS": "8"}, 96), ({"PROCESSORS": 16, "TASKS": "x"}, 16),
        ({"PROCESSORS": 16, "NODES": "2"}, 96), ({"PROCESSORS": 16, "NODES": "x"}, 16),
        ({"PROCESSORS": 100}, 144), ({"PROCESSORS": 100, "PROCESSORS_PER_NODE": "x"}, 100),
        ({"PROCESSORS": [1]}, 0), ({"PROCESSORS": "1.5"}, 0),
    ],
)  # fmt: skip
def test_elements(job: Any, elements: int) -> None:
    assert of_job(job, {"PROCESSORS_PER_NODE": 48}).elements == elements


def test_nodes_of_autosubmit_3_are_not_known() -> None:
    job = {"PROCESSORS": "768", "TASKS": "48", "NODES": "2", "PROCESSORS_PER_NODE": "48"}
    found = as3(job, {"mn4": {"PROCESSORS": "5", "PROCESSORS_PER_NODE": "48"}}).resources_of("SIM")
    assert (found.processors, found.elements) == (768, 768)
    assert as3({"PROCESSORS": "36:1:18"}).resources_of("SIM").elements == 108


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, None), ("", None), (0, None), ("0", None), ("0.0", None), ("357000", 357000.0), (1.35, 1.35),
        ("1,35", "1,35"), (" x ", "x"), ("nan", "nan"), (float("inf"), "inf"), ([1], "[1]"), ("-1", -1.0),
    ],
)  # fmt: skip
def test_footprints(written: object, said: float | str | None) -> None:
    expected = {"MN5": Footprint(cf=said), "B": Footprint(pue=said)} if said is not None else {}
    platforms = {"MN5": {"CF": written}, "B": {"PUE": written}, "C": {}, "D": None}
    assert as4(PLATFORMS=platforms).platforms == expected
    if isinstance(written, str):
        old = as3({}, {"MN5": {"CF": written}, "B": {"PUE": written}, "C": {}})
        assert old.platforms == expected
