"""Answer of `/v4/experiments/{expid}/jobs`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, JobQuery
from mestral_experiments.views.jobs import JobItem, JobList, QuickItem, by_name, job_items, quick_items
from mestral_experiments.views.pagination import pagination


def jobs(reader: ReaderContext, row: list[Any], query: list[Any], quick: bool, page: str) -> bytes:
    """The job list or one page of it.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        query: What is asked for (`JobQuery`).
        quick: Whether only name and state are asked for.
        page: Number of the page in decimal digits.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment, asked = msgspec.convert(row, Experiment), msgspec.convert(query, JobQuery)
    items: Sequence[JobItem] | Sequence[QuickItem]
    if quick and asked == JobQuery():
        items = quick_items(by_name(source.states(experiment) or ()))
        total = len(items)
    else:
        found = source.jobs(experiment, asked)
        items = quick_items((job.name, job.status) for job in found.jobs) if quick else job_items(found.jobs)
        total = found.total
    size = asked.limit
    pages = max(1, -(-total // size)) if size else 1
    shown = pagination(page, str(size) if size else None, pages=pages, items=len(items), total=total)
    return msgspec.json.encode(JobList(items, shown))
