"""Answer of `/v4/experiments/{expid}/health`."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment, PartState
from mestral_experiments.render.optional import UNPROVEN
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.health import experiment_health


def health(reader: ReaderContext, row: list[Any]) -> Answer:
    """The condition of every part of the experiment (`Experiment`)."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    conditions = source.conditions(experiment)
    body = msgspec.json.encode(experiment_health(experiment.name, conditions, datetime.now(UTC)))
    passes = any(condition.state is PartState.BUSY for condition in conditions)
    return Answer(body=body, depends=UNPROVEN) if passes else Answer(body=body)
