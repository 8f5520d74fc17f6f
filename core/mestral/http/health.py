"""Whether this front can serve.

Guarantees: only a required plugin that is not active makes it not ready; health checks inform, whatever they
do.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

import msgspec

from mestral.contributions import HealthCheck

if TYPE_CHECKING:
    from mestral.plugins import Plugins

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `/health/ready`.

    Attributes:
        status: `ready` or `not ready`.
        missing: Names of required plugins that are not active.
        checks: `<plugin>.<check>`, and `ok` or what is wrong.
    """

    status: Literal["ready", "not ready"]
    missing: tuple[str, ...]
    checks: dict[str, str]


async def readiness(plugins: "Plugins") -> Readiness:
    """Run all health checks at once, each for at most `CHECK_SECONDS`."""
    checks = {
        f"{record.name}.{check.name}": check for record in plugins.active for check in record.health_checks
    }
    results = await asyncio.gather(*(_run(name, check) for name, check in checks.items()))
    missing = tuple(record.name for record in plugins.required_missing)
    return Readiness(
        status="not ready" if missing else "ready",
        missing=missing,
        checks=dict(zip(checks, results, strict=True)),
    )


async def _run(name: str, check: HealthCheck) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check.check() or "ok"
    except TimeoutError:
        return f"No answer within {CHECK_SECONDS:g} seconds."
    except Exception:
        logger.exception("Health check %s raised.", name)
        return "The check itself failed; the log says why."
