"""What files say about jobs: which logs are their newest, and whether the configuration counts."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.sources.making import digest, experiment, settle, source, tree

from mestral import Problem
from mestral_experiments.model import LogFiles
from mestral_experiments.sources.logfiles import newest_logs, newest_logs_by_job

ROW = experiment("a001")
SENTENCE = "Error while reading the logs"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001")
    logs(root).mkdir(parents=True)
    return root


def logs(root: Path) -> Path:
    return root / "a001" / "tmp" / "LOG_a001"


def write_logs(root: Path, *names: str) -> None:
    for name in names:
        (logs(root) / name).touch()


def newest(root: Path, job: str = "a001_SIM") -> tuple[str | None, str | None]:
    found = source(root).logs(ROW, job)[0]
    for path in (found.out, found.err):
        assert path is None or Path(path).parent == logs(root)
    return tuple(path and Path(path).name for path in (found.out, found.err))  # type: ignore[return-value]


def test_the_newest_logs_by_name(root: Path) -> None:
    write_logs(
        root,
        "a001_SIM.20240101000000.out", "a001_SIM.20240201000000.out.xz", "a001_SIM.20230101000000.out.gz",
        "a001_SIM.20240101000000.err.gz", "a001_SIM.20240301000000.cmd", "a001_SIM.20240401000000.out.bz2",
        "a001_SIM.20240401000000.out_attempt_1", "xa001_SIM.20250101000000.out",
    )  # fmt: skip
    before = digest(root)
    assert newest(root) == ("a001_SIM.20240201000000.out.xz", "a001_SIM.20240101000000.err.gz")
    assert digest(root) == before


def test_logs_of_jobs_with_longer_names_are_not_offered(root: Path) -> None:
    write_logs(root, "a001_SIM2.20240101000000.out", "a001_SIM_1.20240101000000.err", "a001_SIM-x.out")
    assert newest(root) == (None, None)
    write_logs(root, "a001_SIM.out")
    assert newest(root) == ("a001_SIM.out", None)


@pytest.mark.parametrize("job", ["a001_S*", ".*", "a001_.IM", "../LOG_a001/a001_SIM", "a/b", "a\0b", ""])
def test_a_name_is_neither_a_pattern_nor_a_path(root: Path, job: str) -> None:
    write_logs(root, "a001_SIM.20240101000000.out", "b.20240101000000.out")
    assert newest(root, job) == (None, None)
    assert source(root).submissions(ROW, [job])[0] == {}


def test_the_newest_logs_of_all_jobs(root: Path) -> None:
    write_logs(
        root,
        "a001_SIM.20240101000000.out", "a001_SIM.20240201000000.out.xz", "a001_SIM.20240201000000.out",
        "a001_SIM.20240301000000.err.gz", "a001_SIM.20240401000000.cmd", "a001_SIM2.20240101000000.out",
        "a001_INI.20240101000000.err", "a001_INI.20240101000000.err.xz", "a001_CMD.20240101000000.cmd",
        "a001_é.out", "a001_SIM",
    )  # fmt: skip
    settle(root)
    reading = source(root)
    found, taken = reading.logs_by_job(ROW)
    folder = logs(root)
    assert found == {
        "a001_SIM": LogFiles(
            f"{folder}/a001_SIM.20240201000000.out.xz", f"{folder}/a001_SIM.20240301000000.err.gz"
        ),
        "a001_SIM2": LogFiles(f"{folder}/a001_SIM2.20240101000000.out", None),
        "a001_INI": LogFiles(None, f"{folder}/a001_INI.20240101000000.err.xz"),
        "a001_é": LogFiles(f"{folder}/a001_é.out", None),
    }
    for job in found:
        assert reading.logs(ROW, job)[0] == found[job]
    assert taken.again().same_as(taken)
    write_logs(root, "a001_CMD.1.out")
    assert not taken.again().same_as(taken)
    assert set(reading.logs_by_job(ROW)[0]) == {*found, "a001_CMD"}


NAMES = st.builds(
    "{}.{}.{}".format,
    st.sampled_from(["a", "b", "a_b", "é"]),
    st.sampled_from(["1", "10", "9", "2", "2-1", "out", "1.err"]),
    st.sampled_from(["out", "err", "out.xz", "err.gz", "out.bz2", "cmd"]),
)


@given(st.lists(NAMES, unique=True))
def test_the_newest_logs_of_all_jobs_are_those_of_each(names: list[str]) -> None:
    listed = "/".join(("", *names, ""))
    found = newest_logs_by_job(listed, "/folder")
    assert LogFiles(None, None) not in found.values()
    for job in ("a", "b", "a_b", "é"):
        newest = newest_logs(listed, job, "/folder")
        assert found.get(job, LogFiles(None, None)) == newest
        for ending, path in (("out", newest.out), ("err", newest.err)):
            own = [name for name in names if re.fullmatch(rf"{job}\..*\.{ending}(\.xz|\.gz)?", name)]
            expected = max(own, key=lambda name: (name.split(".")[1], name), default=None)
            assert path == (None if expected is None else f"/folder/{expected}")


def test_the_folder_is_listed_again_when_it_changed(root: Path) -> None:
    reading = source(root)
    write_logs(root, "a001_SIM.1.out")
    settle(root)
    taken = reading.logs(ROW, "a001_SIM")[1]
    assert taken.again().same_as(taken)
    write_logs(root, "a001_SIM.2.out")
    assert not taken.again().same_as(taken)
    found = reading.logs(ROW, "a001_SIM")[0].out
    assert found is not None and found.endswith("a001_SIM.2.out")


def test_no_folder_no_logs(root: Path) -> None:
    logs(root).rmdir()
    found, taken = source(root).logs(ROW, "a001_SIM")
    assert found == LogFiles(None, None)
    assert source(root).logs_by_job(ROW)[0] == {}
    logs(root).mkdir()
    assert not taken.again().same_as(taken)


def test_a_folder_that_leads_out_or_is_none_is_refused(root: Path, tmp_path: Path) -> None:
    logs(root).rmdir()
    (tmp_path / "elsewhere").mkdir()
    logs(root).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problem, match=SENTENCE):
        source(root).logs(ROW, "a001_SIM")
    with pytest.raises(Problem, match=SENTENCE):
        source(root).logs_by_job(ROW)
    logs(root).unlink()
    logs(root).touch()
    with pytest.raises(Problem, match=SENTENCE):
        source(root).logs(ROW, "a001_SIM")
    with pytest.raises(Problem, match=SENTENCE):
        source(root).logs_by_job(ROW)


AS3_FILES = {
    "autosubmit": "[config]\n", "platforms": "[local]\n", "jobs": "[SIM]\nQUEUE = debug\n", "proj": "",
    "expdef": "[experiment]\nCHUNKSIZE = 2\nCHUNKSIZEUNIT = month\n",
}  # fmt: skip


def write_conf(root: Path, **files: str) -> Path:
    conf = root / "a001" / "conf"
    conf.mkdir(exist_ok=True)
    for name, content in files.items():
        (conf / name.replace("__", ".")).write_text(content)
    return conf


def write_as3(root: Path) -> Path:
    return write_conf(root, **{f"{name}_a001__conf": content for name, content in AS3_FILES.items()})


def counts(root: Path) -> bool:
    return source(root).settings(ROW)[0] is not None


@pytest.mark.parametrize("missing", AS3_FILES)
def test_autosubmit_3_needs_all_files_but_that_of_the_project(root: Path, missing: str) -> None:
    conf = write_as3(root)
    assert counts(root)
    (conf / f"{missing}_a001.conf").unlink()
    # Without the description of the experiment it is one of Autosubmit 4, with no settings of its own.
    assert counts(root) is (missing in ("proj", "expdef"))


def test_a_configuration_needs_its_folder_and_that_of_jobs(root: Path) -> None:
    assert not counts(root)
    write_conf(root, minimal__yml="JOBS:\n  SIM:\n    QUEUE: debug\n")
    assert counts(root)
    logs(root).parent.rename(root / "a001" / "elsewhere")
    assert not counts(root)


@pytest.mark.parametrize("broken", AS3_FILES)
def test_a_broken_file_is_said(root: Path, broken: str) -> None:
    conf = write_as3(root)
    (conf / f"{broken}_a001.conf").write_text("this is no ini file\n")
    with pytest.raises(Problem, match="Error while reading the experiment configuration"):
        source(root).settings(ROW)
