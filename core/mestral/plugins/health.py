"""Health: run the checks that plugins contribute, and say what they found.

Guarantees: every check is awaited for at most `CHECK_SECONDS`, all at once; one that raises, hangs or wants
to end the process is an answer like any other. No state of a plugin changes: what is wrong may be right a
moment later.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from mestral.contributions import HealthCheck
from mestral.errors import Problem
from mestral.logs import lent_to
from mestral.plugins.guard import cancelled_by_itself
from mestral.plugins.records import PluginRecord
from mestral.plugins.registry import Plugins
from mestral.settings.model import Finding

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0

_FAILED = "The check itself failed; the log says why."


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        plugin: The plugin that contributed it.
        check: The check.
        problem: What is wrong, for the deployer; None when all is well.
    """

    plugin: PluginRecord
    check: HealthCheck
    problem: str | None

    @property
    def finding(self) -> Finding:
        """The problem of a check about a setting, as an error of that setting."""
        key = f"plugins.{self.plugin.name}.{self.check.setting}"
        return Finding(
            level="error",
            where=self.plugin.origins.get(self.check.setting or "", f"default of {key}"),
            key=key,
            message=self.problem or "",
            plugin=self.plugin.name,
        )


async def run_checks(plugins: Plugins) -> list[Checked]:
    """Run every check of the plugins in use, which have been started."""
    return await _run_all([(record, check) for record in plugins.active for check in record.health_checks])


def check_settings(plugins: Plugins) -> list[Checked]:
    """Run the checks that are about a setting, where nothing serves and nothing was started."""
    checks = [(record, check) for record in plugins.active for check in record.health_checks if check.setting]
    if not checks:
        return []
    plugins.make_instances()
    return asyncio.run(_run_all(checks))


async def log_problems(plugins: Plugins) -> None:
    """Warn of everything that is wrong when the server starts."""
    for result in await run_checks(plugins):
        if result.problem:
            what = result.finding.line if result.check.setting else f"{result.check.name}: {result.problem}"
            logger.warning("plugin %s serves, but: %s", result.plugin.name, what)


async def _run_all(checks: Sequence[tuple[PluginRecord, HealthCheck]]) -> list[Checked]:
    problems = await asyncio.gather(*(_run(record, check) for record, check in checks))
    return [
        Checked(plugin=record, check=check, problem=problem)
        for (record, check), problem in zip(checks, problems, strict=True)
    ]


async def _run(record: PluginRecord, check: HealthCheck) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            with lent_to(record.name):
                return await check.check() or None
    except TimeoutError:
        return f"No answer within {CHECK_SECONDS:g} seconds."
    except Problem as problem:
        return problem.message
    except asyncio.CancelledError:
        if not cancelled_by_itself():
            raise  # the client is gone or the server stops
        logger.exception("Health check %s of plugin %s was cancelled by itself.", check.name, record.name)
        return _FAILED
    except (Exception, SystemExit):
        logger.exception("Health check %s of plugin %s raised.", check.name, record.name)
        return _FAILED
