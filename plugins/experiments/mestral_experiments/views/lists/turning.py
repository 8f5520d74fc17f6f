"""Turning to a page of a list, by its number or by a cursor.

Guarantees: the page depends on the entries and what is asked alone; any number or size is possible.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from mestral_experiments.views.lists.cursors import Cursor, place
from mestral_experiments.views.lists.ordering import Key

T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """Which page of a list is asked for, and what of it.

    Attributes:
        page, size: In decimal digits; size None: all are on one page.
        offset, limit: How many entries precede the page, and are on it at most; limit None: all.
        order, descending: What the list is ordered by.
        fields: Those to show, None for all.
        by_cursor: Whether `cursor`, and not `offset`, says where the page begins.
        cursor: The last entry before it, None for the beginning.
    """

    page: str
    size: str | None
    offset: int
    limit: int | None
    order: str
    descending: bool
    fields: tuple[str, ...] | None = None
    by_cursor: bool = False
    cursor: Cursor | None = None


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """What is shown beside and of the entries of a page.

    Attributes:
        page, size, fields, by_cursor: As in `Asked`.
        pages, total: Number of pages, and of entries on all of them.
        next_cursor: Where the next page begins, None for the last.
    """

    page: str
    size: str | None
    pages: int
    total: int
    fields: tuple[str, ...] | None = None
    by_cursor: bool = False
    next_cursor: str | None = None


def turn(
    found: Sequence[T], asked: Asked, key: Callable[[T], Key], tie: Callable[[T], int | str]
) -> tuple[Sequence[T], Frame]:
    """The page of a list, and its frame.

    Args:
        found: All that was found, in the order that is asked for.
        asked: Which page.
        key: Sort key of an entry.
        tie: What breaks ties (`Cursor.tie`), of an entry.
    """
    total, limit = len(found), asked.limit
    start = asked.offset
    if asked.by_cursor:
        start = 0 if asked.cursor is None else place(found, asked.cursor, key, tie)
    shown = found[start:] if limit is None else found[start : start + limit]
    following = None
    if asked.by_cursor and len(shown) and start + len(shown) < total:
        following = Cursor(asked.order, asked.descending, *key(shown[-1]), tie(shown[-1])).text()
    pages = 1 if limit is None else -(-total // limit)
    return shown, Frame(asked.page, asked.size, pages, total, asked.fields, asked.by_cursor, following)
