"""`check_migration`: load the environment as `mestral serve` would, and say what became of each thing in it.

Guarantees: nothing is written and nothing served. A plugin's `migration` that raises becomes an entry of the
report, and the others are asked all the same.
"""

import os
import pwd
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec

from mestral.contributions import Migrated, Verdict
from mestral.migrate.api_yaml import of_yaml
from mestral.migrate.report import Report, worst_first
from mestral.migrate.toml import equivalent
from mestral.migrate.variables import mapped_variables, of_variables
from mestral.plugins import PluginRecord, State, load_plugins
from mestral.plugins.guard import Bounds, run_step
from mestral.settings import Finding, Settings, SettingsError, load_settings
from mestral.settings.describe import describe, describe_table


def check_migration(
    environ: Mapping[str, str], *, config: Path | None = None, also: Sequence[Migrated] = ()
) -> Report:
    """Look at everything an Autosubmit API finds in this environment.

    Args:
        environ: The variables that the service will see.
        config: The mestral.toml of `--config`.
        also: What the files that the variables came from said.

    Raises:
        SettingsError: Not even a state folder can be told.
    """
    settings, findings = _load(config, environ)
    plugins = load_plugins(settings, assemble=False)
    findings += plugins.findings
    rows = describe(settings)
    for record in plugins.records:
        if record.settings is not None:
            rows += describe_table(record.name, record.settings, record.origins)
    by_key = {row.key: row for row in rows}
    items = [*also, *of_variables(settings, plugins.records, by_key, findings), *of_yaml(environ)]
    for record in plugins.records:
        items += _of_plugin(record, settings)
    items += _other_errors(findings, items)
    return Report(account=_account(), items=worst_first(items), toml=equivalent(rows, findings))


def _load(config: Path | None, environ: Mapping[str, str]) -> tuple[Settings, list[Finding]]:
    try:
        settings = load_settings(config=config, environ=environ)
    except SettingsError as error:
        if error.settings is None:
            raise
        return error.settings, list(error.findings)
    return settings, list(settings.findings)


def _of_plugin(record: PluginRecord, settings: Settings) -> list[Migrated]:
    """What the plugin itself has to say, and whether it can do what the variables ask of it."""
    items = _asked(record, settings)
    meant = [
        one.variable
        for one in mapped_variables([record])
        if one.plugin == record.name and settings.environ.get(one.variable)
    ]
    if record.state is State.ACTIVE:
        login = record.manifest is not None and any(p.startswith("auth:") for p in record.manifest.provides)
        if login and "mestral_routes" not in record.hooks:
            message = (
                "This version reads the settings of this login and has no login by it yet. Tokens that "
                "Autosubmit API issued with the same SECRET_KEY are good until they end."
            )
            items.append(_decide(record, message))
    elif record.settings is None and record.state is State.MISCONFIGURED:
        pass  # every wrong setting is in the report by itself
    elif record.wanted or meant:
        items.append(_decide(record, f"The plugin is {record.state}. {record.reason}"))
    return items


def _asked(record: PluginRecord, settings: Settings) -> list[Migrated]:
    """What its `migration` returns."""
    if record.manifest is None or record.manifest.migration is None:
        return []
    copy = msgspec.structs.replace(record, state=State.ACTIVE)  # takes the verdict of this step alone
    step = partial(_ask, record.manifest.migration, record.settings, settings.environ)
    returned = run_step(copy, "migration", step, Bounds.of(settings.plugins))
    return [_decide(record, copy.reason)] if returned is None else returned


def _ask(path: str, settings: Any, environ: Mapping[str, str]) -> list[Migrated]:
    returned: Iterable[Migrated] = resolve_name(path)(settings, environ)
    return msgspec.convert(list(returned), list[Migrated])


def _other_errors(findings: Sequence[Finding], items: Sequence[Migrated]) -> list[Migrated]:
    """Errors that concern no variable: those of mestral.toml and of `MESTRAL_*`."""
    said = {f"environment variable {item.name}" for item in items}
    return [
        Migrated(verdict=Verdict.DECIDE, name=finding.key, where=finding.where, message=finding.message)
        for finding in findings
        if finding.level == "error" and finding.where.split(" (")[0] not in said
    ]


def _decide(record: PluginRecord, message: str) -> Migrated:
    return Migrated(verdict=Verdict.DECIDE, name=record.name, where="plugin", message=message)


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
