"""Answers made of the times of all jobs: `/v3/summary/{expid}` and `/v3/performance/{expid}`.

Guarantees: they need the job list; what else is missing or damaged counts as missing, save the configuration,
which `/v3/performance` needs. As long as nothing changes, only jobs that are waiting or running are looked at
again.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import compress
from operator import and_, not_
from typing import Any

import msgspec

from mestral import Problem, not_found
from mestral.readers import Answer, Fingerprint, ReaderContext, ticking
from mestral_experiments.model import Experiment, Job, JobStatus, Times
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.workflow import CLOCK_SECONDS, NO_JOB_LIST
from mestral_experiments.sources.protocol import SLOT, ExperimentSource, Part
from mestral_experiments.views.jobtimes import needs_submission, recorded
from mestral_experiments.views.messages import unread
from mestral_experiments.views.performance import SECTIONS, Done, Performance
from mestral_experiments.views.performance import performance as performance_of
from mestral_experiments.views.pictures import draw_performance
from mestral_experiments.views.runspeed import SIM
from mestral_experiments.views.summary import Tally, failed, tally
from mestral_experiments.views.summary import summary as summary_of
from mestral_experiments.views.timed import Recorded, edges_of_wrapped, job_times, part, unsettled
from mestral_experiments.views.together import Submitted, energies, submitted

TIMED = (Part.JOBS, Part.HISTORY, Part.WRAPPERS, Part.STRUCTURE)
"""The parts that the times of jobs are made of."""

_SUMMARY_BYTES = 4096  # what is kept of an experiment, roughly
_JOB_BYTES = 1024  # and of each job that is waiting or running


class _Counted(msgspec.Struct, frozen=True):
    """What is kept for summaries.

    Attributes:
        settled: Of the jobs whose times stay as they are.
        rest: All others.
        failed: Names of those that failed.
    """

    settled: Tally
    rest: Recorded
    failed: Sequence[str]


def summary(reader: ReaderContext, row: list[Any]) -> Answer:
    """How many jobs of an experiment (`Experiment`) are in which state, and their mean times.

    Raises:
        Problem: 404 without a job list; 503 when it is unusable.
    """
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    running, now = experiment.status == "RUNNING", _now()

    def build() -> tuple[_Counted, int, Fingerprint]:
        optional = OptionalParts()
        known = _recorded(source, experiment, _job_list(source, experiment), optional)
        times = job_times(known, now)
        moving = unsettled(known, times) if running else [False] * len(times)
        settled = list(map(not_, moving))
        counted = tally(list(compress(known.jobs, settled)), list(compress(times, settled)), running)
        rest = part(known, moving)
        kept = _Counted(counted, rest, failed(known.jobs, times))
        return kept, _SUMMARY_BYTES + _JOB_BYTES * len(rest.jobs), optional.fingerprint

    fingerprint = source.fingerprint(experiment, *TIMED)
    key = ("experiments.counted", experiment.name, running)
    counted, found = reader.memo.get_found(key, fingerprint, build)
    rest = counted.rest
    total = counted.settled + tally(rest.jobs, job_times(rest, now), running)
    body = msgspec.json.encode(summary_of(total, counted.failed))
    return Answer(body=body, depends=found + _clock(bool(rest.jobs)))


def performance(reader: ReaderContext, row: list[Any]) -> Answer:
    """How fast and how costly an experiment (`Experiment`) is.

    Raises:
        Problem: 404 when it lacks what Autosubmit itself needs, or a job list; 503 when the job list or the
            configuration is unusable.
    """
    shown, depends = _performance(reader.service(SLOT), msgspec.convert(row, Experiment))
    return Answer(body=msgspec.json.encode(shown), depends=depends)


def performance_picture(reader: ReaderContext, row: list[Any]) -> Answer:
    """How fast it is, as SVG; raises as `performance`."""
    experiment = msgspec.convert(row, Experiment)
    shown, depends = _performance(reader.service(SLOT), experiment)
    return Answer(body=draw_performance(experiment.name, shown).encode(), depends=depends)


def _performance(source: ExperimentSource, experiment: Experiment) -> tuple[Performance, Fingerprint]:
    obstacle, looked = source.obstacle(experiment)
    if obstacle is not None:
        raise not_found(obstacle)
    settings, configured = source.settings(experiment)
    optional = OptionalParts()
    optional.depends = looked + configured
    known = _recorded(source, experiment, named_job_list(source, experiment), optional)
    times = job_times(known, _now())
    completed = [job.status is JobStatus.COMPLETED and job.section in SECTIONS for job in known.jobs]
    live = any(map(and_, completed, unsettled(known, times)))
    done = [
        Done(job, each, _row(job, known))
        for job, each in compress(zip(known.jobs, times, strict=True), completed)
    ]
    runs = optional.read(partial(source.runs, experiment)) or ()
    shown = performance_of(
        done,
        settings,
        {run.run_id: run for run in runs},
        optional.read(partial(_energies, source, experiment, done, known.wrappers)) or {},
        known.wrappers,
    )
    return shown, optional.fingerprint + _clock(live)


def named_job_list(source: ExperimentSource, experiment: Experiment) -> Sequence[Job]:
    """The job list, for an answer that needs other things too.

    Raises:
        Problem: 404 without one, 503 when it is unusable; the message says that it is about the job list.
    """
    try:
        return _job_list(source, experiment)
    except Problem as problem:
        raise Problem(problem.status, unread(problem.message), headers=problem.headers) from problem


def _job_list(source: ExperimentSource, experiment: Experiment) -> Sequence[Job]:
    jobs = source.job_list(experiment)
    if jobs is None:
        raise not_found(NO_JOB_LIST)
    return jobs


def _recorded(
    source: ExperimentSource, experiment: Experiment, jobs: Sequence[Job], optional: OptionalParts
) -> Recorded:
    last = {row.name: row for row in optional.read(partial(source.last_times, experiment)) or ()}
    asked = [job.name for job in jobs if needs_submission(job.status, last.get(job.name))]
    lines = optional.read_files(partial(source.submissions, experiment, asked, last=True)) if asked else None
    wrappers = optional.read(partial(source.wrappers, experiment)) or {}
    edges = (optional.read(partial(source.edges, experiment)) or ()) if wrappers else ()
    return Recorded(
        jobs,
        last,
        {name: found[-1] for name, found in (lines or {}).items()},
        wrappers,
        edges_of_wrapped(jobs, wrappers, edges),
    )


def _row(job: Job, known: Recorded) -> Times | None:
    """The row of the history that the times of a job are from."""
    row = known.last.get(job.name)
    return row if recorded(job.status, row) else None


def _energies(
    source: ExperimentSource, experiment: Experiment, done: Sequence[Done], wrappers: Mapping[str, str]
) -> Mapping[Submitted, float]:
    """The energies of SIM jobs. Of runs where some were in wrappers everything is read: they share."""
    rows = source.attempts(experiment, completed=(SIM,))
    counts = {submitted(one.row) for one in done if one.row is not None and one.job.section == SIM}
    wrapped = {
        row.run_id
        for row in rows
        if (row.rowtype == 1 or row.name in wrappers) and row.run_id is not None and submitted(row) in counts
    }
    if not wrapped:
        return energies(rows)
    others = [row for row in rows if row.run_id not in wrapped]
    return energies(
        [*others, *(row for run_id in wrapped for row in source.attempts(experiment, run_id=run_id))]
    )


def _now() -> int:
    return int(time.time()) // CLOCK_SECONDS * CLOCK_SECONDS


def _clock(live: bool) -> Fingerprint:
    return ticking(CLOCK_SECONDS) if live else Fingerprint()
