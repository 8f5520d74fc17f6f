"""Answer of `/v3/expinfo/{expid}`."""

from functools import partial
from typing import Any

import msgspec

from mestral import Problem
from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import UNPROVEN, OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.expinfo import experiment_info


def expinfo(reader: ReaderContext, row: list[Any]) -> Answer:
    """An experiment (`Experiment`) as a whole. What cannot be read is left out and said."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    optional = OptionalParts()
    problems: list[str] = []
    obstacle = optional.read_files(partial(source.obstacle, experiment))
    settings = None
    if obstacle is not None:
        problems.append(obstacle)
    else:
        try:
            settings, configured = source.settings(experiment)
            optional.depends += configured
        except Problem as problem:
            problems.append(problem.message)
            optional.depends += UNPROVEN  # of what is damaged the files are not known
    info = experiment_info(
        experiment,
        optional.read_files(partial(source.facts, experiment)),
        settings,
        optional.read(partial(source.latest_run, experiment)),
        optional.read(partial(source.modified, experiment)),
        problems,
    )
    return optional.answer(msgspec.json.encode(info))
