"""Rules for the whole test run, and the fixtures that tests of several parts share.

A test that needs something this machine lacks is skipped, and the summary lists it with the reason. Where
everything is installed (`.ci/run` sets MESTRAL_NO_SKIPS=1) a skip is a failure.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings
from tests.browser import Watched, running_browser
from tests.postgres import Postgres, running_postgres
from tests.sample_site import Site, serving_sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How fast the machine is that day is no matter of a test.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """List what did not run, also without -r options."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("did not run")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            terminalreporter.line(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With MESTRAL_NO_SKIPS=1 a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MESTRAL_NO_SKIPS") != "1" or reporter is None:
        return
    if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def open_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Without protection, at the root."""
    with serving_sample(tmp_path_factory.mktemp("open"), "NONE", "") as site:
        yield site


@pytest.fixture(scope="session")
def protected_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Protected, below `/api`."""
    with serving_sample(tmp_path_factory.mktemp("protected"), "ALL", "/api") as site:
        yield site


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests; each makes a database of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; for one module, because its driver occupies the thread's event loop."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def watched(browser: "Browser") -> Iterator[Watched]:
    """A new page of it."""
    page = browser.new_page()
    yield Watched(page)
    page.close()
