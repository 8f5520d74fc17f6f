"""Processors of a job and the processing elements that they occupy (contract/METRICS.md 4)."""

from typing import Any

_PER_NODE = 36  # of the machine that requests such as `37:5` were written for


def processors(written: str, per_node: int | None) -> int:
    """Processors of a request: a number, or parts that each take whole nodes; 0 when it is neither (4.1).

    Args:
        written: As in the configuration.
        per_node: Processors that a node has, as far as that is known.
    """
    parts = [whole(part) for part in written.split(":")]
    if len(parts) == 1:
        return parts[0] or 0
    if per_node is None or per_node <= 0:
        per_node = _PER_NODE
    counts = [part for part in parts if part is not None]
    return sum(-(-part // per_node) * per_node for part in counts) if len(counts) == len(parts) else 0


def elements(
    processors: int,
    *,
    nodes: int | None = None,
    tasks: int | None = None,
    per_node: int | None = None,
    exclusive: bool = False,
) -> int:
    """Processing elements (4.3); 0 nodes, or none on a node, are as good as not said.

    Args:
        processors: From `processors`.
        nodes: Requested.
        tasks: On each node.
        per_node: Processors that a node has.
        exclusive: Whether a job has its nodes for itself.
    """
    if per_node is None or per_node <= 0:
        return processors
    if nodes is not None and nodes > 0:
        return nodes * per_node
    on_each = tasks if tasks is not None and tasks > 0 else per_node
    needed = max(1, -(-processors // on_each))
    if needed == 1 and processors <= per_node and not exclusive:
        return processors
    return needed * per_node


def whole(value: Any) -> int | None:
    """An integer, or a text that is one, within 64 bits; else None."""
    try:
        number = int(value) if isinstance(value, int | str) and len(str(value)) < 20 else None
    except ValueError:
        return None
    return number if number is not None and -(2**63) < number < 2**63 else None
