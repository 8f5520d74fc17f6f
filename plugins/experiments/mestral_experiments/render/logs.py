"""Answers of `/v3/exprun`, `/v3/exp-recovery-logs`, `/v3/joblog` and `/v3/logrun`."""

import time
from functools import partial
from typing import Any

import msgspec

from mestral.readers import Answer, ReaderContext
from mestral_experiments.model import Experiment
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.logs import LOG_LINES, job_log_end, platform_logs, run_log_end
from mestral_experiments.views.running import run_log_state

_LOGS_AMONG_JOBS = ("3.9", "3.11", "3.12")
"""How versions of Autosubmit begin that wrote the logs of runs where the files of jobs are."""


def run_log(reader: ReaderContext, row: list[Any]) -> Answer:
    """The end of the newest log of a run of an experiment (`Experiment`).

    Raises:
        Problem: 503 when it cannot be looked for or read now.
    """
    source: ExperimentSource = reader.service(SLOT)
    log, depends = source.run_log(msgspec.convert(row, Experiment), LOG_LINES)
    return Answer(body=msgspec.json.encode(run_log_end(log)), depends=depends)


def recovery_logs(reader: ReaderContext, row: list[Any]) -> Answer:
    """The ends of the logs of fetching logs of an experiment (`Experiment`); raises as `run_log`."""
    source: ExperimentSource = reader.service(SLOT)
    found, depends = source.recovery_logs(msgspec.convert(row, Experiment), LOG_LINES)
    return Answer(body=msgspec.json.encode(platform_logs(found)), depends=depends)


def job_log(reader: ReaderContext, row: list[Any], name: str) -> Answer:
    """The end of the log of that name of a job of an experiment (`Experiment`); raises as `run_log`."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    log, depends = source.job_log(experiment, name, LOG_LINES)
    path = f"{source.log_folder(experiment)}/{name}"
    return Answer(body=msgspec.json.encode(job_log_end(path, log)), depends=depends)


def run_log_age(reader: ReaderContext, row: list[Any]) -> Answer:
    """How old the newest log of a run of an experiment (`Experiment`) is; raises as `run_log`."""
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    parts = OptionalParts()
    brief = parts.read_files(partial(source.brief, experiment))
    version = (brief and brief.version) or ""
    log, depends = source.run_log(experiment, 0, jobs_first=version.startswith(_LOGS_AMONG_JOBS))
    parts.depends += depends
    return parts.answer(msgspec.json.encode(run_log_state(experiment, log, time.time())))
