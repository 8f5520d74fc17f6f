"""Step 9, conflicts: which plugins cannot be used together, and which of them gives way?

Guarantees: core wins over plugins, plugins of Mestral itself over those of others, and among those the
earlier one in the order wins; who gives way is taken out whole, with both sides named. So no third-party
plugin can take a first-party one down.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mestral.contributions import Routes
from mestral.plugins.records import PluginRecord, State
from mestral.plugins.routes import Claims, routes_in, routes_of, service_key
from mestral.settings.nearest import did_you_mean


def end_conflicts(records: Sequence[PluginRecord], core_handlers: Sequence[Any]) -> None:
    """End every plugin that claims what core or a plugin before it has."""
    claims = Claims()
    for route in routes_of("core", Routes(handlers=tuple(core_handlers), prefix="")):
        claims.add_route(route)
    services: dict[tuple[str, str], PluginRecord] = {}
    logins: dict[str, PluginRecord] = {}
    winners: list[PluginRecord] = []
    for record in sorted(records, key=lambda r: not r.first_party):
        if not record.serves:
            continue
        problems = [
            *_excluded(record, winners),
            *(problem for route in routes_in(record) if (problem := claims.route_problem(route))),
            *(
                f"{services[key].name} already offers a service {service.name!r} for slot {service.slot}."
                for service in record.services
                if (key := service_key(service)) in services
            ),
            *(
                f"{logins[login.id].name} already offers a login {login.id!r}."
                for login in record.logins
                if login.id in logins
            ),
        ]
        if problems:
            record.end(
                State.CONFLICTED,
                " ".join(problems) + " They cannot be served together: change or disable one.",
            )
            continue
        winners.append(record)
        services.update((service_key(service), record) for service in record.services)
        logins.update((login.id, record) for login in record.logins)
        for route in routes_in(record):
            claims.add_route(route)


def _excluded(record: PluginRecord, winners: Iterable[PluginRecord]) -> Iterable[str]:
    for other in winners:
        if other.manifest and record.name in other.manifest.conflicts:
            yield f"Plugin {other.name} cannot be used beside it (conflicts in the manifest of {other.name})."
        elif record.manifest and other.name in record.manifest.conflicts:
            yield f"It cannot be used beside plugin {other.name} (conflicts in its manifest)."


def end_dependents(records: Sequence[PluginRecord]) -> None:
    """End every plugin that requires one that is not used; the chain and its first cause are named."""
    by_name = {record.name: record for record in records}
    ended = True
    while ended:
        ended = False
        for record in records:
            if not record.serves or record.manifest is None:
                continue
            for name in record.manifest.requires:
                required = by_name.get(name)
                if required is None or not required.serves:
                    _end_dependent(record, name, required, by_name)
                    ended = True
                    break


def _end_dependent(
    record: PluginRecord, name: str, required: PluginRecord | None, known: dict[str, PluginRecord]
) -> None:
    if required is None:
        record.end(
            State.UNAVAILABLE,
            f"It requires the plugin {name!r}, which nobody offers here.{did_you_mean(name, known)}",
        )
        return
    broken = required.state in (State.FAILED, State.MISCONFIGURED, State.CONFLICTED, State.INCOMPATIBLE)
    record.end(
        State.FAILED if broken else State.UNAVAILABLE,
        f"It requires {name}, which is {required.state}: {required.reason}",
        because_of=required.because_of or name,
    )
