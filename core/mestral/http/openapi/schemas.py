"""The shapes of bodies, as JSON Schema by msgspec.

Guarantees: a component is named `<plugin>.<Struct>`, so that no plugin that is installed renames what another
one has.
"""

import logging
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from mestral.http.answers import answers_of

logger = logging.getLogger(__name__)

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/"


class Schemas:
    """Collects the components of one document."""

    def __init__(self) -> None:
        self._components: dict[str, Schema] = {}

    def components(self) -> dict[str, Schema]:
        """All that were referred to."""
        return self._components

    def of(self, body: Any, plugin: str) -> Schema | None:
        """The schema of a type or a tuple of alternatives; None when msgspec cannot describe it."""
        types = body if isinstance(body, tuple) else (body,)
        # Two Structs of one plugin may have the same name: the second one's gets a number.
        for prefix in (plugin, f"{plugin}.{len(self._components)}"):
            try:
                found, named = msgspec.json.schema_components(
                    types, ref_template=f"{_REFERENCE}{prefix}.{{name}}"
                )
            # Types of plugins may do anything: what cannot be described is left out.
            except Exception as error:
                logger.warning(
                    "A body of plugin %s is not described in the OpenAPI document: %s", plugin, error
                )
                return None
            components = {f"{prefix}.{name}": schema for name, schema in named.items()}
            if all(self._components.get(name, schema) == schema for name, schema in components.items()):
                break
        self._components |= components
        return found[0] if len(found) == 1 else {"anyOf": list(found)}


def success_type(handler: HTTPRouteHandler) -> Any:
    """The type of the body of a success; None when it is not told."""
    returned = handler.parsed_fn_signature.return_type
    return answers_of(handler).body or (None if returned.is_subclass_of(Response) else returned.annotation)


def prune(document: dict[str, Any]) -> None:
    """Leave out the components that nothing refers to: Litestar's own of what is described here."""
    components: dict[str, Schema] = document["components"]["schemas"]
    wanted, found = set[str](), _references([document["paths"]])
    while new := found - wanted:
        wanted |= new
        found = _references([components[name] for name in new])
    document["components"]["schemas"] = {n: components[n] for n in sorted(components) if n in wanted}


def _references(nodes: list[Any]) -> set[str]:
    """Names of the components that these parts of a document refer to."""
    names = set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(_REFERENCE):
                names.add(reference.removeprefix(_REFERENCE))
            nodes += [value for key, value in node.items() if key not in ("example", "examples")]
        elif isinstance(node, list):
            nodes += node
    return names
