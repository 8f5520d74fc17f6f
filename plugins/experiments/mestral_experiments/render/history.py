"""Answers of `/v3/runs`, `/v3/history` and `/v3/rundetail`: all from the history of runs.

Guarantees: an answer in which time passes says so in its fingerprint; others stay as they are.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from mestral import not_found
from mestral.readers import Answer, Fingerprint, ReaderContext
from mestral_experiments.model import Attempt, Experiment, PartName, PartState, Resources
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.pace import clock_of
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, Part
from mestral_experiments.views.figures import figures
from mestral_experiments.views.runs.attempts import by_run, recorded_times
from mestral_experiments.views.runs.jobhistory import Shown, attempts_of_job, job_history
from mestral_experiments.views.runs.rundetail import NO_RUN, run_detail
from mestral_experiments.views.runs.runhistory import run_history
from mestral_experiments.views.runs.runspeed import (
    POST,
    SIM,
    completed,
    finished,
    post_seconds,
    unfinished,
    with_speed,
)
from mestral_experiments.views.runs.together import code_of, waits

_POSTS_BYTES = 4096  # a mean for each run with the fingerprint that they are kept under, roughly


def runs(reader: ReaderContext, row: list[Any]) -> Answer:
    """The runs of an experiment (`Experiment`).

    Raises:
        Problem: 404 without any; 503 when the history is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    found = source.runs(experiment)
    if not found:
        raise not_found("No data")
    attempts = completed(source.attempts(experiment))  # of all sections: wrappers may hold some of each
    newest = found[-1].run_id
    if unfinished(attempts.get(newest, ())):
        attempts[newest] = finished(attempts[newest], source.last_times(experiment))
    optional = OptionalParts()
    settings = optional.read_files(partial(source.settings, experiment))
    elements = (settings.resources_of(SIM) if settings is not None else Resources()).elements
    return optional.answer(msgspec.json.encode(run_history(found, attempts, elements)))


def history(reader: ReaderContext, row: list[Any], name: str) -> Answer:
    """All attempts of one job of an experiment (`Experiment`).

    Raises:
        Problem: 404 without a history; 503 when it is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment, clock = msgspec.convert(row, Experiment), clock_of(1)
    found = _attempts(reader, source, experiment, name)
    if not found and not source.runs(experiment) and _has_no_history(source, experiment):
        raise not_found("The experiment has no history.")
    shown = job_history(found, str(source.log_folder(experiment)))
    return Answer(body=msgspec.json.encode(shown), depends=clock if _is_live(found) else Fingerprint())


def history_figures(reader: ReaderContext, row: list[Any], name: str) -> Answer:
    """The same for programs; none without a history. Raises 503 when it is unusable."""
    source: ExperimentSource = reader.service(SLOT)
    clock = clock_of(1)
    found = _attempts(reader, source, msgspec.convert(row, Experiment), name)
    body = msgspec.json.encode(figures.history_figures(name, found))
    return Answer(body=body, depends=clock if _is_live(found) else Fingerprint())


def _attempts(
    reader: ReaderContext, source: ExperimentSource, experiment: Experiment, name: str
) -> Sequence[Shown]:
    """All attempts of one job, newest first."""
    runs, attempts = source.runs(experiment), source.attempts(experiment, name=name)
    wrapped = {attempt.run_id for attempt in attempts if code_of(attempt) is not None}
    mates = [mate for run_id in wrapped for mate in _of_run(source, experiment, run_id)]
    fast = any(map(with_speed, attempts))
    posts = _posts(reader, source, experiment) if fast else {}
    return attempts_of_job(attempts, mates, runs, posts, int(time.time()))


def detail(reader: ReaderContext, row: list[Any], run_id: str) -> Answer:
    """The attempts of one run of an experiment (`Experiment`), the run by its id in decimal digits.

    Raises:
        Problem: 404 without such a run; 503 when the history is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment, number = msgspec.convert(row, Experiment), int(run_id)
    found = source.runs(experiment)
    run = next((run for run in found if run.run_id == number), None)
    if run is None:
        raise not_found(NO_RUN)
    attempts = source.attempts(experiment, run_id=number)
    logs, clock = str(source.log_folder(experiment)), clock_of(len(attempts))
    answer, live = run_detail(experiment.name, found, run, attempts, logs, int(time.time()))
    return Answer(body=msgspec.json.encode(answer), depends=clock if live else Fingerprint())


def _posts(
    reader: ReaderContext, source: ExperimentSource, experiment: Experiment
) -> Mapping[int | None, float]:
    """Mean seconds of post-processing in every run; kept, since every job's history asks for it."""

    def build() -> tuple[Mapping[int | None, float], int]:
        found = by_run(source.attempts(experiment, completed=(POST,)))
        means = {}
        for run_id, attempts in found.items():
            everyone: Sequence[Attempt] = attempts
            if any(code_of(attempt) is not None for attempt in attempts):
                everyone = _of_run(source, experiment, run_id)
            means[run_id] = post_seconds(everyone, waits(everyone, recorded_times))
        return means, _POSTS_BYTES

    fingerprint = source.fingerprint(experiment, Part.HISTORY)
    return reader.memo.get(("experiments.posts", experiment.name), fingerprint, build)


def _of_run(source: ExperimentSource, experiment: Experiment, run_id: int | None) -> Sequence[Attempt]:
    return source.attempts(experiment, run_id=run_id) if run_id is not None else ()


def _has_no_history(source: ExperimentSource, experiment: Experiment) -> bool:
    """Whether there is none at all, and not just an empty one."""
    return any(
        condition.part is PartName.HISTORY and condition.state is PartState.MISSING
        for condition in source.conditions(experiment)
    )


def _is_live(found: Sequence[Shown]) -> bool:
    return any(shown.times.live for shown in found)
