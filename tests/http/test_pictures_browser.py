"""The pictures of experiments in Chromium: whether names fit, in light and dark, with 100 and 5,000 jobs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser import Watched
from tests.experiments.views.chains import chains
from tests.sample_site import Site

from mestral_experiments.views.layout import layered
from mestral_experiments.views.pictures import draw_graph, space_of_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES_BEYOND_THEIR_BOXES = """[...document.querySelectorAll('g.job')].filter(job => {
    const box = job.querySelector('use')?.getBBox();
    return [...job.querySelectorAll('text')].some(text => text.getBBox().width > box.width);
}).map(job => job.textContent)"""
_WORDS_OVER_WORDS = """(() => {
    const boxes = [...document.querySelectorAll('text')].map(text => text.getBoundingClientRect());
    return boxes.filter((a, n) => boxes.slice(n + 1).some(b =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)).length;
})()"""
_BEYOND_THE_PICTURE = """(() => {
    const all = document.documentElement.getBoundingClientRect();
    return [...document.querySelectorAll('g, text, path')].map(part => part.getBoundingClientRect()).filter(
        box => box.left < all.left || box.right > all.right || box.top < all.top || box.bottom > all.bottom
    ).length;
})()"""


@pytest.fixture(params=["light", "dark"])
def visitor(request: pytest.FixtureRequest, browser: "Browser") -> Iterator[Watched]:
    """A page of one who prefers that scheme."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1400, "height": 900})
    yield Watched(context.new_page())
    context.close()


def asked(visitor: Watched) -> list[str]:
    """What was asked of servers, save the icon that Chromium wants of every site."""
    return [address for address in visitor.requests if not address.endswith("/favicon.ico")]


def photograph(visitor: Watched, name: str) -> None:
    """Keep the whole picture."""
    scheme = visitor.page.evaluate("matchMedia('(prefers-color-scheme:dark)').matches ? 'dark' : 'light'")
    width, height = visitor.page.evaluate(
        "['width', 'height'].map(name => +document.documentElement.getAttribute(name))"
    )
    visitor.page.set_viewport_size({"width": min(width, 4000), "height": min(height, 4000)})
    visitor.photograph(f"{name}-{scheme}", whole=False)


def test_the_names_of_a_hundred_jobs_are_readable(visitor: Watched, open_site: Site) -> None:
    page, address = visitor.page, f"{open_site.url}/v4/experiments/o000/graph.svg"
    page.goto(address)
    photograph(visitor, "graph-100")
    assert page.locator("g.job[transform]").count() == 102
    assert page.evaluate(_NAMES_BEYOND_THEIR_BOXES) == []
    assert page.evaluate(_WORDS_OVER_WORDS) == 0
    assert page.evaluate(_BEYOND_THE_PICTURE) == 0
    assert asked(visitor) == [address]


def test_five_thousand_jobs_are_marks(visitor: Watched, tmp_path: Path) -> None:
    workflow, path = chains(25, 100, running=9), tmp_path / "graph.svg"
    path.write_text(draw_graph(workflow, layered(space_of_jobs(workflow), workflow.structure.edges)))
    visitor.page.goto(path.as_uri())
    photograph(visitor, "graph-5000")
    assert visitor.page.locator("g.job > use").count() == 5001
    assert visitor.page.evaluate(_WORDS_OVER_WORDS) == 0
    assert visitor.page.evaluate(_BEYOND_THE_PICTURE) == 0
    assert visitor.complaints == []


def test_the_speed_of_the_simulation_is_readable(visitor: Watched, open_site: Site) -> None:
    page, address = visitor.page, f"{open_site.url}/v4/experiments/o000/performance.svg"
    page.goto(address)
    photograph(visitor, "performance")
    assert page.get_by_text("Simulated years per day (SYPD)").is_visible()
    assert page.evaluate(_WORDS_OVER_WORDS) == 0
    assert page.evaluate(_BEYOND_THE_PICTURE) == 0
    assert asked(visitor) == [address]


def test_pictures_scale_where_they_are_embedded(watched: Watched, open_site: Site) -> None:
    page = watched.page
    page.set_content(f'<img src="{open_site.url}/v4/experiments/o000/graph.svg" width="300" alt="Graph">')
    picture = page.locator("img")
    picture.evaluate("image => image.decode()")
    natural = picture.evaluate("image => image.naturalHeight / image.naturalWidth")
    box = picture.bounding_box()
    assert box is not None
    assert box["height"] / box["width"] == pytest.approx(natural, rel=0.02)
