"""The status page in Chromium: what people see and reach, in light and dark, wide and narrow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.browser import Watched
from tests.probe import SECRET_TOKEN
from tests.sample_site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOKEN = {"Authorization": f"Bearer {SECRET_TOKEN}"}
WIDE, NARROW = 1180, 360


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """What the visitor prefers."""
    return str(request.param)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def width(request: pytest.FixtureRequest) -> int:
    """Of the window, in pixels."""
    return int(request.param)


@pytest.fixture
def visitor(browser: "Browser", scheme: str, width: int) -> Iterator[Watched]:
    """A page of one who prefers that scheme."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
    yield Watched(context.new_page())
    context.close()


def test_a_visitor_sees_experiments_and_plugins(
    visitor: Watched, open_site: Site, scheme: str, width: int
) -> None:
    page = visitor.page
    page.goto(open_site.url + "/")
    assert page.title() == "Mestral: ready"
    assert page.get_by_role("heading", level=1).count() == 1
    experiments = page.get_by_role("region", name="Experiments running now")
    assert experiments.get_by_text("One experiment is running.").is_visible()
    row = experiments.get_by_role("row").filter(has=page.get_by_role("rowheader", name="o000"))
    assert row.get_by_text("Operational seasonal forecast").is_visible()
    plugins = page.get_by_role("table", name="Plugins")
    assert plugins.get_by_role("columnheader").all_inner_texts() == ["Plugin", "Version", "State"]
    assert plugins.get_by_role("row", name="experiments").get_by_text("✓ active").is_visible()
    visitor.photograph(f"status-visitor-{scheme}-{'wide' if width == WIDE else 'narrow'}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.requests == [open_site.url + "/"]
    assert visitor.complaints == []
    assert visitor.barriers() == []


def test_an_operator_sees_reasons(visitor: Watched, protected_site: Site, scheme: str, width: int) -> None:
    page = visitor.page
    page.set_extra_http_headers(TOKEN)
    page.goto(protected_site.url + "/")
    plugins = page.get_by_role("table", name="Plugins")
    assert plugins.get_by_text("It needs the address of a CAS server").is_visible()
    assert page.get_by_role("table", name="Readers").get_by_role("row").count() == 5
    visitor.photograph(f"status-operator-{scheme}-{'wide' if width == WIDE else 'narrow'}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.foreign(protected_site.url) == visitor.complaints == []
    assert visitor.barriers() == []


def test_a_stranger_sees_the_state_alone(watched: Watched, protected_site: Site) -> None:
    watched.page.goto(protected_site.url + "/")
    assert watched.page.get_by_text("✓ Ready").is_visible()
    assert watched.page.get_by_text("with a valid token only").is_visible()
    assert watched.page.get_by_role("table").count() == 0
    watched.photograph("status-stranger")
    assert watched.complaints == watched.barriers() == []


def test_every_link_works_by_keyboard(watched: Watched, open_site: Site) -> None:
    page = watched.page
    page.goto(open_site.url + "/")
    links = page.get_by_role("link")
    addresses = [str(link.get_attribute("href")) for link in links.all()]
    assert {"/docs", "/redoc", "/openapi.json", "/health", "/v4/experiments/o000"} <= set(addresses)
    for address in addresses:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.get_attribute("href") == address
        assert focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
        assert page.request.get(open_site.url + address).ok
    page.get_by_role("link", name="o000").click()
    assert page.url == open_site.url + "/v4/experiments/o000"
    assert "Operational seasonal forecast" in page.content()


def test_the_scheme_of_the_visitor_is_respected(browser: "Browser", open_site: Site) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(open_site.url + "/")
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        brightness[scheme] = [sum(map(int, colour.strip("rgb()").split(","))) for colour in colours]
        page.close()
    assert brightness["light"][0] > brightness["light"][1]
    assert brightness["dark"][0] < brightness["dark"][1]
