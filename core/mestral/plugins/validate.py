"""Step 4, validate: is a plugin's table right?

Guarantees: nothing is raised for a wrong setting: all findings of all plugins come back, and those with an
error end their plugin as misconfigured. A plugin's Struct is checked before any of its hooks is called.
"""

from collections.abc import Iterable, Mapping

import msgspec

from mestral.contributions import Manifest
from mestral.plugins.records import PluginRecord, State, fail
from mestral.settings.model import Finding, PluginOptions, Settings, Value
from mestral.settings.validate import validate_table

_CORE_KEYS = frozenset(PluginOptions.__struct_fields__)


class NoSettings(msgspec.Struct, frozen=True):
    """The Struct of a plugin that declares no settings: every key of its table is unknown."""


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a table.

    Attributes:
        settings: The plugin's Struct; None when it declares none, or when an error is among the findings.
        findings: What is wrong or worth knowing.
        origins: Key of each setting that is not at its default, and where it was set.
    """

    settings: msgspec.Struct | None
    findings: tuple[Finding, ...]
    origins: dict[str, str]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the keys of a table that core reads; a wrong one leaves all at their defaults."""

    values: PluginOptions
    findings: tuple[Finding, ...]
    origins: dict[str, str]


def read_options(settings: Settings, name: str) -> Options:
    """The keys of `[plugins.<name>]` that belong to core, for every plugin alike."""
    table = settings.plugins.tables.get(name, {})
    own = {key: value for key, value in table.items() if key in _CORE_KEYS}
    values, findings, origins = validate_table(PluginOptions, own, plugin=name, environ={})
    return Options(values=values or PluginOptions(), findings=findings, origins=origins)


def validate(name: str, manifest: Manifest, settings: Settings) -> Validated:
    """Check the rest of `[plugins.<name>]` against the Struct of the manifest.

    Raises:
        Refused: The Struct itself cannot be used.
    """
    struct = manifest.settings or NoSettings
    taken = _CORE_KEYS.intersection(struct.__struct_fields__)
    if taken:
        fail(f"Its settings declare {', '.join(sorted(taken))}, which core reads from every plugin's table.")
    table: Mapping[str, Value] = settings.plugins.tables.get(name, {})
    own = {key: value for key, value in table.items() if key not in _CORE_KEYS}
    value, findings, origins = validate_table(struct, own, plugin=name, environ=settings.environ)
    return Validated(settings=value if manifest.settings else None, findings=findings, origins=origins)


def apply(record: PluginRecord, result: Validated) -> None:
    """Keep what came of the plugin's own settings."""
    record.settings = result.settings
    record.origins = {**record.origins, **result.origins}
    end_misconfigured(record, result.findings)


def end_misconfigured(record: PluginRecord, findings: Iterable[Finding]) -> None:
    """End the plugin when an error is among the findings about its table."""
    errors = [finding.line for finding in findings if finding.level == "error"]
    if errors and record.serves:
        record.end(State.MISCONFIGURED, " ".join(errors))


class Configured(msgspec.Struct, frozen=True):
    """Answer of a manifest's `configured`: the sentence saying what is missing, None when nothing is."""

    missing: str | None


def ask_configured(record: PluginRecord) -> Configured:
    """Are the settings enough for the plugin to be useful?

    Raises:
        Refused: Its manifest answers something else than a sentence or None.
    """
    ask = record.manifest.configured if record.manifest else None
    missing = ask(record.settings) if ask else None
    if missing is not None and not isinstance(missing, str):
        fail(f"`configured` of its manifest returned {missing!r}: it must return a sentence, or None.")
    return Configured(missing)


def apply_missing(record: PluginRecord, missing: str) -> None:
    """A plugin that lacks settings waits for them when it is only on by default, else it is misconfigured."""
    record.wanted = record.named
    record.end(State.MISCONFIGURED if record.named else State.AVAILABLE, missing)
