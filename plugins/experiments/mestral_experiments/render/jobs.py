"""Answer of `/v4/experiments/{expid}/jobs`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, JobQuery
from mestral_experiments.views.jobs import JobList, QuickJobList, by_name, job_items, quick_items
from mestral_experiments.views.pagination import Pagination, pagination


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

    def shown(items: Sequence[object], total: int) -> Pagination:
        size = asked.limit
        pages = max(1, -(-total // size)) if size else 1
        return pagination(page, str(size) if size else None, pages=pages, items=len(items), total=total)

    if quick and asked == JobQuery():
        states = quick_items(by_name(source.states(experiment) or ()))
        return msgspec.json.encode(QuickJobList(states, shown(states, len(states))))
    found = source.jobs(experiment, asked)
    if quick:
        states = quick_items((job.name, job.status) for job in found.jobs)
        return msgspec.json.encode(QuickJobList(states, shown(states, found.total)))
    return msgspec.json.encode(JobList(job_items(found.jobs), shown(found.jobs, found.total)))
