"""The documentation pages, as HTTP clients see them, and as a browser without internet does."""

import gzip
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.browser import Watched
from tests.probe import SECRET_TOKEN, probe_settings
from tests.sample_site import Site

from mestral.app import build_app

ASSETS = Path(__file__).parents[2] / "core/mestral/http/docs/assets"


def client_of(stack: ExitStack, folder: Path, **overrides: Any) -> TestClient[Any]:
    settings = probe_settings(folder, plugins__only=[], **overrides)
    return stack.enter_context(TestClient(build_app(settings)))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    with ExitStack() as stack:
        yield client_of(stack, tmp_path_factory.mktemp("pages"), server__root_path="/api")


def assets_of(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]+)"', page)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_pages_are_public_and_load_nothing_from_elsewhere(client: TestClient[Any], path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"https?://|<script>|<style|style=", answer.text)
    assert 'data-openapi="/api/openapi.json"' in answer.text
    assets = assets_of(answer.text)
    assert len(assets) >= 3
    for asset in assets:
        assert asset.startswith("/api/docs/assets/")
        assert client.get(asset).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_root_path_is_text(tmp_path: Path, path: str) -> None:
    with ExitStack() as stack:
        page = client_of(stack, tmp_path, server__root_path='/a"><b>').get(path).text
    assert "<b>" not in page
    assert 'data-openapi="/a&quot;&gt;&lt;b&gt;/openapi.json"' in page


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_pages_and_assets_are_not_sent_twice(client: TestClient[Any], path: str) -> None:
    page = client.get(path)
    for url in (path, *assets_of(page.text)):
        etag = client.get(url).headers["etag"]
        again = client.get(url, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag


def test_assets_are_kept_long_and_sent_as_the_client_likes(client: TestClient[Any]) -> None:
    url = next(url for url in assets_of(client.get("/docs").text) if "swagger-ui.js" in url)
    original = gzip.decompress((ASSETS / "swagger-ui.js.gz").read_bytes())
    for accepted, coding in (("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("", None)):
        answer = client.get(url, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == coding
        assert answer.content == original
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("name", ["README.md", "swagger-ui.js.gz", "pages.py", "%2e%2e%2fpages.py"])
def test_nothing_else_is_served(client: TestClient[Any], name: str) -> None:
    assert client.get(f"/docs/assets/{name}").status_code == 404


def test_pages_can_be_switched_off(tmp_path: Path) -> None:
    with ExitStack() as stack:
        client = client_of(stack, tmp_path, server__docs=False)
        for path in ("/docs", "/redoc", "/docs/assets/start.js"):
            assert client.get(path).status_code == 404
        assert client.get("/openapi.json").status_code == 200


def test_every_asset_has_its_licence_and_origin() -> None:
    readme = (ASSETS / "README.md").read_text()
    packed = sorted(path.name for path in ASSETS.glob("*.gz"))
    assert packed == ["redoc.js.gz", "swagger-ui.css.gz", "swagger-ui.js.gz"]
    for name in packed:
        (row,) = (line for line in readme.splitlines() if line.startswith(f"| `{name}`"))
        texts = re.findall(r"`([\w.-]+\.txt)`", row)
        assert texts
        assert all((ASSETS / text).stat().st_size > 50 for text in texts)
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) < 900_000


def test_swagger_ui_works_in_a_browser(watched: Watched, protected_site: Site) -> None:
    page = watched.page
    page.goto(f"{protected_site.url}/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(SECRET_TOKEN)
    page.locator(".auth-container").get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    operation = page.locator(".opblock[id$='.detail']")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    answer.get_by_text("Operational seasonal forecast").first.wait_for()
    assert f"{protected_site.url}/v4/experiments/o000" in watched.requests
    assert watched.foreign(protected_site.url) == []
    assert watched.complaints == []


def test_redoc_works_in_a_browser(watched: Watched, protected_site: Site) -> None:
    page = watched.page
    page.goto(f"{protected_site.url}/redoc")
    page.get_by_role("heading", name="experiments.search Search experiments").wait_for()
    page.get_by_placeholder("Search").fill("running")
    page.locator("[data-role='search:results']").get_by_text("Experiments that are running").wait_for()
    page.get_by_text("Errors.").first.wait_for()
    assert watched.foreign(protected_site.url) == []
    assert watched.complaints == []
