"""What a configuration says about an experiment and, for v4, about the jobs of a section.

Contract: API_V4.md 4.2, CONF; API_V3.md 2.2. Resources of jobs have tests of their own.
"""

from typing import Any

import pytest

from mestral_experiments.model import Configuration, SectionSettings, Settings
from mestral_experiments.sources.configuration import settings_of

AS4: dict[str, Any] = {
    "DEFAULT": {"HPCARCH": "LOCAL"},
    "EXPERIMENT": {"CHUNKSIZE": "4", "CHUNKSIZEUNIT": "Month"},
    "PLATFORMS": {"LOCAL": {"PROCESSORS": 5}, "MN5": {"TYPE": "slurm"}},
    "JOBS": {"SIM": {"PLATFORM": "mn5", "QUEUE": "debug", "PROCESSORS": 8, "WALLCLOCK": "00:05"}, "POST": {}},
    "AUTOSUBMIT": {},
}
AS3: dict[str, Any] = {
    "conf": {}, "platforms": {}, "proj": {},
    "exp": {"experiment": {"CHUNKSIZE": "2", "CHUNKSIZEUNIT": "MONTH"}},
    "jobs": {"SIM": {"PLATFORM": "Mn4", "QUEUE": "debug", "PROCESSORS": "37:5", "WALLCLOCK": "1:30"}},
}  # fmt: skip


def as4(**changed: Any) -> Settings:
    return settings_of(Configuration(AS4 | changed, as3=False))


def as3(**changed: Any) -> Settings:
    return settings_of(Configuration(AS3 | changed, as3=True))


def of_job(**job: Any) -> SectionSettings:
    found = as4(JOBS={"SIM": job}).section("SIM")
    assert found is not None
    return found


def test_a_section_of_each_generation() -> None:
    assert as4().section("SIM") == SectionSettings("MN5", "debug", 8, "00:05")
    assert as3().section("SIM") == SectionSettings("Mn4", "debug", 108, "1:30")


def test_defaults_of_a_section() -> None:
    assert as4().section("POST") == SectionSettings("LOCAL", "", 5, "")
    assert as4(DEFAULT={}).section("POST") == SectionSettings("", "", 1, "")
    assert as4().section("sim") == as4().section("SIM")


def test_a_section_that_is_absent() -> None:
    assert as4().section("INI") is None
    assert as4(JOBS=None).section("INI") is None
    assert as3().section("INI") == SectionSettings("", "", 1, "")
    assert as3().section("sim") == SectionSettings("", "", 1, "")


@pytest.mark.parametrize(
    ("written", "processors"),
    [
        (8, 8), ("8", 8), (" 8 ", 8), (-3, -3), ("37:5", 108), ("1:2:3", 108), ("0", 0), ("8:x", 0),
        ("abc", 0), (4.5, 0), ("4.0", 0), (True, 0), ([1, 2], 0), ("9" * 30, 0), (None, 5), ("", 5), (0, 5),
    ],
)  # fmt: skip
def test_processors(written: object, processors: int) -> None:
    assert of_job(PROCESSORS=written).processors == processors


@pytest.mark.parametrize(("written", "processors"), [("", 0), ("x", 0), ("0", 0), ("-1", -1), ("36:1", 72)])
def test_processors_of_autosubmit_3(written: str, processors: int) -> None:
    found = as3(jobs={"SIM": {"PROCESSORS": written}}).section("SIM")
    assert found is not None and found.processors == processors


@pytest.mark.parametrize(("written", "shown"), [(None, ""), ("", ""), (5, "5"), ("debug", "debug")])
def test_a_null_is_no_text(written: object, shown: str) -> None:
    found = of_job(QUEUE=written, WALLCLOCK=written)
    assert (found.queue, found.wallclock) == (shown, shown)


@pytest.mark.parametrize(
    ("written", "platform", "processors"),
    [(None, "LOCAL", 5), ("", "", 1), ("other", "OTHER", 1), (5, "5", 1)],
)
def test_platforms(written: object, platform: str, processors: int) -> None:
    found = of_job(PLATFORM=written)
    assert (found.platform, found.processors) == (platform, processors)


@pytest.mark.parametrize(
    ("written", "size"),
    [("4", 4), (3, 3), (" 3 ", 3), ("07", 7), (-2, -2), (None, 1), ("", 1), ("x", 1), (1.5, 1), ([1], 1)],
)
def test_size_of_a_chunk(written: object, size: int) -> None:
    assert as4(EXPERIMENT={"CHUNKSIZE": written}).chunk_size == size
    assert as4(EXPERIMENT={}).chunk_size == 1


@pytest.mark.parametrize(("written", "size"), [("2", 2), ("", 1), ("x", None), ("1.5", None)])
def test_size_of_a_chunk_in_autosubmit_3(written: str, size: int | None) -> None:
    assert as3(exp={"experiment": {"CHUNKSIZE": written}}).chunk_size == size
    assert as3(exp={}).chunk_size == 1


@pytest.mark.parametrize(
    ("written", "unit"), [("Month", "Month"), (None, ""), ("", ""), (5, "5"), (["a"], None)]
)
def test_unit_of_a_chunk(written: object, unit: str | None) -> None:
    assert as4(EXPERIMENT={"CHUNKSIZEUNIT": written}).chunk_unit == unit
    assert as4(EXPERIMENT={}).chunk_unit == ""


def test_unit_of_a_chunk_in_autosubmit_3() -> None:
    assert as3(exp={"experiment": {"CHUNKSIZEUNIT": ""}}).chunk_unit == ""
    assert as3(exp={"experiment": {}}).chunk_unit is None


@pytest.mark.parametrize(
    ("written", "commit"), [("", ""), ("abc", "abc"), (5, "5"), (None, None), ([1], None)]
)
def test_the_commit_of_the_workflow(written: object, commit: str | None) -> None:
    assert as4(AUTOSUBMIT={"WORKFLOW_COMMIT": written}).workflow_commit == commit
    assert as4(AUTOSUBMIT=None).workflow_commit is None


GIT, OLD_GIT = {"PROJECT": {"PROJECT_TYPE": "git"}}, {"project": {"PROJECT_TYPE": "git"}}


@pytest.mark.parametrize(
    ("project", "origin"),
    [
        ({}, ("NA", "NA")),
        ({"PROJECT": {"PROJECT_TYPE": "none"}, "GIT": {"PROJECT_ORIGIN": "x"}}, ("NA", "NA")),
        ({"PROJECT": {"PROJECT_TYPE": "local"}, "LOCAL": {"PROJECT_PATH": "/x"}}, ("NA", "NA")),
        ({"PROJECT": {"PROJECT_TYPE": "GIT"}}, ("", "master")),
        (GIT | {"GIT": {"PROJECT_ORIGIN": "o"}}, ("o", "master")),
        (GIT | {"GIT": {"PROJECT_ORIGIN": None, "PROJECT_BRANCH": "b"}}, ("", "b")),
        (GIT | {"GIT": {"PROJECT_ORIGIN": "o", "PROJECT_BRANCH": ""}}, ("o", "master")),
        ({"PROJECT": {"PROJECT_TYPE": "svn"}, "SVN": {"PROJECT_URL": "u"}}, ("u", "u")),
        ({"PROJECT": {"PROJECT_TYPE": "svn"}}, ("", "")),
        ({"PROJECT": "git", "GIT": ["x"]}, ("NA", "NA")),
    ],
)  # fmt: skip
def test_the_project(project: dict[str, Any], origin: tuple[str, str]) -> None:
    found = as4(**project)
    assert (found.model, found.branch) == origin


@pytest.mark.parametrize(
    ("exp", "origin"),
    [
        ({}, ("NA", "NA")),
        (OLD_GIT | {"git": {"PROJECT_ORIGIN": "o"}}, ("o", "master")),
        (OLD_GIT | {"git": {"PROJECT_ORIGIN": "o", "PROJECT_BRANCH": ""}}, ("o", "")),
        ({"project": {"PROJECT_TYPE": "svn"}, "svn": {"PROJECT_URL": "u"}}, ("u", "u")),
    ],
)  # fmt: skip
def test_the_project_in_autosubmit_3(exp: dict[str, Any], origin: tuple[str, str]) -> None:
    found = as3(exp=exp)
    assert (found.model, found.branch) == origin


@pytest.mark.parametrize(
    ("written", "seconds"), [(None, 10), ("", 10), ("x", 10), ("5", 5), (0, 0), (2.5, 2), (float("nan"), 10)]
)
def test_how_long_autosubmit_waits(written: object, seconds: int) -> None:
    assert as4(CONFIG={"SAFETYSLEEPTIME": written}).update_seconds == seconds
    assert as4().update_seconds == 10


def test_how_long_autosubmit_3_waits() -> None:
    assert as3(conf={"config": {"SAFETYSLEEPTIME": "7"}}).update_seconds == 7
    assert as3().update_seconds == 10


def test_the_main_platform_and_the_version() -> None:
    assert (as4().hpc, as4().version) == ("LOCAL", None)
    assert as4(DEFAULT={"HPCARCH": "mn5"}, CONFIG={"AUTOSUBMIT_VERSION": 4.1}).hpc == "MN5"
    assert as4(CONFIG={"AUTOSUBMIT_VERSION": "4.1.5"}).version == "4.1.5"
    for nothing in ({}, {"HPCARCH": ""}, {"HPCARCH": None}):
        assert as4(DEFAULT=nothing, HPCARCH="LOCAL").hpc == ""
    old = as3(exp={"experiment": {"HPCARCH": "Mn4"}}, conf={"config": {"AUTOSUBMIT_VERSION": "3.13.0"}})
    assert (old.hpc, old.version) == ("Mn4", "3.13.0")
    assert (as3().hpc, as3().version) == ("", None)
