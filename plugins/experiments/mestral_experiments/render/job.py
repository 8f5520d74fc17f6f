"""Answer of `/v4/experiments/{expid}/jobs/{job_name}`."""

from functools import partial
from typing import Any

import msgspec

from mestral import not_found
from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.job import has_logs, job_detail, needs_run, needs_submission


def detail(reader: ReaderContext, row: list[Any], name: str) -> Answer:
    """One job of an experiment (`Experiment`).

    Raises:
        Problem: 404 without such a job; 503 when the job list is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    job = source.job(experiment, name)
    if job is None:
        raise not_found(f"Job with name '{name}' not found in experiment '{experiment.name}'")
    optional = OptionalParts()
    attempts = optional.read(partial(source.attempts, experiment, name=name, last=True))
    attempt = attempts[-1] if attempts else None
    settings = optional.read_files(partial(source.settings, experiment))
    run = optional.read(partial(source.latest_run, experiment)) if needs_run(settings) else None
    wrapper = optional.read(partial(source.last_wrapper, experiment, name))
    logs = optional.read_files(partial(source.logs, experiment, name)) if has_logs(job) else None
    submission = None
    if needs_submission(job, attempt):
        recorded = optional.read_files(partial(source.submissions, experiment, [name], last=True)) or {}
        submission = next(iter(recorded.get(name, ())), None)
    return optional.answer(
        msgspec.json.encode(job_detail(job, attempt, run, settings, wrapper, logs, submission))
    )
