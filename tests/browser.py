"""A real Chromium for tests of pages: started without a network of its own, watched, and photographed.

Fixtures: `tests/conftest.py`. Screenshots are kept in `tests/artefacts/`, which git ignores.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARTEFACTS = Path(__file__).with_name("artefacts")

_AXE = Path(__file__).with_name("accessibility") / "node_modules/axe-core/axe.min.js"
_QUIET = ("disable-quic", "disable-background-networking", "disable-component-update", "disable-sync")


@contextmanager
def running_browser() -> Iterator["Browser"]:
    """Start Chromium; the test is skipped where it is missing."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=executable, args=["--no-sandbox", *(f"--{flag}" for flag in _QUIET)]
        )
        yield browser
        browser.close()


class Watched:
    """A page of a browser, and everything it asked for and complained about."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def foreign(self, url: str) -> list[str]:
        """What it asked of others than this site; `blob:` and `data:` are made by the page itself."""
        return [asked for asked in self.requests if not asked.startswith((url, "blob:", "data:"))]

    def photograph(self, name: str, *, whole: bool = True) -> Path:
        """Keep a picture of the whole page, or of its window: all that works where it is an SVG."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def barriers(self) -> list[str]:
        """What axe-core finds that keeps people out (WCAG 2.2 A and AA, and good practice)."""
        if not _AXE.exists():
            pytest.skip("axe-core is missing: npm ci --prefix tests/accessibility")
        self.page.evaluate(_AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run()")
        assert found["passes"]
        return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
