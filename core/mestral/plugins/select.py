"""Step 2, select: which of them are to be used, and in which order are they asked?

Guarantees: nothing is imported. Installed third-party plugins stay `available` until the deployer names them;
local ones are wanted, for the deployer put them there; first-party ones are wanted by default (step 4 may
find that they need an extra or settings first). Names that nobody offers are reported, and those that are to
be used get a record, so that no list or exit code overlooks them.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec

from mestral.plugins.records import PluginRecord, State
from mestral.plugins.validate import end_misconfigured, read_options
from mestral.settings.model import Finding, Settings
from mestral.settings.nearest import did_you_mean


def select(records: list[PluginRecord], settings: Settings) -> tuple[list[PluginRecord], list[Finding]]:
    """Mark who is wanted.

    Returns:
        The records, those that are to be used first, in the order of `plugins.enabled` (or `plugins.only`),
        then the default ones by name, then the rest; and what is wrong with the names in the settings.
    """
    choice = settings.plugins
    by_name = {record.name: record for record in records}
    findings: list[Finding] = []
    about_options: dict[str, tuple[Finding, ...]] = {}
    named = choice.enabled if choice.only is None else choice.only

    for table in choice.tables:
        options = read_options(settings, table)
        findings.extend(options.findings)
        record = by_name.get(table)
        if record is None:
            findings.append(_not_installed_table(settings, table, options.values.required, by_name))
            if options.values.required:
                record = by_name[table] = _missing(table, by_name)
        if record is not None:
            record.options, record.origins = options.values, options.origins
            record.named = record.local or options.values.required
            about_options[table] = options.findings
    for key, names in (
        ("enabled", choice.enabled),
        ("only", choice.only or ()),
        ("disabled", choice.disabled),
    ):
        for name in names:
            if name not in by_name or by_name[name].distribution == "":
                findings.append(_unknown_name(settings, key, name, by_name))
    for name in named:
        if name not in by_name:
            by_name[name] = _missing(name, by_name)
        by_name[name].named = True

    findings += _required_and_left_out(by_name.values(), settings, named)
    findings += _loggers_of_nobody(settings, by_name)

    for record in by_name.values():
        record.wanted = record.named or record.first_party
        _apply(record, settings, named)
        end_misconfigured(record, about_options.get(record.name, ()))
    position = {name: index for index, name in reversed(list(enumerate(named)))}
    return sorted(
        by_name.values(), key=lambda r: (not r.wanted, position.get(r.name, len(named)), r.name)
    ), findings


def _apply(record: PluginRecord, settings: Settings, named: Iterable[str]) -> None:
    """Decide whether a record goes on to the next step."""
    choice = settings.plugins
    if record.name in choice.disabled:
        record.wanted = record.options.required
        record.end(State.DISABLED, "It is named in plugins.disabled: take it out there to use it.")
    elif choice.only is not None and record.name not in named:
        record.wanted = record.options.required
        record.end(State.DISABLED, "plugins.only does not name it: add it there to use it.")
    elif record.state is State.ACTIVE and not (record.first_party or record.local or record.name in named):
        record.end(
            State.AVAILABLE,
            f'It is installed but not enabled: add "{record.name}" to plugins.enabled to use it.',
        )


def _required_and_left_out(
    records: Iterable[PluginRecord], settings: Settings, named: Iterable[str]
) -> Iterator[Finding]:
    """Plugins without which the server must not start, and which it must not use."""
    choice = settings.plugins
    for record in records:
        if not record.options.required:
            continue
        if record.name in choice.disabled:
            key, says, remedy = "plugins.disabled", "names", "Take it out there"
        elif choice.only is not None and record.name not in named:
            key, says, remedy = "plugins.only", "does not name", "Add it there"
        else:
            continue
        yield Finding(
            level="error",
            where=settings.origins.get(key, "settings"),
            key=key,
            message=f"{key} {says} {record.name!r}, which is required ({record.origins['required']}): the "
            f"server would not start. {remedy}, or take required = true out of [plugins.{record.name}].",
            plugin=record.name,
        )


def _loggers_of_nobody(settings: Settings, known: Mapping[str, PluginRecord]) -> Iterator[Finding]:
    """Levels that have no effect: loggers bear the names of plugins or of the modules that log."""
    for name in settings.log.levels:
        module = name.partition(".")[0]
        if name in known or module in sys.modules or (module.isidentifier() and find_spec(module)):
            continue
        hint = did_you_mean(name, known) or " Name a plugin, or a logger, such as mestral.access."
        yield Finding(
            level="warning",
            where=settings.origins.get("log.levels", "settings"),
            key="log.levels",
            message=f"{name!r} is no plugin, and no module can be imported by it: it has no effect.{hint}",
        )


def _missing(name: str, known: Mapping[str, PluginRecord]) -> PluginRecord:
    record = PluginRecord(name=name)
    record.end(State.UNAVAILABLE, _nobody_offers(name, known))
    return record


def _nobody_offers(name: str, known: Mapping[str, PluginRecord]) -> str:
    installed = [record.name for record in known.values() if record.distribution]
    hint = did_you_mean(name, installed) or f" Known: {', '.join(sorted(installed))}."
    return (
        f"No installed distribution offers a plugin named {name!r}.{hint} "
        "Install the distribution that does, or take the name out of the settings."
    )


def _unknown_name(settings: Settings, key: str, name: str, known: Mapping[str, PluginRecord]) -> Finding:
    key = f"plugins.{key}"
    return Finding(
        level="warning" if key == "plugins.disabled" else "error",
        where=settings.origins.get(key, "settings"),
        key=key,
        message=_nobody_offers(name, known),
    )


def _not_installed_table(
    settings: Settings, name: str, required: bool, known: Mapping[str, PluginRecord]
) -> Finding:
    values = settings.plugins.tables[name].values()
    return Finding(
        level="error" if required else "warning",
        where=next((value.origin for value in values), f"{settings.config_file}: [plugins.{name}]"),
        key=f"plugins.{name}",
        message=f"This table has no effect. {_nobody_offers(name, known)}",
        plugin=name,
    )
