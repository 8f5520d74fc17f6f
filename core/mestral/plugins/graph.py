"""How plugins depend on each other and which service serves which slot, as text, DOT or Mermaid.

Guarantees: shows what the manifests of the plugins that were loaded say, whatever state they ended in, and
the services of those that serve; of a plugin that was not loaded nothing is known, and it is shown alone.
"""

from collections.abc import Iterator

import msgspec

from mestral.plugins.registry import Plugins


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One relation.

    Attributes:
        plugin: The plugin whose manifest or service says so.
        kind: `requires`, `after`, `conflicts`, or `serves`.
        target: The plugin it is about; for `serves` the one whose slot it is.
        label: For `serves`: slot and name of the service.
        chosen: For `serves`: whether the settings choose it.
    """

    plugin: str
    kind: str
    target: str
    label: str = ""
    chosen: bool = False


def edges(plugins: Plugins) -> list[Edge]:
    """Every relation, by plugin in their order."""
    chosen = {(slot, service.name) for slot, (service, _) in plugins.services.items()}
    found: list[Edge] = []
    for record in plugins.records:
        if record.manifest is None:
            continue
        for kind in ("requires", "after", "conflicts"):
            names = getattr(record.manifest, kind)
            found += [Edge(plugin=record.name, kind=kind, target=name) for name in names]
        for service in record.services:
            found.append(
                Edge(
                    plugin=record.name,
                    kind="serves",
                    target=service.slot.partition(".")[0],
                    label=f"{service.slot} = {service.name}",
                    chosen=(service.slot, service.name) in chosen,
                )
            )
    return found


def as_text(plugins: Plugins) -> Iterator[str]:
    """One paragraph per plugin."""
    known = edges(plugins)
    for name, state in _nodes(plugins, known).items():
        yield f"{name} ({state})"
        for edge in known:
            if edge.plugin != name:
                continue
            words = f"{edge.label}{' (chosen)' if edge.chosen else ''}" if edge.label else edge.target
            yield f"  {edge.kind} {words}"


def as_dot(plugins: Plugins) -> Iterator[str]:
    """For Graphviz: `mestral plugins graph --dot | dot -Tsvg`."""
    known = edges(plugins)
    yield "digraph plugins {"
    for name, state in _nodes(plugins, known).items():
        yield f"  {_quoted(name)} [label={_quoted(f'{name} ({state})')}];"
    for edge in known:
        style = "dashed" if edge.kind == "after" or (edge.label and not edge.chosen) else "solid"
        label = edge.label or edge.kind
        yield f"  {_quoted(edge.plugin)} -> {_quoted(edge.target)} [label={_quoted(label)}, style={style}];"
    yield "}"


def as_mermaid(plugins: Plugins) -> Iterator[str]:
    """For Mermaid, which many wikis and code forges draw."""
    known = edges(plugins)
    nodes = _nodes(plugins, known)
    ids = {name: f"p{number}" for number, name in enumerate(nodes)}
    yield "graph LR"
    for name, state in nodes.items():
        yield f"  {ids[name]}[{_quoted(f'{name} ({state})')}]"
    for edge in known:
        arrow = "-.->" if edge.kind == "after" or (edge.label and not edge.chosen) else "-->"
        yield f"  {ids[edge.plugin]} {arrow}|{_quoted(edge.label or edge.kind)}| {ids[edge.target]}"


def _nodes(plugins: Plugins, known: list[Edge]) -> dict[str, str]:
    """Name -> state of every plugin, and of those that are only named."""
    nodes = {record.name: str(record.state) for record in plugins.records}
    for edge in known:
        nodes.setdefault(edge.target, "not there")
    return nodes


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "").replace('"', "'") + '"'
