"""One page of jobs: which of them are on it, and how they are shown.

Guarantees: without `fields` and `cursor` the answer is exactly that of the contract (contract/API_V4.md 4.1).
Jobs with the same sort key are in (lower-case name, name) order, whatever the direction.
"""

from collections.abc import Sequence
from typing import Any

from mestral_experiments.views.jobs import (
    ChosenJob,
    ChosenJobList,
    JobItem,
    JobList,
    JobSlice,
    QuickItem,
    QuickJobList,
)
from mestral_experiments.views.lists.cursors import Cursor, cursor_pagination
from mestral_experiments.views.lists.fields import chosen
from mestral_experiments.views.lists.ordering import Key, key_of
from mestral_experiments.views.lists.pagination import pagination
from mestral_experiments.views.lists.turning import Asked, Frame, turn

Item = JobItem | QuickItem

_BETWEEN = "\0"  # sorts before every character of a name


def in_order_of_names(asked: Asked) -> bool:
    """Whether a list is wanted as sources give it: then they can give the page alone."""
    return asked.order == "name" and not asked.descending


def name_before(cursor: Cursor) -> str:
    """Name of the last job before the page."""
    return str(cursor.tie).rpartition(_BETWEEN)[2]


def framed(items: Sequence[Item], asked: Asked, total: int) -> tuple[Sequence[Item], Frame]:
    """A page that the source gave, and its frame.

    Args:
        items: The jobs of the page; with a cursor one more, where there is one.
        asked: Which page, in the order of names.
        total: Number of jobs on all pages.
    """
    limit, following = asked.limit, None
    if asked.by_cursor and limit is not None and len(items) > limit:
        items = items[:limit]
        last = items[-1]
        following = Cursor("name", False, *_key_of_name(last), _tie(last)).text()
    pages = 1 if limit is None else -(-total // limit)
    return items, Frame(asked.page, asked.size, pages, total, asked.fields, asked.by_cursor, following)


def turn_jobs(items: Sequence[Item], asked: Asked) -> tuple[Sequence[Item], Frame]:
    """The page of all jobs that match (in the order of names), and its frame."""

    def key(item: Item) -> Key:
        if asked.order == "name":
            return _key_of_name(item)
        return key_of(asked.order, getattr(item, asked.order))

    # sorted() keeps the order of equal keys (here: by name) also when it is reversed
    return turn(sorted(items, key=key, reverse=asked.descending), asked, key, _tie)


def job_page(
    items: Sequence[Item], frame: Frame, quick: bool
) -> JobList | QuickJobList | ChosenJobList | JobSlice:
    """The answer for one page."""
    shown: Sequence[Any] = items
    if frame.fields is not None:
        shown = chosen(ChosenJob, items, frame.fields)
    elif quick and items and isinstance(items[0], JobItem):  # another field put them in order
        shown = [QuickItem(item.name, item.status) for item in items]
    if frame.by_cursor:
        return JobSlice(shown, cursor_pagination(frame.size, len(items), frame.total, frame.next_cursor))
    numbers = pagination(
        frame.page, frame.size, pages=max(1, frame.pages), items=len(items), total=frame.total
    )
    if frame.fields is not None:
        return ChosenJobList(shown, numbers)
    return QuickJobList(shown, numbers) if quick else JobList(shown, numbers)


def _key_of_name(item: Item) -> Key:
    return True, item.name.lower()


def _tie(item: Item) -> str:
    return f"{item.name.lower()}{_BETWEEN}{item.name}"
