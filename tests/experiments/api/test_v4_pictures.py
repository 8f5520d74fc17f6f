"""`/v4/experiments/{expid}/graph.svg` and `/performance.svg`: what XML readers and renderers find in them."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from litestar.testing import TestClient
from tests.experiments.api.conftest import Serve
from tests.experiments.api.tree import make_tree, write_pickle

Client = TestClient[Any]

SVG = "{http://www.w3.org/2000/svg}"
HARMLESS = {"svg", "title", "desc", "style", "defs", "g", "rect", "circle", "path", "use", "text"}
NASTY = "a001_19900101_fc0_1_<script>alert('1')</script>&\"\x1b_SIM"


def picture(client: Client, expid: str, name: str) -> ElementTree.Element:
    answer = client.get(f"/v4/experiments/{expid}/{name}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.content)


def titles(drawn: ElementTree.Element) -> list[list[str]]:
    """The lines of the titles of all jobs."""
    groups = [group for group in drawn.iter(f"{SVG}g") if "job" in (group.get("class") or "").split()]
    found = [group.find(f"{SVG}title") for group in groups]
    return [(title.text or "").split("\n") for title in found if title is not None]


@pytest.mark.parametrize("name", ["graph.svg", "performance.svg"])
def test_nothing_runs_and_nothing_is_loaded(everything: Client, expids: list[str], name: str) -> None:
    for expid in expids:
        drawn = picture(everything, expid, name)
        assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= HARMLESS
        for element in drawn.iter():
            assert not [attribute for attribute in element.attrib if attribute.startswith("on")]
            assert element.get("href", "#").startswith("#")
        style = drawn.find(f"{SVG}style")
        assert style is not None
        assert "url(" not in (style.text or "")
        assert "@import" not in (style.text or "")
        assert drawn.get("viewBox") == f"0 0 {drawn.get('width')} {drawn.get('height')}"


def test_every_job_is_drawn_once_with_its_state(everything: Client, expids: list[str]) -> None:
    for expid in expids:
        tree = everything.get(f"/v4/experiments/{expid}/tree").json()
        drawn = picture(everything, expid, "graph.svg")
        told = titles(drawn)
        assert [(lines[0], lines[1].partition(",")[0]) for lines in told] == [
            (job["name"], job["status"]) for job in tree["jobs"]
        ]
        texts = [text.text for text in drawn.iter(f"{SVG}text")]
        for state, number in tree["counters"].items():
            assert f"{state} {number}" in texts
        outlines = [group for group in drawn.iter(f"{SVG}g") if group.get("class") == "wrapper"]
        named = [group.findtext(f"{SVG}title", "").split("\n")[0] for group in outlines]
        wrappers = [wrapper["name"] for wrapper in tree["wrappers"]]
        assert sorted(name for name in named if name) == sorted(wrappers)


def test_every_completed_simulation_is_drawn(everything: Client, expids: list[str]) -> None:
    for expid in expids:
        found = everything.get(f"/v3/performance/{expid}").json()
        drawn = picture(everything, expid, "performance.svg")
        told = [title.text or "" for title in drawn.iter(f"{SVG}title")][1:]
        rows = found["considered"] + found["not_considered"]
        assert sorted(text.split("\n")[0] for text in told) == sorted(row["name"] for row in rows)
        by_name = {text.split("\n")[0]: text for text in told}
        for row in rows:
            assert f"\n{row['SYPD']:g} SYPD, " in by_name[row["name"]]
        for row in found["not_considered"]:
            assert by_name[row["name"]].endswith("\nnot considered")


@pytest.mark.files  # PostgreSQL has no place for such a character
def test_names_are_shown_and_never_markup(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    write_pickle(tmp_path, "a001", [(NASTY, 5, "SIM", None, "fc0", 1)])
    client = serve(rc_file)
    for name in ("graph.svg", "performance.svg"):
        drawn = picture(client, "a001", name)
        assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= HARMLESS
        text = [title.text for title in drawn.iter(f"{SVG}title")]
        assert any((title or "").startswith(NASTY.replace("\x1b", "\ufffd")) for title in text)


def test_an_experiment_without_jobs_has_pictures(serve: Serve, tmp_path: Path) -> None:
    rc_file = make_tree(tmp_path)
    write_pickle(tmp_path, "a001", [])
    client = serve(rc_file)
    drawn = picture(client, "a001", "performance.svg")
    assert "No completed job of SIM has a time that counts." in [
        text.text for text in drawn.iter(f"{SVG}text")
    ]
    drawn = picture(client, "a001", "graph.svg")
    assert titles(drawn) == []
    assert drawn.findtext(f"{SVG}desc") == "No jobs."
