"""The pipeline that makes plugins out of entry points: one linear list of steps.

    discover  which plugins do distributions and the settings offer?       (nothing is imported)
    select    which are to be used?                                        (nothing is imported)
    load      import the object; its manifest; plugin API version; modules it needs
    validate  the plugin's own settings; are they enough?
    order     requires and after
    hooks     known hooks, known arguments, sync or async as the spec says
    collect   services, logins, routes, health checks, status sections; access levels, operation ids, prefixes
    assemble  a throw-away Litestar app per plugin, with its OpenAPI document
    conflicts core against plugins, plugin against plugin
    services  which implementation serves each slot

Guarantees: never raises for a broken plugin; each step ends those that fail it with a state and a sentence
and goes on with the rest. Every step that runs code of a plugin is guarded, timed and bounded (`guard.py`).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from mestral.plugins.assemble import trial_assembly
from mestral.plugins.collect import (
    collect_clients,
    collect_health_checks,
    collect_logins,
    collect_migrations,
    collect_routes,
    collect_services,
    collect_status_sections,
)
from mestral.plugins.conflicts import end_conflicts, end_dependents
from mestral.plugins.discover import discover
from mestral.plugins.guard import Bounds, run_step
from mestral.plugins.hooks import HookCaller
from mestral.plugins.load import check_requirements, load, make_importable
from mestral.plugins.login_names import login_findings
from mestral.plugins.order import order
from mestral.plugins.records import PluginRecord, State
from mestral.plugins.registry import Plugins
from mestral.plugins.select import select
from mestral.plugins.services import Chosen, choose_services, degrade_useless
from mestral.plugins.validate import apply, apply_missing, ask_configured, validate
from mestral.settings.model import Finding, Settings
from mestral.settings.state_dir import ensure_state_dir


def load_plugins(
    settings: Settings, *, assemble: bool = True, writes: bool = True, core_handlers: Sequence[Any] = ()
) -> Plugins:
    """Find, check and assemble every plugin.

    Args:
        settings: The settings tree.
        assemble: Whether routes are collected and tried. Without, all that settings can say is checked
            (services and health checks are collected), nothing is written and Litestar is not imported; a
            plugin that is `active` then is one about which nothing bad is known so far.
        writes: Whether the state folder is made when it is not there. Commands that only look do without.
        core_handlers: Litestar handlers of core's own routes, which plugins cannot claim.

    Returns:
        Every plugin with its state; never raises for a broken one.

    Raises:
        SettingsError: The state folder, which the hooks may use, cannot be used.
    """
    found, name_findings = discover(settings.plugins)
    records, select_findings = select(found, settings)
    bounds = Bounds.of(settings.plugins)

    if settings.plugins.dir is not None:
        make_importable(settings.plugins.dir)
    _load(records, bounds)
    findings = [*name_findings, *select_findings, *_validate(records, settings, bounds)]
    end_dependents(records)
    records = order(records)
    end_dependents(records)

    hooks = HookCaller()
    plugins = Plugins(records, settings=settings, hooks=hooks, findings=findings)
    _register(records, hooks, bounds)
    _collect_services(plugins, hooks, bounds)
    _collect_health_checks(plugins, hooks, bounds)
    _collect_logins(plugins, hooks, bounds)
    if assemble and writes:
        ensure_state_dir(settings)
    if assemble:
        _collect_routes(plugins, hooks, bounds)
        _collect_status_sections(plugins, hooks, bounds)
        _assemble(records, bounds)
    end_dependents(records)
    end_conflicts(records, core_handlers)
    plugins.services, wrong = _settle(records)
    plugins.findings += tuple(wrong)
    degrade_useless(records)
    plugins.findings += tuple(login_findings(records, settings))

    for record in records:
        if not record.serves:
            hooks.unregister(record.name)
    return plugins


def load_manifests(settings: Settings) -> tuple[PluginRecord, ...]:
    """Every plugin that is offered, by name, imported for its manifest whether it is to be used or not.

    For what describes all that could be set. Those in `plugins.disabled` are not imported; nothing but the
    import runs, guarded as ever.
    """
    records, _ = discover(settings.plugins)
    bounds = Bounds.of(settings.plugins)
    if settings.plugins.dir is not None:
        make_importable(settings.plugins.dir)
    for record in _serving(records):
        if record.name in settings.plugins.disabled:
            record.end(State.DISABLED, "It is named in plugins.disabled, so it is not looked at.")
        elif (loaded := run_step(record, "load", partial(load, record), bounds)) is not None:
            record.object, record.manifest = loaded
    return tuple(records)


def _load(records: Sequence[PluginRecord], bounds: Bounds) -> None:
    for record in _serving(records):
        loaded = run_step(record, "load", partial(load, record), bounds)
        if loaded is not None:
            record.object, record.manifest = loaded
            run_step(record, "requirements", partial(check_requirements, record, record.manifest), bounds)
        if record.state is State.UNAVAILABLE:
            record.wanted = record.named  # a missing extra is no fault of a plugin that nobody asked for


def _validate(records: Sequence[PluginRecord], settings: Settings, bounds: Bounds) -> list[Finding]:
    """Tables of plugins that lack an extra are checked as well: all errors are reported in one run."""
    findings: list[Finding] = []
    for record in records:
        if record.manifest is None or record.state not in (State.ACTIVE, State.UNAVAILABLE):
            continue
        step = partial(validate, record.name, record.manifest, settings)
        result = run_step(record, "settings", step, bounds)
        if result is not None:
            apply(record, result)
            findings.extend(result.findings)
        if record.serves:
            answer = run_step(record, "configured", partial(ask_configured, record), bounds)
            if answer is not None and answer.missing is not None:
                apply_missing(record, answer.missing)
    return findings


def _register(records: Sequence[PluginRecord], hooks: HookCaller, bounds: Bounds) -> None:
    for record in _serving(records):
        names = run_step(record, "hooks", partial(hooks.register, record.name, record.object), bounds)
        record.hooks = names or ()


def _collect_services(plugins: Plugins, hooks: HookCaller, bounds: Bounds) -> None:
    for record in plugins.active:
        step = partial(collect_services, record, hooks, plugins.context_of(record))
        record.services = run_step(record, "services", step, bounds) or ()


def _collect_routes(plugins: Plugins, hooks: HookCaller, bounds: Bounds) -> None:
    for record in plugins.active:
        step = partial(collect_routes, record, hooks, plugins.context_of(record))
        record.routes = run_step(record, "routes", step, bounds) or ()


def _collect_status_sections(plugins: Plugins, hooks: HookCaller, bounds: Bounds) -> None:
    for record in plugins.active:
        sections = partial(collect_status_sections, record, hooks, plugins.context_of(record))
        record.status_sections = run_step(record, "status sections", sections, bounds) or ()


def _collect_logins(plugins: Plugins, hooks: HookCaller, bounds: Bounds) -> None:
    for record in plugins.active:
        context = plugins.context_of(record)
        logins = partial(collect_logins, record, hooks, context)
        record.logins = run_step(record, "logins", logins, bounds) or ()
    for record in plugins.active:
        clients = partial(collect_clients, record, hooks, plugins.context_of(record))
        record.clients = run_step(record, "clients", clients, bounds) or ()
    for record in plugins.active:
        migrations = partial(collect_migrations, record, hooks, plugins.context_of(record))
        record.migrations = run_step(record, "migrations", migrations, bounds)


def _collect_health_checks(plugins: Plugins, hooks: HookCaller, bounds: Bounds) -> None:
    for record in plugins.active:
        checks = partial(collect_health_checks, record, hooks, plugins.context_of(record))
        record.health_checks = run_step(record, "health checks", checks, bounds) or ()


def _assemble(records: Sequence[PluginRecord], bounds: Bounds) -> None:
    for record in _serving(records):
        if record.routes:
            run_step(record, "assemble", partial(trial_assembly, record.routes), bounds)


def _settle(records: Sequence[PluginRecord]) -> tuple[Chosen, list[Finding]]:
    """Choose services until nobody is ended by it any more; who ends takes its services along."""
    findings: list[Finding] = []
    while True:
        before = len(_serving(records))
        end_dependents(records)
        chosen, wrong = choose_services(records)
        findings.extend(wrong)
        if len(_serving(records)) == before:
            return chosen, findings


def _serving(records: Sequence[PluginRecord]) -> list[PluginRecord]:
    return [record for record in records if record.serves]
