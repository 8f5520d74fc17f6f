"""Answers of `/v4/experiments/{expid}/wrappers` and of the parents and children of a job."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.relations import (
    Children,
    Parents,
    Relative,
    WrapperList,
    relatives,
    wrapper_items,
)


def parents(reader: ReaderContext, row: list[Any], job: str, include_status: bool) -> Answer:
    """The jobs that a job of the experiment (`Experiment`) waits for, on demand with their states."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    optional = OptionalParts()
    found = _relatives(source, experiment, source.parents(experiment, job), include_status, optional)
    return optional.answer(msgspec.json.encode(Parents(found)))


def children(reader: ReaderContext, row: list[Any], job: str, include_status: bool) -> Answer:
    """As `parents`, of the jobs that wait for it."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    optional = OptionalParts()
    found = _relatives(source, experiment, source.children(experiment, job), include_status, optional)
    return optional.answer(msgspec.json.encode(Children(found)))


def wrappers(reader: ReaderContext, row: list[Any]) -> bytes:
    """The wrappers of an experiment (`Experiment`)."""
    source: ExperimentSource = reader.service(SLOT)
    found = source.wrappers(msgspec.convert(row, Experiment))
    return msgspec.json.encode(WrapperList(wrapper_items(found)))


def _relatives(
    source: ExperimentSource,
    experiment: Experiment,
    names: Sequence[str],
    include_status: bool,
    optional: OptionalParts,
) -> list[Relative]:
    """The jobs; a job list that cannot be read leaves their states out."""
    states = optional.read(lambda: source.states_of(experiment, names)) if include_status and names else None
    return relatives(names, states)
