"""Whether this front can serve, and how well.

Guarantees: only a required plugin that is not active makes it not ready; health checks and plugins that can
be done without inform, whatever they do. Sentences, which may name paths, are for those who are identified;
passwords in URLs are masked in them.
"""

from typing import TYPE_CHECKING, Literal

import msgspec

from mestral.plugins.health import run_checks
from mestral.settings.secret import mask_urls

if TYPE_CHECKING:
    from mestral.plugins import Plugins

_NOT_FOR_YOU = "a valid token shows why, and so does the log"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `/health/ready`.

    Attributes:
        status: `not ready` when a required plugin is not active; `degraded` when a health check finds
            something or another plugin that is to be used is not active; else `ready`.
        missing: Names of required plugins that are not active.
        plugins: Plugins that are to be used and are not active: `<state>: <reason>`.
        checks: `<plugin>.<check>`, and `ok` or `failing: <reason>`.
    """

    status: Literal["ready", "degraded", "not ready"]
    missing: tuple[str, ...]
    plugins: dict[str, str]
    checks: dict[str, str]


async def readiness(plugins: "Plugins", *, reasons: bool) -> Readiness:
    """Run all health checks and sum up.

    Args:
        plugins: The plugins.
        reasons: Whether the one who asks may see why.
    """

    def why(reason: str) -> str:
        return mask_urls(reason) if reasons else _NOT_FOR_YOU

    results = await run_checks(plugins)
    broken = {record.name: f"{record.state}: {why(record.reason)}" for record in plugins.broken}
    missing = tuple(record.name for record in plugins.required_missing)
    degraded = broken or any(result.problem for result in results)
    return Readiness(
        status="not ready" if missing else "degraded" if degraded else "ready",
        missing=missing,
        plugins=broken,
        checks={
            f"{result.plugin.name}.{result.check.name}": f"failing: {why(result.problem)}"
            if result.problem
            else "ok"
            for result in results
        },
    )
