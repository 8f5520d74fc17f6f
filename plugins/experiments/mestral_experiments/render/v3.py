"""Answers of `/v3/expcount`, of `/v3/ifrun` and of the v3 search family."""

import logging
from typing import Any

import msgspec

from mestral import Problem, not_found
from mestral.readers import Answer, Fingerprint, ReaderContext
from mestral_experiments.model import Brief, Experiment
from mestral_experiments.render.optional import UNPROVEN
from mestral_experiments.render.summaries import SUMMARIZED, summary
from mestral_experiments.render.workflow import NO_JOB_LIST
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.counters import count
from mestral_experiments.views.rows import Rows, experiment_row
from mestral_experiments.views.running import Running

logger = logging.getLogger(__name__)


def counters(reader: ReaderContext, row: list[Any]) -> bytes:
    """Jobs of one experiment (`Experiment`) by state.

    Raises:
        Problem: 404 without a job list; 503 when it is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    states = source.states(experiment)
    if states is None:
        raise not_found(NO_JOB_LIST)
    return msgspec.json.encode(count(experiment.name, states))


def running(reader: ReaderContext, runs: bool) -> bytes:
    """Whether an experiment runs."""
    return msgspec.json.encode(Running(runs, False, ""))


def rows(reader: ReaderContext, found: list[Any], running: bool) -> Answer:
    """The experiments found (`Experiment`).

    Args:
        reader: The reader's services and memory.
        found: The experiments, in order.
        running: Whether a missing user is the text "None", as `/v3/running` shows it.
    """
    source: ExperimentSource = reader.service(SLOT)
    shown, depends = [], []
    for experiment in source.in_turn(msgspec.convert(found, list[Experiment]), *SUMMARIZED):
        if running and experiment.user is None:
            experiment = msgspec.structs.replace(experiment, user="None")
        known = summary(reader, source, experiment)
        brief, fingerprint = _brief(source, experiment)
        depends += [fingerprint] if known.complete else [fingerprint, UNPROVEN]
        shown.append(experiment_row(experiment, known.run, known.modified, brief))
    stamps = tuple(stamp for fingerprint in depends for stamp in fingerprint.stamps)
    taken = min((fingerprint.taken_ns for fingerprint in depends if fingerprint.taken_ns), default=0)
    return Answer(body=msgspec.json.encode(Rows(shown)), depends=Fingerprint(stamps, taken_ns=taken))


def _brief(source: ExperimentSource, experiment: Experiment) -> tuple[Brief | None, Fingerprint]:
    """What its configuration says; None when it cannot be read, which harms nothing else."""
    try:
        return source.brief(experiment)
    except Problem as problem:
        logger.debug("%s is listed without its configuration: %s", experiment.name, problem.message)
        return None, UNPROVEN  # which files it would be made of is not known
