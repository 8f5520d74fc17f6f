"""One page of experiments: which of them are on it, and how they are shown.

Guarantees: without `fields` and `cursor` the answer is exactly that of the contract (contract/API_V4.md 3.1).
"""

from collections.abc import Sequence
from typing import Any

from mestral_experiments.views.experiments import (
    ChosenExperiment,
    ChosenExperimentPage,
    ExperimentItem,
    ExperimentPage,
    ExperimentSlice,
)
from mestral_experiments.views.lists.cursors import cursor_pagination
from mestral_experiments.views.lists.fields import chosen
from mestral_experiments.views.lists.ordering import Key, key_of
from mestral_experiments.views.lists.pagination import pagination
from mestral_experiments.views.lists.selection import within
from mestral_experiments.views.lists.turning import Asked, Frame, turn
from mestral_experiments.views.times import instant


def turn_by_files(
    items: Sequence[ExperimentItem], asked: Asked, since: float | None, before: float | None
) -> tuple[Sequence[ExperimentItem], Frame]:
    """The same for a list that only what was read from files can put in order.

    Args:
        items: By ascending id.
        asked: Which page.
        since, before: Range of `modified`, epoch seconds; the first is in it and the second is not.
    """

    def key(item: ExperimentItem) -> Key:
        return key_of(asked.order, getattr(item, asked.order))

    if since is not None or before is not None:
        items = [item for item in items if within(instant(item.modified), since, before)]
    # sorted() keeps the order of equal keys (here: id) also when it is reversed
    return turn(sorted(items, key=key, reverse=asked.descending), asked, key, lambda item: item.id)


def experiment_page(
    items: Sequence[ExperimentItem], frame: Frame
) -> ExperimentPage | ChosenExperimentPage | ExperimentSlice:
    """The answer for one page."""
    shown: Sequence[Any] = items
    if frame.fields is not None:
        shown = chosen(ChosenExperiment, items, frame.fields)
    if frame.by_cursor:
        return ExperimentSlice(
            shown, cursor_pagination(frame.size, len(items), frame.total, frame.next_cursor)
        )
    numbers = pagination(frame.page, frame.size, pages=frame.pages, items=len(items), total=frame.total)
    return (ExperimentPage if frame.fields is None else ChosenExperimentPage)(shown, numbers)
