"""Whether this front can serve, and how well.

Guarantees: only a required plugin that is not active makes it not ready; health checks and plugins that can
be done without inform, whatever they do. Sentences, which may name paths, are for those who are identified;
passwords in URLs are masked in them.
"""

import asyncio
from typing import TYPE_CHECKING, Literal

import msgspec

from mestral.database.migrations import problem_of
from mestral.plugins.health import CHECK_SECONDS, run_checks
from mestral.settings.secret import mask_urls
from mestral.settings.state_dir import cannot_write

if TYPE_CHECKING:
    from mestral.platform import Platform

STATE_DIR = "core.state_dir"
DATABASE = "core.database"
"""The checks of core itself."""

_NOT_FOR_YOU = "a valid token shows why, and so does the log"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `/health/ready`.

    Attributes:
        status: `not ready` when a required plugin is not active; `degraded` when a health check finds
            something or another plugin that is to be used is not active; else `ready`.
        missing: Names of required plugins that are not active.
        plugins: Plugins that are to be used and are not active: `<state>: <reason>`.
        checks: `<plugin>.<check>`, and `ok` or `failing: <reason>`; `core.state_dir`: can it be written?
            `core.database`: can Mestral's own database be used?
    """

    status: Literal["ready", "degraded", "not ready"]
    missing: tuple[str, ...]
    plugins: dict[str, str]
    checks: dict[str, str]


async def readiness(platform: "Platform", *, reasons: bool) -> Readiness:
    """Run all health checks and sum up.

    Args:
        platform: The platform.
        reasons: Whether the one who asks may see why.
    """

    def why(reason: str) -> str:
        return mask_urls(reason) if reasons else _NOT_FOR_YOU

    def outcome(problem: str | None) -> str:
        return f"failing: {why(problem)}" if problem else "ok"

    plugins = platform.plugins
    results, full, down = await asyncio.gather(
        run_checks(plugins),
        asyncio.to_thread(cannot_write, platform.settings.state_dir),
        problem_of(platform.database, CHECK_SECONDS),
    )
    broken = {record.name: f"{record.state}: {why(record.reason)}" for record in plugins.broken}
    missing = tuple(record.name for record in plugins.required_missing)
    degraded = broken or full or down or any(result.problem for result in results)
    return Readiness(
        status="not ready" if missing else "degraded" if degraded else "ready",
        missing=missing,
        plugins=broken,
        checks={
            STATE_DIR: outcome(full),
            DATABASE: outcome(down),
            **{f"{one.plugin.name}.{one.check.name}": outcome(one.problem) for one in results},
        },
    )
