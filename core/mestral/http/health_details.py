"""`GET /health`: the platform as a whole, with as much detail as the one who asks may see.

Guarantees: whoever may not read gets the status alone; whoever may read gets names, versions and states; the
reasons (which may name paths), the timings and the readers are for identified people and programs. Passwords
in URLs are masked; no setting is shown.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from mestral import __version__
from mestral.http.health import DATABASE, STATE_DIR, readiness
from mestral.platform import Platform
from mestral.plugins import PluginRecord
from mestral.settings.secret import mask_urls


class PluginHealth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One plugin in `/health`.

    Attributes:
        name, version, state: As `mestral plugins list` shows them; an empty version is not known.
        wanted: Whether it is to be used.
        required: Whether the server is not ready without it.
        reason: Why it is in this state and what to do.
        checks: Its health checks: `ok`, or `failing` and why.
        seconds: Step of loading, and the seconds it took.
    """

    name: str
    version: str
    state: str
    wanted: bool
    required: bool
    reason: str | UnsetType = UNSET
    checks: dict[str, str] | UnsetType = UNSET
    seconds: dict[str, float] | UnsetType = UNSET


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answer of `/health`.

    Attributes:
        status: As `/health/ready` has it.
        version: Of Mestral.
        plugins: Every plugin that was found, those that are to be used first.
        readers: Counters of the reader processes and of the answers kept, since the start.
        state_dir: Whether the state folder can be written: `ok`, or `failing` and why.
        database: The same of Mestral's own database.
    """

    status: Literal["ready", "degraded", "not ready"]
    version: str | UnsetType = UNSET
    plugins: tuple[PluginHealth, ...] | UnsetType = UNSET
    readers: dict[str, int] | UnsetType = UNSET
    state_dir: str | UnsetType = UNSET
    database: str | UnsetType = UNSET


async def health(platform: Platform, *, may_read: bool, identified: bool) -> Health:
    """Run the health checks and sum up.

    Args:
        platform: The platform.
        may_read: Whether the one who asks may read data.
        identified: Whether the one who asks is known.
    """
    ready = await readiness(platform, reasons=identified)
    if not may_read:
        return Health(status=ready.status)
    plugins = tuple(_plugin(record, ready.checks, identified) for record in platform.plugins.records)
    return Health(
        status=ready.status,
        version=__version__,
        plugins=plugins,
        readers=platform.readers.statistics() if identified else UNSET,
        state_dir=ready.checks[STATE_DIR] if identified else UNSET,
        database=ready.checks[DATABASE] if identified else UNSET,
    )


def _plugin(record: PluginRecord, checks: dict[str, str], identified: bool) -> PluginHealth:
    shown = PluginHealth(
        name=record.name,
        version=record.manifest.version if record.manifest else "",
        state=str(record.state),
        wanted=record.wanted,
        required=record.options.required,
    )
    if not identified:
        return shown
    names = {check.name: f"{record.name}.{check.name}" for check in record.health_checks}
    return msgspec.structs.replace(
        shown,
        reason=mask_urls(record.reason),
        checks={name: checks[key] for name, key in names.items() if key in checks},
        seconds={step: round(seconds, 3) for step, seconds in record.seconds.items()},
    )
