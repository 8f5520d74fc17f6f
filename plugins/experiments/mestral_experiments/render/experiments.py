"""Answers of `/v4/experiments` and `/v4/experiments/{expid}`."""

from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.summaries import UNPROVEN, summary
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.experiments import ExperimentPage, experiment_detail, experiment_item
from mestral_experiments.views.pagination import pagination


def search(
    reader: ReaderContext, rows: list[Any], page: str, size: str | None, pages: int, total: int
) -> Answer:
    """One page of the search.

    Args:
        reader: The reader's services and memory.
        rows: The experiments on the page (`Experiment`).
        page, size, pages, total: See `pagination`.
    """
    source: ExperimentSource = reader.service(SLOT)
    items, complete = [], True
    for experiment in msgspec.convert(rows, list[Experiment]):
        known = summary(reader, source, experiment)
        complete = complete and known.complete
        items.append(experiment_item(experiment, known.run, known.modified))
    found = pagination(page, size, pages=pages, items=len(items), total=total)
    body = msgspec.json.encode(ExperimentPage(items, found))
    return Answer(body=body) if complete else Answer(body=body, depends=UNPROVEN)


def detail(reader: ReaderContext, row: list[Any]) -> bytes:
    """One experiment (`Experiment`)."""
    return msgspec.json.encode(experiment_detail(msgspec.convert(row, Experiment)))
