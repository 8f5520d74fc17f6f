"""Answers of `/v4/experiments` and `/v4/experiments/{expid}`."""

from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.summaries import summary
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.experiments import ExperimentPage, experiment_detail, experiment_item
from mestral_experiments.views.pagination import pagination


def search(
    reader: ReaderContext, rows: list[Any], page: str, size: str | None, pages: int, total: int
) -> bytes:
    """One page of the search.

    Args:
        reader: The reader's services and memory.
        rows: The experiments on the page (`Experiment`).
        page, size, pages, total: See `pagination`.
    """
    source: ExperimentSource = reader.service(SLOT)
    items = []
    for experiment in msgspec.convert(rows, list[Experiment]):
        known = summary(reader, source, experiment)
        items.append(experiment_item(experiment, known.run, known.modified))
    found = pagination(page, size, pages=pages, items=len(items), total=total)
    return msgspec.json.encode(ExperimentPage(items, found))


def detail(reader: ReaderContext, row: list[Any]) -> bytes:
    """One experiment (`Experiment`)."""
    return msgspec.json.encode(experiment_detail(msgspec.convert(row, Experiment)))
