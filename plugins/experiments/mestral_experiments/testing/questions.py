"""All that can be asked about an experiment, and answers in a form that can be compared."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from mestral import Problem
from mestral.readers import Fingerprint
from mestral_experiments.model import Experiment
from mestral_experiments.sources.protocol import ExperimentSource, JobQuery, Part

T = TypeVar("T")

HOSTILE_NAMES = ("", "..", "../x", "a\0b", "\ud800", "%", "_", "'\"`;--", "\n", "٤٢", "x" * 100_000)
"""Names of nothing, which clients send all the same."""
HOSTILE_NUMBERS = (-1, 2**31, 2**63, -(2**63) - 1, 10**30)
"""Numbers of nothing."""

_MOST = 4
_LINES = 3
_TECHNICAL = re.compile(r"[/\\\n]|\b(SELECT|INSERT|FROM|WHERE)\b|Traceback")


class Question(NamedTuple):
    """Something that a source is asked about an experiment.

    Attributes:
        part: Where this part is damaged there is no answer; None where there may be one all the same.
        ask: Asks a source.
    """

    part: Part | None
    ask: Callable[[ExperimentSource], Any]


class _Asked:
    """Collects questions."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.questions: dict[str, Question] = {}

    def add(self, part: Part | None, method: str, *arguments: object, **options: object) -> None:
        """Ask this method of a source."""
        given = ", ".join([*map(repr, arguments), *(f"{name}={value!r}" for name, value in options.items())])
        asked = Question(part, methodcaller(method, self.experiment, *arguments, **options))
        self.questions[f"{method}({given})"] = asked


def questions(source: ExperimentSource, experiment: Experiment) -> Mapping[str, Question]:
    """All questions about an experiment, each under its own text.

    Args:
        source: Tells the names of jobs and the numbers of runs; some of them are asked about.
        experiment: The row.
    """
    asked = _Asked(experiment)
    jobs = spread(source.jobs(experiment, JobQuery()).jobs)
    asked.add(Part.JOBS, "jobs", JobQuery())
    asked.add(Part.JOBS, "jobs", JobQuery(name="!zz", offset=1, limit=3))
    asked.add(Part.JOBS, "states")
    asked.add(Part.JOBS, "job_list")
    asked.add(Part.JOBS, "states_of", [job.name for job in jobs])
    asked.add(None, "modified")
    asked.add(Part.STRUCTURE, "edges")
    asked.add(Part.LAYOUT, "layout")
    asked.add(Part.WRAPPERS, "wrappers")
    asked.add(Part.HISTORY, "latest_run")
    asked.add(Part.HISTORY, "runs")
    asked.add(Part.HISTORY, "attempts")
    asked.add(Part.HISTORY, "attempts", last=True)
    asked.add(Part.HISTORY, "last_times")
    asked.add(Part.METRICS, "metric_runs")
    asked.add(Part.CONFIGURATION, "configuration")
    asked.add(Part.CONFIGURATION, "brief")
    asked.add(Part.CONFIGURATION, "settings")
    asked.add(None, "conditions")
    asked.add(None, "obstacle")
    asked.add(None, "facts")
    asked.add(None, "logs_by_job")
    asked.add(None, "submissions", [job.name for job in jobs])
    asked.add(None, "run_log", _LINES)
    asked.add(None, "run_log", _LINES, jobs_first=True)
    asked.add(None, "recovery_logs", _LINES)
    for job in jobs:
        asked.add(Part.JOBS, "job", job.name)
        asked.add(Part.STRUCTURE, "parents", job.name)
        asked.add(Part.STRUCTURE, "children", job.name)
        asked.add(Part.WRAPPERS, "last_wrapper", job.name)
        asked.add(Part.HISTORY, "attempts", name=job.name)
        asked.add(None, "logs", job.name)
        logs = source.logs(experiment, job.name)[0]
        for path in filter(None, (logs.out, logs.err)):
            asked.add(None, "job_log", Path(path).name, _LINES)
        asked.add(None, "submissions", [job.name], last=True)
    asked.add(Part.HISTORY, "attempts", completed=sorted({job.section for job in jobs}))
    for run in spread(source.runs(experiment)):
        asked.add(Part.HISTORY, "attempts", run_id=run.run_id)
        asked.add(Part.HISTORY, "run_configuration", run.run_id)
    for run_id in spread(source.metric_runs(experiment)):
        asked.add(Part.METRICS, "metrics", run_id)
    return asked.questions


def answers(source: ExperimentSource, asked: Mapping[str, Question]) -> dict[str, Any]:
    """What a source answers now: records as plain values, a `Problem` as its status and its sentence."""
    return {text: _answer(source, question) for text, question in asked.items()}


def without_files(answer: Any) -> Any:
    """An answer without the fingerprint that comes along."""
    paired = isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], Fingerprint)
    return answer[0] if paired else answer


def spread(items: Sequence[T]) -> Sequence[T]:
    """Some of the items, from all over."""
    return items[:: max(1, len(items) // _MOST)]


def is_sentence(text: str) -> bool:
    """Whether a text is for people: no path, no SQL, no URL, no program."""
    return len(text) > 10 and text[0].isupper() and _TECHNICAL.search(text) is None


def _answer(source: ExperimentSource, question: Question) -> Any:
    try:
        answer = without_files(question.ask(source))
    except Problem as problem:
        return problem.status, problem.message
    return msgspec.to_builtins(list(answer) if isinstance(answer, tuple) else answer)
