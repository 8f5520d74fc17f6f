"""Answer of `/v3/expinfo/{expid}`."""

from functools import partial
from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment, FolderFacts
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.expinfo import experiment_info


def expinfo(reader: ReaderContext, row: list[Any], folder: list[Any] | None) -> Answer:
    """What is known of an experiment. Nothing that is damaged makes it fail.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        folder: Its folder (`FolderFacts`), None without one.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    parts = OptionalParts()
    facts = msgspec.convert(folder, FolderFacts | None)
    obstacle = parts.read_files(partial(source.obstacle, experiment))
    settings = parts.read_files(partial(source.settings, experiment))
    problems = [problem.message for problem in parts.problems]  # what else cannot be read is no error here
    if obstacle is not None:
        problems.append(obstacle)
    elif settings is None and not problems:
        problems.append("The configuration is incomplete.")
    run = parts.read(partial(source.latest_run, experiment))
    modified = parts.read(partial(source.modified, experiment))
    shown = experiment_info(experiment, facts, settings, run, modified, problems)
    return parts.answer(msgspec.json.encode(shown))
