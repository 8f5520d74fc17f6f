"""Answers of `/v4/experiments/{expid}/runs` and of what lies below it."""

from typing import Any

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.configuration import encode_any
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.metrics import metric_runs, metrics
from mestral_experiments.views.runs.runs import run_configuration, run_list


def runs(reader: ReaderContext, row: list[Any]) -> bytes:
    """The runs of an experiment (`Experiment`)."""
    source: ExperimentSource = reader.service(SLOT)
    return msgspec.json.encode(run_list(source.runs(msgspec.convert(row, Experiment))))


def configuration(reader: ReaderContext, row: list[Any] | None, run_id: str | None) -> bytes:
    """The configuration of a run.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`), None when it is unknown.
        run_id: Id of the run in decimal digits, None when it is no number.
    """
    source: ExperimentSource = reader.service(SLOT)
    number = int(run_id or 0)
    known = row is not None and run_id is not None
    found = source.run_configuration(msgspec.convert(row, Experiment), number) if known else None
    return encode_any(run_configuration(number, found))


def metric_run_ids(reader: ReaderContext, row: list[Any] | None) -> bytes:
    """The runs of an experiment (`Experiment`, None when it is unknown) that have user metrics."""
    source: ExperimentSource = reader.service(SLOT)
    found = source.metric_runs(msgspec.convert(row, Experiment)) if row is not None else ()
    return msgspec.json.encode(metric_runs(found))


def user_metrics(reader: ReaderContext, row: list[Any], run_id: str) -> bytes:
    """The user metrics of one run of an experiment (`Experiment`); the id in decimal digits."""
    source: ExperimentSource = reader.service(SLOT)
    number = int(run_id)
    return msgspec.json.encode(metrics(number, source.metrics(msgspec.convert(row, Experiment), number)))
