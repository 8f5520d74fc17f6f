"""Step 10, services: which implementation serves each slot?

Guarantees: the setting `<key>` of `[plugins.<plugin>]` chooses for the slot `<plugin>.<key>`, among the
services of plugins that are used. A name that nobody offers misconfigures the plugin whose setting it is.
"""

from collections.abc import Mapping, Sequence

from mestral.contributions import Service
from mestral.plugins.records import PluginRecord, State
from mestral.settings.model import Finding
from mestral.settings.nearest import did_you_mean

Chosen = Mapping[str, tuple[Service, PluginRecord]]


def choose_services(records: Sequence[PluginRecord]) -> tuple[Chosen, list[Finding]]:
    """Choose for every slot that has a service and belongs to a plugin in use.

    Returns:
        Slot -> the chosen service and the plugin that contributed it (a setting that is None chooses
        nothing); and the settings that name no service.
    """
    by_name = {record.name: record for record in records}
    offers: dict[str, dict[str, tuple[Service, PluginRecord]]] = {}
    for record in records:
        for service in record.services:
            offers.setdefault(service.slot, {})[service.name] = (service, record)
    chosen: dict[str, tuple[Service, PluginRecord]] = {}
    findings: list[Finding] = []
    for slot, offered in offers.items():
        plugin, _, key = slot.partition(".")
        owner = by_name.get(plugin)
        if owner is None or not owner.serves or key not in getattr(owner.settings, "__struct_fields__", ()):
            continue
        name = getattr(owner.settings, key)
        if name in offered:
            chosen[slot] = offered[name]
        elif name is not None:
            finding = Finding(
                level="error",
                where=owner.origins.get(key, f"default of plugins.{slot}"),
                key=f"plugins.{slot}",
                message=f"{key} = {name!r} names no service for slot {slot}. Installed and in use: "
                f"{', '.join(sorted(offered))}.{did_you_mean(str(name), offered)} Name one of these, or "
                "enable the plugin that offers it.",
                plugin=plugin,
            )
            findings.append(finding)
            owner.end(State.MISCONFIGURED, finding.line)
    return chosen, findings


def degrade_useless(records: Sequence[PluginRecord]) -> None:
    """Say so where a plugin contributes nothing, or a service for a slot that nobody can choose."""
    by_name = {record.name: record for record in records}
    for record in records:
        if not record.serves:
            continue
        if not record.hooks:
            summary = record.manifest.summary if record.manifest else ""
            record.degrade(f"It implements no hook, so it contributes nothing yet: {summary}")
        for service in record.services:
            plugin, _, key = service.slot.partition(".")
            owner = by_name.get(plugin)
            keys = owner.settings.__struct_fields__ if owner and owner.serves and owner.settings else ()
            if key not in keys:
                slots = [f"{plugin}.{known}" for known in keys]
                record.degrade(
                    f"Its service {service.name!r} is for slot {service.slot}, which no plugin in use has."
                    f"{did_you_mean(service.slot, slots)}"
                )
