"""Symbolic links in the tree: followed inside their folder, refused where they lead out of it or nowhere."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.experiments.sources.making import job_pickle, source, tuples
from tests.experiments.sources.pair import OLD, SENTENCE, damaged, pickle_of

from mestral import Problem
from mestral_experiments.sources.protocol import JobQuery, Part


def outside_pickle(root: Path, other: Path) -> None:
    other.write_bytes(tuples("stolen"))
    pickle_of(root).unlink()
    pickle_of(root).symlink_to(other)


def outside_folder(root: Path, other: Path) -> None:
    job_pickle(other.parent, "a001", tuples("stolen"))
    shutil.rmtree(root / "a001")
    (root / "a001").symlink_to(other.parent / "a001")


def outside_subfolder(root: Path, other: Path) -> None:
    job_pickle(other.parent, "a001", tuples("stolen"))
    shutil.rmtree(root / "a001" / "pkl")
    (root / "a001" / "pkl").symlink_to(other.parent / "a001" / "pkl")


def another_experiment(root: Path, other: Path) -> None:
    pickle_of(root).unlink()
    pickle_of(root).symlink_to("../../a003/pkl/job_list_a003.pkl")


def dangling_pickle(root: Path, other: Path) -> None:
    pickle_of(root).unlink()
    pickle_of(root).symlink_to("nothing.pkl")


def own_pickle(root: Path, other: Path) -> None:
    pickle_of(root).unlink()
    pickle_of(root).symlink_to(pickle_of(root).name)


def dangling_folder(root: Path, other: Path) -> None:
    shutil.rmtree(root / "a001")
    (root / "a001").symlink_to("archived")


LEAVING = [outside_pickle, outside_folder, outside_subfolder, another_experiment]


@pytest.mark.parametrize("link", [*LEAVING, dangling_pickle, own_pickle, dangling_folder])
def test_links_that_leave_or_lead_nowhere_are_refused(
    root: Path, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    link(root, tmp_path / "elsewhere")
    damaged(root, OLD)
    with pytest.raises(Problem, match=SENTENCE):
        source(root).modified(OLD)


def test_links_that_stay_are_followed(root: Path) -> None:
    path = pickle_of(root)
    path.rename(path.with_name("kept.pkl"))
    path.symlink_to("kept.pkl")
    assert [job.name for job in source(root).jobs(OLD, JobQuery()).jobs] == ["a001_SIM"]


def test_a_root_that_is_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    rc = root / "autosubmitrc"
    rc.write_text(rc.read_text().replace(str(root), str(tmp_path / "alias")))
    assert [job.name for job in source(root).jobs(OLD, JobQuery()).jobs] == ["a001_SIM"]


@pytest.mark.parametrize("link", [dangling_pickle, own_pickle])
def test_a_link_that_leads_nowhere_is_not_taken_for_an_absent_file(
    root: Path, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    reading = source(root)

    def taken() -> tuple[str, str]:
        one, many = reading.fingerprint(OLD, Part.JOBS), reading.fingerprint_list([OLD], Part.JOBS)
        return one.digest(), many.digest()

    pickle_of(root).unlink()
    assert reading.states(OLD) is None
    absent = taken()
    pickle_of(root).touch()
    link(root, tmp_path / "elsewhere")
    with pytest.raises(Problem, match=SENTENCE):
        reading.states(OLD)
    assert [a == b for a, b in zip(taken(), absent, strict=True)] == [False, False]
