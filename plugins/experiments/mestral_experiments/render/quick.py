"""Answer of `/v3/quick/{expid}`."""

from functools import partial
from typing import Any

import msgspec

from mestral import not_found
from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.workflow import NO_JOB_LIST
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.workflow.quick import quick as quick_of


def quick(reader: ReaderContext, row: list[Any]) -> Answer:
    """All jobs of an experiment (`Experiment`), briefly.

    Raises:
        Problem: 404 without a job list; 503 when it is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    jobs = source.job_list(experiment)
    if jobs is None:
        raise not_found(NO_JOB_LIST)
    optional = OptionalParts()
    wrappers = optional.read(partial(source.wrappers, experiment)) or {}
    shown = quick_of(jobs, wrappers, str(source.log_folder(experiment)))
    return optional.answer(msgspec.json.encode(shown))
