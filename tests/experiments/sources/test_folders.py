"""The folders of an experiment: what is missing, and whose they are."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.experiments.sources.making import MODIFIED, experiment, settle, source, tree

from mestral_experiments.model import FolderFacts

ROW = experiment("a001")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    tree(root, "a001")
    return root


def test_the_first_that_is_missing_is_said(root: Path) -> None:
    reading = source(root)
    steps: list[tuple[Path | None, str | None]] = [
        (None, "Experiment a001 does not exist"),
        (root / "a001", "Experiment a001/conf does not exist"),
        (root / "a001" / "conf", "Required folder tmp not found."),
        (root / "a001" / "tmp", None),
    ]
    before = None
    for folder, sentence in steps:
        if folder is not None:
            folder.mkdir()
        assert before is None or not before.again().same_as(before), "its coming is seen"
        found, before = reading.obstacle(ROW)
        assert found == sentence
        assert before.again().same_as(before)
    assert str(root) not in " ".join(sentence or "" for _, sentence in steps)


def test_the_order_does_not_depend_on_what_came_first(root: Path) -> None:
    (root / "a001" / "tmp").mkdir(parents=True)
    assert source(root).obstacle(ROW)[0] == "Experiment a001/conf does not exist"


@pytest.mark.parametrize("name", ["conf", "tmp"])
def test_what_is_removed_is_missed(root: Path, name: str) -> None:
    for folder in ("conf", "tmp"):
        (root / "a001" / folder).mkdir(parents=True)
    settle(root)
    reading = source(root)
    found, taken = reading.obstacle(ROW)
    assert found is None and taken.again().same_as(taken)
    (root / "a001" / name).rmdir()
    assert not taken.again().same_as(taken)
    assert reading.obstacle(ROW)[0] is not None


def test_a_file_is_no_folder_and_a_link_may_lead_to_one_later(root: Path) -> None:
    (root / "a001" / "conf").mkdir(parents=True)
    (root / "a001" / "tmp").symlink_to(root / "later")
    reading = source(root)
    found, taken = reading.obstacle(ROW)
    assert found == "Required folder tmp not found."
    (root / "later").touch()
    assert reading.obstacle(ROW)[0] == found
    (root / "later").unlink()
    (root / "later").mkdir()
    assert not taken.again().same_as(taken)
    assert reading.obstacle(ROW)[0] is None


def test_facts_about_the_folder(root: Path) -> None:
    folder = root / "a001"
    folder.mkdir()
    os.utime(folder, (MODIFIED - 60, MODIFIED))
    found, taken = source(root).facts(ROW)
    assert found is not None
    assert found.path == str(folder)
    assert found.owner_id == folder.stat().st_uid
    assert found.owner == folder.owner()
    assert (found.accessed, found.modified) == (
        datetime.fromtimestamp(MODIFIED - 60, UTC), datetime.fromtimestamp(MODIFIED, UTC),
    )  # fmt: skip
    assert taken.again().same_as(taken)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_unknown_user_has_no_name(root: Path) -> None:
    folder = root / "a001"
    folder.mkdir()
    os.chown(folder, 1_234_567, -1)
    found = source(root).facts(ROW)[0]
    assert isinstance(found, FolderFacts)
    assert (found.owner_id, found.owner) == (1_234_567, "")


def test_no_facts_without_a_folder_of_its_own(root: Path, tmp_path: Path) -> None:
    reading = source(root)
    found, taken = reading.facts(ROW)
    assert found is None
    (tmp_path / "elsewhere").mkdir()
    (root / "a001").symlink_to(tmp_path / "elsewhere")
    assert reading.facts(ROW)[0] is None
    (root / "a001").unlink()
    (root / "a001").mkdir()
    assert not taken.again().same_as(taken)
    assert reading.facts(ROW)[0] is not None
