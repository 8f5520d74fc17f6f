"""Which experiments a search finds and in which order: contract/API_V4.md 3.1, over records."""

import time
from collections.abc import Iterator

import pytest
from tests.experiments.api.tree import DETAILS, EXPERIMENTS, STATUS

from mestral_experiments.model import Experiment
from mestral_experiments.sources.catalog import Catalog
from mestral_experiments.views.lists.matching import fold, wildcard
from mestral_experiments.views.lists.selection import Selection, select


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server in UTC, where naive times are UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def catalog() -> Catalog:
    details = {row[0]: row[1:] for row in DETAILS}
    status = {row[0]: row[2] for row in STATUS}
    experiments = []
    for number, name, description, version in EXPERIMENTS:
        user, created, hpc = details.get(number, (None, None, None))
        experiments.append(
            Experiment(
                number,
                name,
                description,
                version,
                user=user,
                created=created,
                hpc=hpc,
                status=status.get(number),
                has_details=number in details,
            )
        )
    return Catalog.of(experiments)


def names(selection: Selection) -> str:
    known = catalog()
    return " ".join(experiment.name for experiment in known.records(select(known, selection)))


ALL = "a001 t002 o003 b005 c006 d007 a009"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ALL),
        ("", ALL),
        ("a00", "a001 a009"),
        ("A00", "a001 a009"),
        ("ZEBRA", "a001 a009"),
        ("alice", "a001 o003"),
        ("bob", "t002 c006"),
        ("%", "t002"),
        ("_", "t002"),
        ("*", ""),
        ("É", "o003 d007"),
        ("é", ""),
        ("plainalice", ""),
        ("\x00", ""),
        ("zzzz", ""),
    ],
)
def test_text_is_a_literal_part_of_name_description_or_user(text: str | None, found: str) -> None:
    assert names(Selection(text=text)) == found


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        ("", ALL),
        ("alice", "a001"),
        ("ALICE", "a001"),
        ("alic", ""),
        ("alice*", "a001 o003"),
        ("*l*c*", "a001 o003"),
        ("!alice", "t002 o003 c006 d007"),
        ("!alice*", "t002 c006 d007"),
        ("!", "a001 t002 o003 c006 d007"),
        ("*", "a001 t002 o003 c006 d007"),
        ("!*", ""),
        ("!!alice", "a001 t002 o003 c006 d007"),
        ("%", ""),
        ("_____", ""),
        ("é", ""),
        ("É", "d007"),
    ],
)
def test_owner_is_an_anchored_pattern_and_rows_without_details_never_match(owner: str, found: str) -> None:
    assert names(Selection(owner=owner)) == found


@pytest.mark.parametrize(
    ("version", "found"),
    [("4.1.10", "a001 t002"), ("4.1*", "a001 t002 a009"), ("!4*", "d007"), ("*.0", "c006 d007"), ("", ALL)],
)
def test_version_is_an_anchored_pattern(version: str, found: str) -> None:
    assert names(Selection(version=version)) == found


@pytest.mark.parametrize(
    ("hpc", "found"),
    [("local", "a001 o003 c006"), ("!local", "t002 d007"), ("mare*5", "t002"), ("a*b", "d007"), ("!*", "")],
)
def test_hpc_is_an_anchored_pattern(hpc: str, found: str) -> None:
    assert names(Selection(hpc=hpc)) == found


def test_type_is_told_by_the_first_letter() -> None:
    assert names(Selection(kind="test")) == "t002"
    assert names(Selection(kind="operational")) == "o003"
    assert names(Selection(kind="experiment")) == "a001 b005 c006 d007 a009"


def test_filters_are_combined() -> None:
    assert names(Selection(active=True)) == "t002 c006"
    assert names(Selection(active=True, owner="bob", hpc="!local")) == "t002"
    assert names(Selection(active=True, owner="bob", kind="operational")) == ""


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(order="name"), "a001 a009 b005 c006 d007 o003 t002"),
        (Selection(order="name", descending=True), "t002 o003 d007 c006 b005 a009 a001"),
        (Selection(descending=True), ALL),
        # c006's text is no time, b005 and a009 have none; a001 and d007 are the same instant
        (Selection(order="created"), "b005 c006 a009 o003 a001 d007 t002"),
        (Selection(order="created", descending=True), "t002 a001 d007 o003 b005 c006 a009"),
        (Selection(order="description"), "b005 d007 c006 t002 a001 a009 o003"),
        (Selection(order="description", descending=True), "o003 a001 a009 t002 c006 d007 b005"),
    ],
)
def test_order_is_stable_with_ties_by_id(selection: Selection, found: str) -> None:
    assert names(selection) == found


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("*" + "a*" * 2000 + "b", "a" * 100_000, False),
        ("*" + "a*" * 2000, "a" * 100_000, True),
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("a**b", "ab", True),
        ("*a*a*", "xa", False),
        ("!*a*a*", "xa", True),
        ("a.c", "abc", False),
        ("[a-z]*", "abc", False),
        ("**", "", True),
    ],
)
def test_patterns_take_linear_time(pattern: str, value: str, matches: bool) -> None:
    assert wildcard(pattern)(value) is matches


def test_only_ascii_letters_are_folded() -> None:
    assert fold("AbZ É İ ẞ") == "abz É İ ẞ"
