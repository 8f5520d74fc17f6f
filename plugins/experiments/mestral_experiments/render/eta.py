"""Answer of `/v4/experiments/{expid}/eta`."""

import time
from typing import Any

import msgspec

from mestral import Problem
from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, JobQuery
from mestral_experiments.views.figures.eta import eta as eta_of

_FAILED = "Failed to compute ETA"


def eta(reader: ReaderContext, row: list[Any], section: str, running: bool) -> bytes:
    """How long a section still takes.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        section: Name of the section.
        running: Whether the experiment is running now.

    Raises:
        Problem: 400 when the section has no jobs or no chunks; 503 when the job list or the history is
            unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    try:
        jobs = [job for job in source.jobs(experiment, JobQuery()).jobs if job.section == section]
        if not jobs:
            raise Problem(400, f"No jobs found for section '{section}' in experiment '{experiment.name}'")
        if all(job.chunk is None for job in jobs):
            raise Problem(400, f"Section '{section}' in experiment '{experiment.name}' has no chunked jobs")
        attempts = source.last_times(experiment)
    except Problem as problem:
        if problem.status == 503:
            raise Problem(503, _FAILED, headers=problem.headers) from problem
        raise
    return msgspec.json.encode(eta_of(jobs, attempts, int(time.time()) if running else None))
