"""Pictures of workflows of any size, and charts of any numbers."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.views.chains import chains, job

from mestral_experiments.model import JobStatus
from mestral_experiments.views.figures.performance import JobPerformance, Performance, PlatformInfo
from mestral_experiments.views.layout import layered
from mestral_experiments.views.pictures import draw_graph, draw_performance, space_of_jobs
from mestral_experiments.views.pictures.axes import Axis
from mestral_experiments.views.pictures.svg import escape, width_of
from mestral_experiments.views.workflow.workflow import Loaded, Workflow

SVG = "{http://www.w3.org/2000/svg}"


def drawn(workflow: Workflow) -> str:
    return draw_graph(workflow, layered(space_of_jobs(workflow), workflow.structure.edges))


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def texts(picture: str) -> list[str]:
    return [text.text or "" for text in parsed(picture).iter(f"{SVG}text")]


@given(st.text())
def test_any_text_is_shown_by_xml(text: str) -> None:
    shown = parsed(f'<a b="{escape(text)}">{escape(text)}</a>')
    kept = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    assert (shown.text or "") == re.sub("\r\n?", "\n", kept)  # what every reader of XML makes of line ends
    assert len(shown.get("b") or "") == len(shown.text or "")


def test_names_of_few_jobs_are_in_boxes_that_do_not_overlap() -> None:
    picture = drawn(chains(3, 20))
    assert {"SETUP", "19900101 fc0 1", "ASThread_2_3_8"} <= set(texts(picture))
    (width,) = map(int, re.findall(r'id="mbox" [^>]* width="(\d+)"', picture))
    places = sorted(
        (int(y), int(x))
        for x, y in re.findall(r'class="job s\d+" transform="translate\((\d+) (\d+)', picture)
    )
    assert len(places) == 121
    for (y, x), (below, right) in pairwise(places):
        assert below - y >= 38 if below > y else right - x >= width


def test_many_jobs_are_marks_and_the_running_ones_have_names() -> None:
    picture = drawn(chains(20, 125, running=3))
    assert len(picture) < 1_500_000
    shown = texts(picture)
    assert {"SIM 2500", "POST 2500", "SETUP 1", "500 wrappers"} <= set(shown)
    named = [text for text in shown if "1990" in text]
    assert named[0] == "19900101 fc0 125 SIM"
    assert set(named) <= {f"19900101 fc{member} 125 SIM" for member in range(3)}
    places = re.findall(r'<use href="#m\d" x="(\d+)" y="(\d+)"/>', picture)
    assert len(places) == len(set(places)) == 5001


def whole(picture: str) -> bool:
    """Whether no name beside jobs goes beyond the picture."""
    root = parsed(picture)
    names = [text for text in root.iter(f"{SVG}text") if "halo" in (text.get("class") or "")]
    assert names
    ends = [float(text.get("x") or "") + width_of(text.text or "", 11) for text in names]
    return (
        max(ends) <= float(root.get("width") or "") and min(float(text.get("x") or "") for text in names) >= 0
    )


def test_the_name_of_a_running_job_at_the_right_end_is_whole() -> None:
    assert whole(drawn(chains(20, 125, running=20)))


def test_the_name_of_a_wrapper_at_the_right_end_is_whole() -> None:
    jobs = [job(f"a000_{n}_SIM", JobStatus.READY, "SIM") for n in range(20)]
    edges = [(jobs[0].name, child.name) for child in jobs[1:]]
    wrappers = {jobs[-1].name: f"a000_{'wrapper' * 8}"}
    assert whole(drawn(Workflow(Loaded("a000", jobs, edges, wrappers, {}, {}, None, {}, {}, None), 0)))


def test_rare_sections_share_a_mark() -> None:
    jobs = [job(f"a000_{n}", JobStatus.READY, f"S{n if n < 12 else 12}") for n in range(500)]
    picture = drawn(Workflow(Loaded("a000", jobs, [], {}, {}, {}, None, {}, {}, None), 0))
    assert {"S12 488", "S0 1", "S3 1", "other sections 6"} <= set(texts(picture))


def simulated(run: int, chunk: int, member: str = "fc0") -> JobPerformance:
    speed = round(7200 / run, 2) if run else 0.0
    name = f"a000_19900101_{member}_{chunk}_SIM"
    return JobPerformance(name, 60, run, 0.0, speed, speed, 0.0, 0, 1 / 12, 4, chunk, 0.0)


def performance(rows: list[JobPerformance], others: list[JobPerformance]) -> Performance:
    nowhere = PlatformInfo("", 0.0, 0.0)
    return Performance(1, 1, 1, 1, 1, 1, 4, 4, 0, 0.0, nowhere, rows, others, False, "", (), False)


def test_outliers_are_marked_and_stretch_nothing() -> None:
    rows = [simulated(7000 + chunk, chunk) for chunk in range(1, 12) if chunk != 5]
    plain = draw_performance("a000", performance(rows, []))
    marked = draw_performance("a000", performance(rows, [simulated(10, 5)]))
    assert "1 not considered: outlier or no time" in texts(marked)
    numbers = re.compile(r'class="soft end"[^>]*>([^<]*)<')
    assert numbers.findall(marked) == numbers.findall(plain)
    order = re.findall(r"<title>a000_19900101_fc0_(\d+)_SIM", marked)
    assert [int(chunk) for chunk in order] == list(range(1, 12))
    assert texts(marked)[-1] == "Chunk of 19900101 fc0"


def test_members_stand_side_by_side() -> None:
    rows = [simulated(7000, chunk, member) for member in ("fc1", "fc10", "fc2") for chunk in (1, 2, 3)]
    shown = texts(draw_performance("a000", performance(rows, [])))
    assert [text for text in shown if text.startswith("19900101 ")] == [
        "19900101 fc1",
        "19900101 fc2",
        "19900101 fc10",
    ]


@pytest.mark.parametrize("number", [1, 2000, 2001, 50_000])
def test_charts_of_any_number_of_jobs(number: int) -> None:
    picture = draw_performance("a000", performance([simulated(7000, n) for n in range(number)], []))
    assert len(picture) < 5_000_000
    circles = len(parsed(picture).findall(f".//{SVG}g/{SVG}circle"))
    assert circles == (number + 1 if number <= 2000 else 1)  # one is in the legend


@given(
    st.lists(st.integers(0, 10**9), max_size=5),
    st.lists(st.integers(0, 10**9), max_size=5),
    st.integers(-5, 10**6),
)
def test_charts_of_any_numbers(rows: list[int], others: list[int], chunk: int) -> None:
    found = performance([simulated(run, chunk) for run in rows], [simulated(run, 1) for run in others])
    picture = parsed(draw_performance("a000", found))
    for value in re.findall(
        r"-?\d*\.?\d+(?:e[-+]?\d+)?", " ".join(path.get("d") or "" for path in picture.iter(f"{SVG}path"))
    ):
        assert abs(float(value)) < 10_000


@given(st.floats(0, 1e12))
def test_ticks_are_round_and_reach_the_highest_value(highest: float) -> None:
    axis = Axis.up_to(highest, 100, 100)
    assert 1 <= axis.ticks <= 6
    assert axis.end >= highest * 0.99999
    assert axis.end <= max(highest * 6, 1)
    assert axis.step == pytest.approx(float(f"{axis.step:.0e}"))
    assert axis.y(0) == 100
    assert axis.y(axis.end * 5) == 0
