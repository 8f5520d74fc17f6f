"""Answers with some of their fields only (`fields=`).

Guarantees: fields come in the order of the full answer, whatever order they were asked for in.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


def partial(name: str, struct: type[msgspec.Struct]) -> Any:
    """The same Struct with every field optional: those that are not set are left out of the JSON."""
    fields = [(field.name, field.type | UnsetType, UNSET) for field in msgspec.structs.fields(struct)]
    doc = f"The fields of `{struct.__name__}` that were asked for."
    return msgspec.defstruct(name, fields, frozen=True, gc=False, module=__name__, namespace={"__doc__": doc})


def chosen(partial: Any, items: Iterable[msgspec.Struct], fields: Sequence[str]) -> list[Any]:
    """The items with these fields alone."""
    return [partial(**{field: getattr(item, field) for field in fields}) for item in items]
