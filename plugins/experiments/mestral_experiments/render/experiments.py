"""Answers of `/v4/experiments`, `/v4/experiments:batch` and `/v4/experiments/{expid}`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import UNPROVEN
from mestral_experiments.render.summaries import SUMMARIZED, summary
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.experiments import (
    FROM_FILES,
    ChosenExperiment,
    ExperimentBatch,
    ExperimentItem,
    experiment_detail,
    experiment_item,
)
from mestral_experiments.views.lists.fields import chosen
from mestral_experiments.views.lists.listing import experiment_page, turn_by_files
from mestral_experiments.views.lists.turning import Asked, Frame


def search(reader: ReaderContext, rows: list[Any], shown: list[Any]) -> Answer:
    """One page of the search.

    Args:
        reader: The reader's services and memory.
        rows: The experiments on the page (`Experiment`).
        shown: What is shown of it (`Frame`).
    """
    frame = msgspec.convert(shown, Frame)
    items, complete = _items(reader, rows, frame.fields)
    return _answer(experiment_page(items, frame), complete)


def search_by_files(
    reader: ReaderContext, rows: list[Any], page: list[Any], since: float | None, before: float | None
) -> Answer:
    """One page of a search that depends on what the files of all matches say.

    Args:
        reader: The reader's services and memory.
        rows: All experiments that match otherwise (`Experiment`), by id.
        page: Which page (`Asked`).
        since, before: See `turn_by_files`.
    """
    items, complete = _items(reader, rows, None)
    shown, frame = turn_by_files(items, msgspec.convert(page, Asked), since, before)
    return _answer(experiment_page(shown, frame), complete)


def batch(reader: ReaderContext, rows: list[Any], unknown: list[str], fields: list[str] | None) -> Answer:
    """Several experiments.

    Args:
        reader: The reader's services and memory.
        rows: Those that exist (`Experiment`).
        unknown: Names of those that do not.
        fields: Names of the fields to show, None for all.
    """
    items, complete = _items(reader, rows, fields)
    shown = items if fields is None else chosen(ChosenExperiment, items, fields)
    return _answer(ExperimentBatch(shown, unknown), complete)


def detail(reader: ReaderContext, row: list[Any]) -> bytes:
    """One experiment (`Experiment`)."""
    return msgspec.json.encode(experiment_detail(msgspec.convert(row, Experiment)))


def _items(
    reader: ReaderContext, rows: list[Any], fields: Sequence[str] | None
) -> tuple[list[ExperimentItem], bool]:
    """The experiments (`Experiment`) as they are listed, and whether everything of them could be read.

    Their files are not looked at where none of the fields comes from them.
    """
    experiments = msgspec.convert(rows, list[Experiment])
    if fields is not None and FROM_FILES.isdisjoint(fields):
        return [experiment_item(experiment, None, None) for experiment in experiments], True
    source: ExperimentSource = reader.service(SLOT)
    items, complete = [], True
    for experiment in source.in_turn(experiments, *SUMMARIZED):
        known = summary(reader, source, experiment)
        complete = complete and known.complete
        items.append(experiment_item(experiment, known.run, known.modified))
    return items, complete


def _answer(shown: msgspec.Struct, complete: bool) -> Answer:
    body = msgspec.json.encode(shown)
    return Answer(body=body) if complete else Answer(body=body, depends=UNPROVEN)
