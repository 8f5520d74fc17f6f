"""Step 1, discover: which plugins do the installed distributions offer?

Guarantees: reads metadata only, nothing is imported. Two distributions that offer one name are both refused,
save that a plugin of Mestral itself keeps its name and the intruder is refused: nobody can shadow it.
"""

import importlib.metadata
import re
from importlib.metadata import EntryPoint

from mestral.contributions import ENTRY_POINT_GROUP
from mestral.plugins.records import PluginRecord, State
from mestral.settings.model import Finding, PluginsSettings

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def discover() -> tuple[list[PluginRecord], list[Finding]]:
    """One record per name, ordered by name, and what is wrong with names offered twice."""
    offers: dict[str, list[PluginRecord]] = {}
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        record = PluginRecord(
            name=entry_point.name, distribution=_distribution(entry_point), entry_point=entry_point.value
        )
        offers.setdefault(entry_point.name, []).append(record)
    records: list[PluginRecord] = []
    findings: list[Finding] = []
    for name in sorted(offers):
        record, finding = _settle(offers[name])
        records.append(record)
        if finding is not None:
            findings.append(finding)
    return records, findings


def _distribution(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    return f"{distribution.name} {distribution.version}" if distribution is not None else ""


def _settle(offers: list[PluginRecord]) -> tuple[PluginRecord, Finding | None]:
    """The record of a name that one or several distributions offer."""
    own = [offer for offer in offers if offer.first_party]
    record = own[0] if own else offers[0]
    if len(offers) == 1:
        _check_name(record)
        return record, None
    both = " and ".join(offer.distribution or offer.entry_point for offer in offers)
    if own:
        intruders = " and ".join(offer.distribution for offer in offers if offer is not record)
        message = (
            f"{intruders} offers a plugin named {record.name!r}, which belongs to {record.distribution}: "
            f"Mestral's own is used. Uninstall {intruders}, or ask its author for another name."
        )
        return record, Finding(
            level="warning",
            where="installed distributions",
            key=f"plugins.{record.name}",
            message=message,
            plugin=record.name,
        )
    message = f"{both} both offer a plugin named {record.name!r}, so neither is used: uninstall one of them."
    record = PluginRecord(name=record.name, distribution=both, entry_point=offers[0].entry_point)
    record.end(State.CONFLICTED, message)
    return record, Finding(
        level="warning",
        where="installed distributions",
        key=f"plugins.{record.name}",
        message=message,
        plugin=record.name,
    )


def _check_name(record: PluginRecord) -> None:
    """The name becomes a URL prefix and a table of mestral.toml."""
    if not _NAME.fullmatch(record.name):
        record.end(
            State.FAILED,
            f"{record.name!r} cannot be the name of a plugin: its entry point needs a name of "
            "lower-case letters, digits and underscores that begins with a letter.",
        )
    elif record.name in PluginsSettings.__struct_fields__:
        record.end(
            State.FAILED, f"{record.name!r} is a setting of [plugins], so its entry point needs another name."
        )
