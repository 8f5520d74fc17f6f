"""Hooks of schemathesis: half of the experiments it invents become real ones, to reach their data.

No schema can tell which texts are cursors: those it invents become the beginning of a list.
"""

import zlib
from typing import Any

import schemathesis

EXPIDS = ("a000", "a001", "a002", "a003", "a004", "a005", "a006", "o000")


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Chosen by the invented name, so that a seed gives the same requests."""
    name = (path_parameters or {}).get("expid")
    if path_parameters and isinstance(name, str):
        number = zlib.crc32(name.encode("utf-8", "replace"))
        if number % 2:
            return {**path_parameters, "expid": EXPIDS[number // 2 % len(EXPIDS)]}
    return path_parameters


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Asks for the beginning where a cursor was invented."""
    return {**query, "cursor": ""} if query and "cursor" in query else query
