"""Cursors: where a list goes on, whatever was added or removed meanwhile.

Guarantees: a cursor names the last entry that was shown by its sort key and what breaks ties, not by a
number; the entry itself may be gone. It is opaque and validated: a text that no answer gave, or one of a
list in another order, is refused. It holds nothing but what was shown.
"""

import base64
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from mestral_experiments.views.lists.ordering import Key, is_number
from mestral_experiments.views.lists.pagination import POSITIVE

T = TypeVar("T")

FIRST = ""
"""The cursor that asks for the beginning."""
_INVALID = "Input should be empty or the 'next_cursor' of an answer in the same order"
_CHECK_BYTES = 4


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last entry that was shown.

    Attributes:
        order: Field that the list is ordered by.
        descending: Whether that order runs backwards.
        present, value: Its `Key`.
        tie: Id or name, which decides between entries with the same key; always ascending.
    """

    order: str
    descending: bool
    present: bool
    value: str | int | float
    tie: int | str

    def text(self) -> str:
        """As clients get it."""
        data = msgspec.msgpack.encode(self)
        return base64.urlsafe_b64encode(_check(data) + data).rstrip(b"=").decode()


class CursorPagination(msgspec.Struct, frozen=True):
    """The `pagination` object of a list that was asked for with a cursor."""

    page_size: Annotated[
        Annotated[msgspec.Raw, Meta(extra_json_schema=POSITIVE)] | None,
        Meta(description="Most entries on a page; null: all are on one."),
    ]
    page_items: Annotated[int, Meta(ge=0, description="Entries on this page.")]
    total_items: Annotated[int, Meta(ge=0, description="Entries on all pages, at this moment.")]
    next_cursor: Annotated[str | None, Meta(description="`cursor` of the next page; null: this is the last.")]


def cursor_pagination(size: str | None, items: int, total: int, following: str | None) -> CursorPagination:
    """The object for one page; `size` in decimal digits, as for `pagination`."""
    return CursorPagination(None if size is None else msgspec.Raw(size.encode()), items, total, following)


def read_cursor(text: str, order: str, descending: bool, tie: type[int] | type[str]) -> Cursor | None:
    """The cursor in a text; None for the beginning.

    Args:
        text: What the client sent.
        order, descending: Of the list that it asks for.
        tie: Type of what breaks ties in this list.

    Raises:
        ValueError: It is none, or of a list in another order; with the reason.
    """
    if text == FIRST:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        check, data = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        cursor = msgspec.msgpack.decode(data, type=Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise ValueError(_INVALID) from error
    if (
        check == _check(data)
        and (cursor.order, cursor.descending) == (order, descending)
        and type(cursor.tie) is tie
        and isinstance(cursor.value, str) is not is_number(order)
    ):
        return cursor
    raise ValueError(_INVALID)


def place(items: Sequence[T], cursor: Cursor, key: Callable[[T], Key], tie: Callable[[T], Any]) -> int:
    """Position of the first entry that comes after the cursor, in a list in its order.

    Args:
        items: The list.
        cursor: The last entry that was shown.
        key: Sort key of an entry.
        tie: What breaks ties, of an entry, as it is in the cursor.
    """
    last = (cursor.present, cursor.value)

    def comes_after(item: T) -> bool:
        own: Any = key(item)
        if own == last:
            return bool(tie(item) > cursor.tie)
        return bool(own < last) if cursor.descending else bool(own > last)

    return bisect_left(items, True, key=comes_after)


def _check(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECK_BYTES).digest()
