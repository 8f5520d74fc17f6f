"""Step 1, discover: which plugins do the installed distributions and the settings offer?

Guarantees: reads metadata and file names only, nothing is imported. Three sources give the same records:
entry points of distributions, `plugins.dir` and `plugins.objects`. A name that is offered twice is refused,
save that a plugin of Mestral itself keeps its name (nobody can shadow it) and that `plugins.objects` says
which of the others is meant.
"""

import importlib.metadata
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path

from mestral.contributions import ENTRY_POINT_GROUP
from mestral.plugins.records import PluginRecord, State
from mestral.settings.model import Finding, PluginsSettings

_NAME = re.compile(r"[a-z][a-z0-9_]*")

OBJECT = "plugin"
"""The name that the module of a plugin from `plugins.dir` gives to the plugin."""

_OBJECTS = "plugins.objects"


def discover(choice: PluginsSettings) -> tuple[list[PluginRecord], list[Finding]]:
    """One record per name, ordered by name, and what is wrong with names offered twice."""
    offers: dict[str, list[PluginRecord]] = {}
    for record in (*_installed(), *_in_folder(choice.dir), *_in_settings(choice)):
        offers.setdefault(record.name, []).append(record)
    records: list[PluginRecord] = []
    findings: list[Finding] = []
    for name in sorted(offers):
        record, finding = _settle(offers[name])
        records.append(record)
        if finding is not None:
            findings.append(finding)
    return records, findings


def _installed() -> Iterator[PluginRecord]:
    describe = cache(_describe)  # which parses the whole README that is in the metadata
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        yield PluginRecord(
            name=entry_point.name, distribution=describe(entry_point.dist), entry_point=entry_point.value
        )


def _describe(distribution: Distribution | None) -> str:
    if distribution is None:
        return ""
    metadata = distribution.metadata
    return f"{metadata['Name']} {metadata['Version']}"


def _in_folder(folder: Path | None) -> Iterator[PluginRecord]:
    """Every module and package; names that begin with `_` or `.` are for what plugins share."""
    for path in sorted(folder.iterdir()) if folder is not None else ():
        is_plugin = path.suffix == ".py" if path.is_file() else (path / "__init__.py").is_file()
        if is_plugin and not path.name.startswith(("_", ".")):
            name = path.name.removesuffix(".py")
            yield PluginRecord(
                name=name,
                distribution=f"plugins.dir ({path.name})",
                entry_point=f"{name}:{OBJECT}",
                folder=folder,
                local=True,
                named=True,
            )


def _in_settings(choice: PluginsSettings) -> Iterator[PluginRecord]:
    for name, value in choice.objects.items():
        yield PluginRecord(name=name, distribution=_OBJECTS, entry_point=value, local=True, named=True)


def _settle(offers: list[PluginRecord]) -> tuple[PluginRecord, Finding | None]:
    """The record of a name that one or several offer."""
    own = [offer for offer in offers if offer.first_party]
    meant = own or [offer for offer in offers if offer.distribution == _OBJECTS]
    record = meant[0] if meant else offers[0]
    if len(offers) == 1 or (meant and not own):
        _check_name(record)
        return record, None
    if own:
        intruders = " and ".join(offer.distribution for offer in offers if offer is not record)
        message = (
            f"{intruders} offers a plugin named {record.name!r}, which belongs to {record.distribution}: "
            f"Mestral's own is used. Remove {intruders}, or give it another name."
        )
    else:
        both = " and ".join(offer.distribution or offer.entry_point for offer in offers)
        message = (
            f"{both} both offer a plugin named {record.name!r}, so neither is used: remove one of them, or "
            f"say which is meant, such as {record.name} = {record.entry_point!r} below [{_OBJECTS}]."
        )
        local = any(offer.local for offer in offers)
        record = PluginRecord(
            name=record.name, distribution=both, entry_point=record.entry_point, local=local, named=local
        )
        record.end(State.CONFLICTED, message)
    return record, Finding(
        level="warning",
        where="installed distributions and plugins.dir",
        key=f"plugins.{record.name}",
        message=message,
        plugin=record.name,
    )


def _check_name(record: PluginRecord) -> None:
    """The name becomes a URL prefix and a table of mestral.toml."""
    if not _NAME.fullmatch(record.name):
        record.end(
            State.FAILED,
            f"{record.name!r} cannot be the name of a plugin: it needs a name of lower-case letters, digits "
            "and underscores that begins with a letter.",
        )
    elif record.name == "core":
        record.end(State.FAILED, "Mestral itself is `core`, so this plugin needs another name.")
    elif record.name in PluginsSettings.__struct_fields__:
        record.end(
            State.FAILED, f"{record.name!r} is a setting of [plugins], so this plugin needs another name."
        )
