"""Rules for the whole test run.

A test that needs something this machine lacks is skipped, and the summary lists it with the reason. Where
everything is installed (`.ci/run` sets MESTRAL_NO_SKIPS=1) a skip is a failure.
"""

import os

import pytest
from _pytest.terminal import TerminalReporter


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
