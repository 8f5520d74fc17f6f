"""The plugins of one app: what was found, what is used, and the hooks they are called by while it runs.

Guarantees: a hook that raises or hangs while serving degrades its own plugin, is logged, and stops nobody.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from mestral.auth.identity import Identity
from mestral.contributions import Decision, Demo, PluginContext
from mestral.logs import lent_to
from mestral.plugins.guard import Bounds, cancelled_by_itself, describe, run_step, say_slow
from mestral.plugins.hooks import HookCaller
from mestral.plugins.instances import Instances
from mestral.plugins.records import PluginRecord, State
from mestral.plugins.services import Chosen
from mestral.settings.model import Finding, Settings

_log = logging.getLogger(__name__)

DECIDE_SECONDS = 1.0
"""How long a plugin may think about whether somebody may do something."""

_DECIDE = "mestral_decide"
_NO_DEMO = "Its mestral_demo returned no mestral.Demo."


class PluginsError(Exception):
    """The platform must not start without a plugin. The message names the true culprits first, with
    reasons."""


class Plugins:
    """Every plugin found, with its state. Made by `load_plugins`.

    Attributes:
        settings: The settings tree they were loaded with.
        findings: What is wrong with, or worth knowing about, the settings of plugins.
        services: Slot -> the chosen service and the plugin that contributed it.
        instances: Slot -> the instance of it that this process uses; empty before `make_instances`.
    """

    def __init__(
        self,
        records: Iterable[PluginRecord],
        *,
        settings: Settings,
        hooks: HookCaller,
        findings: Iterable[Finding] = (),
        services: Chosen | None = None,
    ) -> None:
        self._records = {record.name: record for record in records}
        self.settings = settings
        self._hooks = hooks
        self._bounds = Bounds.of(settings.plugins)
        self.findings: tuple[Finding, ...] = tuple(findings)
        self.services: Chosen = services or {}
        self.instances = Instances()
        self._instances_made = False

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """All of them: those that are to be used in their order, then the rest."""
        return tuple(self._records.values())

    def get(self, name: str) -> PluginRecord | None:
        """The plugin of that name; None when nobody offers it."""
        return self._records.get(name)

    @property
    def active(self) -> tuple[PluginRecord, ...]:
        """Those that serve (active or degraded), in their order."""
        return tuple(record for record in self.records if record.serves)

    @property
    def broken(self) -> tuple[PluginRecord, ...]:
        """Those that are to be used and are not active (degraded ones serve, and still count)."""
        return tuple(record for record in self.records if record.wanted and record.state is not State.ACTIVE)

    @property
    def broken_logins(self) -> tuple[str, ...]:
        """Ids of logins of plugins that are to be used and do not serve.

        Their manifest provides `auth:ID`; where not even that is known, they are named `auth_ID`.
        """
        words = [
            record.manifest.provides if record.manifest else (record.name.replace("auth_", "auth:", 1),)
            for record in self.records
            if record.wanted and not record.serves
        ]
        ids = [word.removeprefix("auth:") for one in words for word in one if word.startswith("auth:")]
        return tuple(name.replace("_", "-") for name in ids if name)

    @property
    def required_missing(self) -> tuple[PluginRecord, ...]:
        """Those that the deployer requires and that are not active (degraded ones serve, and still count)."""
        return tuple(
            record for record in self.records if record.options.required and record.state is not State.ACTIVE
        )

    def log_broken(self) -> None:
        """Warn of those that are to be used and are not active."""
        for record in self.broken:
            _log.warning("plugin %s is %s: %s", record.name, record.state, record.reason)

    def make_instances(self) -> None:
        """Make the chosen service of every slot, once; a plugin whose service cannot be made is degraded."""
        if self._instances_made:
            return
        self._instances_made = True
        self.instances.make(self.services, self.settings.state_dir, self._bounds)

    async def startup(self) -> None:
        """Call `mestral_startup` of every plugin in use, in their order."""
        for record in self.active:
            await self._run(record, "mestral_startup")

    async def shutdown(self) -> None:
        """Call `mestral_shutdown` of every plugin in use, last one first, whatever became of the start."""
        for record in reversed(self.active):
            await self._run(record, "mestral_shutdown")

    def demo(self, directory: Path) -> Mapping[str, Demo | str]:
        """Let every plugin in use prepare sample data in a folder of its own below `directory`.

        Returns:
            Plugin -> its demo, or the sentence saying why it has none. Plugins without that hook are left
            out.
        """
        demos: dict[str, Demo | str] = {}
        for record in self.active:
            if "mestral_demo" not in record.hooks:
                continue
            folder = directory / record.name
            folder.mkdir()
            context = self.context_of(record)
            step = partial(self._hooks.call, record.name, "mestral_demo", context=context, directory=folder)
            # A copy takes the verdict: a plugin without sample data goes on serving.
            copy = msgspec.structs.replace(record)
            demo = run_step(copy, "demo", step, self._bounds)
            demos[record.name] = demo if isinstance(demo, Demo) else copy.reason or _NO_DEMO
        return demos

    def context_of(self, record: PluginRecord) -> PluginContext:
        """What the hooks of that plugin get."""
        return PluginContext(
            plugin=record.name,
            settings=record.settings,
            state_dir=self.settings.state_dir,
            services=self.instances,
        )

    @property
    def deciding(self) -> tuple[PluginRecord, ...]:
        """Those that decide who may do what; also those that would if they were not broken."""
        return tuple(
            record for record in self.records if _DECIDE in record.hooks and (record.serves or record.wanted)
        )

    async def decide(
        self, record: PluginRecord, identity: Identity | None, action: str, expid: str
    ) -> Decision | None:
        """Ask one of `deciding`; None, which counts as a deny, when it cannot say."""
        if not record.serves:
            _log.error(
                "plugin %s, which decides who may %s, is %s: nobody may.", record.name, action, record.state
            )
            return None
        arguments = {"identity": identity, "action": action, "expid": expid}
        try:
            async with asyncio.timeout(DECIDE_SECONDS):
                with lent_to(record.name):
                    said = await self._hooks.call(
                        record.name, _DECIDE, context=self.context_of(record), **arguments
                    )
            return Decision(said)
        except TimeoutError:
            _log.error("plugin %s did not decide within %g s: denied.", record.name, DECIDE_SECONDS)
        except asyncio.CancelledError:
            if not cancelled_by_itself():
                raise  # the client is gone, or the server is being stopped
            _log.exception("plugin %s was cancelled by itself while it decided: denied.", record.name)
        except (Exception, SystemExit):
            _log.exception("plugin %s could not decide: denied.", record.name)
        return None

    async def _run(self, record: PluginRecord, hook: str) -> None:
        if hook not in record.hooks:
            return
        bounds = self._bounds
        loop = asyncio.get_running_loop()
        slow = loop.call_later(bounds.slow, say_slow, record.name, hook, bounds)
        try:
            async with asyncio.timeout(bounds.stop):
                await self._hooks.call(record.name, hook, context=self.context_of(record))
        except TimeoutError as error:
            self._degrade(
                record, f"{hook} was still running after {bounds.stop:g} s and was cancelled.", error
            )
        except asyncio.CancelledError as error:
            if not cancelled_by_itself():
                raise  # the server is being stopped
            self._degrade(record, f"{hook} was cancelled by itself.", error)
        except (Exception, SystemExit) as error:
            self._degrade(record, f"{hook} {describe(error)}. The log has the traceback.", error)
        finally:
            slow.cancel()

    def _degrade(self, record: PluginRecord, reason: str, error: BaseException) -> None:
        _log.error("plugin %s is degraded: %s", record.name, reason, exc_info=error)
        record.degrade(reason)


def ensure_startable(plugins: Plugins, settings: Settings) -> None:
    """Refuse to start when a required plugin, or with `plugins.on_error = "fail"` any that is to be used, is
    broken.

    Raises:
        PluginsError: It lists every one of them with its reason, true culprits first.
    """
    strict = settings.plugins.on_error == "fail"
    broken = [r for r in plugins.records if not r.serves and (r.options.required or (strict and r.wanted))]
    if not broken:
        return
    lines = [
        f"  {record.name} is {record.state}: {record.reason}" for record in culprits_first(plugins, broken)
    ]
    rule = 'plugins.on_error = "fail"' if strict else "required = true in their tables"
    raise PluginsError(
        f"Mestral does not start, because of {rule}, without these plugins:\n" + "\n".join(lines)
    )


def culprits_first(plugins: Plugins, broken: Sequence[PluginRecord]) -> list[PluginRecord]:
    """The broken plugins behind those that are the cause, also when the cause itself is not required."""
    causes = [plugins.get(record.because_of) for record in broken if record.because_of]
    everyone = {record.name: record for record in [*causes, *broken] if record is not None}
    return sorted(everyone.values(), key=lambda record: bool(record.because_of))
