"""Answer of `/v4/experiments/{expid}/jobs`."""

from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, JobQuery
from mestral_experiments.views.jobs import JobList, job_items, quick_items
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
    asked = msgspec.convert(query, JobQuery)
    found = source.jobs(msgspec.convert(row, Experiment), asked)
    size = asked.limit
    pages = max(1, -(-found.total // size)) if size else 1
    listed = pagination(
        page, str(size) if size else None, pages=pages, items=len(found.jobs), total=found.total
    )
    return msgspec.json.encode(JobList(quick_items(found.jobs) if quick else job_items(found.jobs), listed))
