"""Answer of `/v4/experiments/{expid}/jobs`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, JobQuery
from mestral_experiments.views.jobs import QUICK, by_name, job_items, quick_items
from mestral_experiments.views.lists.joblisting import (
    Item,
    framed,
    in_order_of_names,
    job_page,
    name_before,
    turn_jobs,
)
from mestral_experiments.views.lists.turning import Asked


def jobs(reader: ReaderContext, row: list[Any], query: list[Any], quick: bool, page: list[Any]) -> bytes:
    """The job list or one page of it.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        query: Which jobs match (`JobQuery` without a page).
        quick: Whether only name and state are asked for.
        page: Which page of them, in which order (`Asked`).
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment, matching = msgspec.convert(row, Experiment), msgspec.convert(query, JobQuery)
    asked = msgspec.convert(page, Asked)
    short = asked.order in QUICK and (quick if asked.fields is None else QUICK.issuperset(asked.fields))
    if in_order_of_names(asked):
        items, total = _items(source, experiment, _page_of(matching, asked), short)
        items, frame = framed(items, asked, total)
    else:
        items, frame = turn_jobs(_items(source, experiment, matching, short)[0], asked)
    return msgspec.json.encode(job_page(items, frame, quick))


def _page_of(matching: JobQuery, asked: Asked) -> JobQuery:
    """The same jobs, those of the page alone; with a cursor one more, which tells that others follow."""
    if not asked.by_cursor:
        return msgspec.structs.replace(matching, offset=asked.offset, limit=asked.limit)
    return msgspec.structs.replace(
        matching,
        limit=None if asked.limit is None else asked.limit + 1,
        after=None if asked.cursor is None else name_before(asked.cursor),
    )


def _items(
    source: ExperimentSource, experiment: Experiment, query: JobQuery, short: bool
) -> tuple[Sequence[Item], int]:
    """The jobs, only name and state if `short`, and how many match."""
    if short and query == JobQuery():
        states = quick_items(by_name(source.states(experiment) or ()))
        return states, len(states)
    found = source.jobs(experiment, query)
    if short:
        return quick_items((job.name, job.status) for job in found.jobs), found.total
    return job_items(found.jobs), found.total
