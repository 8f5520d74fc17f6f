"""Step 5, order: who comes before whom?

Guarantees: stable. A plugin comes after what its manifest `requires` and after what it names in `after`;
apart from that the given order is kept. Plugins that wait for each other end `failed`, with the circle as a
path.
"""

import graphlib

from mestral.plugins.records import PluginRecord, State


def order(records: list[PluginRecord]) -> list[PluginRecord]:
    """The records in the order in which they are set up; those that ended follow in theirs."""
    while True:
        alive = {record.name: record for record in records if record.serves}
        sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
        for record in alive.values():
            before = (*record.manifest.requires, *record.manifest.after) if record.manifest else ()
            sorter.add(record.name, *(name for name in before if name in alive))
        try:
            sorter.prepare()
            break
        except graphlib.CycleError as error:
            # graphlib gives the circle as [a, b, a] where each comes before the next.
            circle = list(reversed(error.args[1]))
            path = " -> ".join(circle)
            for name in set(circle):
                alive[name].end(
                    State.FAILED,
                    f"It waits for itself: {path} (each must come after the next). Disable one of them.",
                )
    ready: list[str] = []
    names: list[str] = []
    position = {record.name: index for index, record in enumerate(records)}
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        name = ready.pop(0)
        names.append(name)
        sorter.done(name)
    return [alive[name] for name in names] + [record for record in records if record.name not in names]
