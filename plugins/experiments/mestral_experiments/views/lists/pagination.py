"""Pages of a list and the `pagination` object that goes with them.

Guarantees: any page number is possible; one beyond the end is an empty page with the number echoed, also
beyond 64 bits (contract/API_V4.md 1.1), which JSON allows and msgspec's integers do not.
"""

import sys
from typing import Annotated

import msgspec
from msgspec import Meta

POSITIVE = {"type": "integer", "minimum": 1}


class Pagination(msgspec.Struct, frozen=True):
    """The `pagination` object; `page` and `page_size` are finished JSON numbers, None for no paging."""

    page: Annotated[msgspec.Raw, Meta(description="Number of this page, from 1.", extra_json_schema=POSITIVE)]
    page_size: Annotated[
        Annotated[msgspec.Raw, Meta(extra_json_schema=POSITIVE)] | None,
        Meta(description="Entries on a page; null: all are on one."),
    ]
    total_pages: int
    page_items: Annotated[int, Meta(ge=0, description="Entries on this page.")]
    total_items: Annotated[int, Meta(ge=0, description="Entries on all pages.")]


def offset_of(page: int, size: int) -> int:
    """How many entries precede a page, within what a machine integer holds.

    Args:
        page: Counted from 1.
        size: Entries on a page, at least 1.
    """
    return min((page - 1) * size, sys.maxsize)


def pagination(page: str, size: str | None, *, pages: int, items: int, total: int) -> Pagination:
    """The object for one page.

    Args:
        page: Its number in decimal digits.
        size: Asked entries per page in decimal digits, None without paging.
        pages: Number of pages.
        items: Entries on this page.
        total: Entries on all pages.
    """
    number = None if size is None else msgspec.Raw(size.encode())
    return Pagination(msgspec.Raw(page.encode()), number, pages, items, total)
