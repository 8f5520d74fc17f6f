"""What `mestral plugins check` finds: everything loaded as the server would, and judged.

Guarantees: takes the very steps of `build_app`, but makes no state folder and no key, and starts neither a
reader nor a plugin; no bytecode is written either. Nothing is raised for what is wrong: it is reported, all
of it in one run.
"""

import secrets
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from mestral.plugins import PluginRecord, Plugins, PluginsError, State, ensure_startable, load_plugins
from mestral.plugins.guard import describe
from mestral.plugins.health import check_settings
from mestral.plugins.registry import culprits_first
from mestral.settings import Finding, Settings
from mestral.settings.state_dir import state_dir_problem

if TYPE_CHECKING:
    from litestar import Litestar


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """A step that took longer than `plugins.slow_seconds`.

    Attributes:
        plugin, step: Whose, and which.
        seconds: What it took.
    """

    plugin: str
    step: str
    seconds: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        judged: The plugins that are looked at: the one that was named, else all that are to be used.
        others: The other plugins, which decide nothing.
        findings: About settings, in the order in which they were found.
        slow: Steps of the judged plugins that were slow.
        refusal: Why the server would not start; empty when it would.
    """

    judged: tuple[PluginRecord, ...]
    others: tuple[PluginRecord, ...]
    findings: tuple[Finding, ...]
    slow: tuple[Slow, ...]
    refusal: str

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with what is judged."""
        errors = any(finding.level == "error" for finding in self.findings)
        return not errors and not self.refusal and all(r.state is State.ACTIVE for r in self.judged)


def check_platform(settings: Settings, name: str | None = None) -> Report:
    """Load everything and judge it.

    Args:
        settings: The settings tree.
        name: Judge this plugin alone, loaded as if it were enabled; None judges all that are to be used.

    Returns:
        What was found; nothing is judged when nobody offers a plugin of that name.
    """
    from mestral.http.core_routes import core_handlers

    sys.dont_write_bytecode = True
    if name is not None:
        settings = _with_plugin(settings, name)
    problem = state_dir_problem(settings)
    plugins = load_plugins(settings, writes=False, core_handlers=core_handlers())
    record = plugins.get(name) if name is not None else None
    checked = [result.finding for result in check_settings(plugins) if result.problem]
    plugins.make_instances()
    refusal = _refusal(plugins, settings)
    judged = [r for r in plugins.records if (r.wanted if name is None else r is record and r.distribution)]
    judged.sort(key=lambda r: r.state is State.ACTIVE)
    findings = dict.fromkeys([*([problem] if problem else []), *plugins.findings, *checked])
    return Report(
        judged=tuple(culprits_first(plugins, judged)),
        others=tuple(r for r in plugins.records if r not in judged),
        findings=tuple(f for f in findings if record is None or f.plugin in (None, name)),
        slow=tuple(_slow(judged, settings.plugins.slow_seconds)),
        refusal=refusal,
    )


def _with_plugin(settings: Settings, name: str) -> Settings:
    """The same settings with this plugin enabled, so that it can be checked before it is."""
    choice = settings.plugins
    return msgspec.structs.replace(
        settings,
        plugins=msgspec.structs.replace(
            choice,
            enabled=(*choice.enabled, name),
            disabled=tuple(other for other in choice.disabled if other != name),
            only=None if choice.only is None else (*choice.only, name),
        ),
    )


def _refusal(plugins: Plugins, settings: Settings) -> str:
    """Why the server would not start with these plugins."""
    try:
        ensure_startable(plugins, settings)
        assemble_to_look(settings, plugins)
    except PluginsError as error:
        return str(error)
    except Exception as error:
        return f"The plugins cannot be served together: the whole app {describe(error)}."
    return ""


def assemble_to_look(settings: Settings, plugins: Plugins) -> "Litestar":
    """The app that would be served, with a key for tokens that is good for nothing: nothing is written."""
    from mestral.app import assemble

    return assemble(settings, plugins, secrets.token_urlsafe(48))


def _slow(records: Sequence[PluginRecord], seconds: float) -> list[Slow]:
    return [
        Slow(plugin=record.name, step=step, seconds=round(took, 1))
        for record in records
        for step, took in record.seconds.items()
        if took > seconds
    ]
