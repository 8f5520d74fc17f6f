"""Answers made of the times of all jobs: `/v3/summary/{expid}` and `/v3/performance/{expid}`.

Guarantees: they need the job list; what else is missing or damaged counts as missing, save the configuration,
which `/v3/performance` needs. For a summary, as long as nothing changes, only jobs that wait or run are
looked at again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import compress
from typing import Any

import msgspec

from mestral import Problem, not_found
from mestral.readers import Answer, Fingerprint, ReaderContext
from mestral_experiments.model import Experiment, Job, JobStatus, Times
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.pace import clock_of, seconds_of
from mestral_experiments.render.workflow import NO_JOB_LIST
from mestral_experiments.sources.protocol import SLOT, TIMED, ExperimentSource
from mestral_experiments.views.figures import figures
from mestral_experiments.views.figures.performance import SECTIONS, Done, Performance
from mestral_experiments.views.figures.performance import performance as performance_of
from mestral_experiments.views.figures.summary import Tally, failed, tally
from mestral_experiments.views.figures.summary import summary as summary_of
from mestral_experiments.views.figures.timed import (
    NOTHING_LIVE,
    Recorded,
    State,
    job_times,
    packages_of,
    unsettled,
)
from mestral_experiments.views.jobtimes import needs_submission, recorded
from mestral_experiments.views.messages import unread
from mestral_experiments.views.pictures import draw_performance
from mestral_experiments.views.runs.runspeed import SIM
from mestral_experiments.views.runs.together import Submitted, energies

JobsOf = Callable[[ExperimentSource, Experiment], Sequence[Job]]
"""Gives the job list, for an answer that cannot do without one."""

_SUMMARY_BYTES = 4096  # what is kept of an experiment, roughly
_JOB_BYTES = 1024  # and of each job that is waiting or running


def job_list(source: ExperimentSource, experiment: Experiment) -> Sequence[Job]:
    """The job list.

    Raises:
        Problem: 404 without one, 503 when it is unusable.
    """
    jobs = source.job_list(experiment)
    if jobs is None:
        raise not_found(NO_JOB_LIST)
    return jobs


def named_job_list(source: ExperimentSource, experiment: Experiment) -> Sequence[Job]:
    """The same for v3, whose message says in its own words that it is about the job list."""
    try:
        return job_list(source, experiment)
    except Problem as problem:
        raise Problem(problem.status, unread(problem.message), headers=problem.headers) from problem


class _Counted(msgspec.Struct, frozen=True):
    """What is kept for summaries.

    Attributes:
        jobs: How many there are.
        settled: Of the jobs whose times stay as they are.
        rest: All others.
        failed: Names of those that failed.
    """

    jobs: int
    settled: Tally
    rest: Recorded
    failed: Sequence[str]


def summary(reader: ReaderContext, row: list[Any]) -> Answer:
    """How many jobs of an experiment (`Experiment`) are in which state, and their mean times.

    Raises:
        Problem: 404 without a job list; 503 when it is unusable.
    """
    return _summary(reader, row, summary_of)


def summary_figures(reader: ReaderContext, row: list[Any]) -> Answer:
    """The same for programs; raises as `summary`."""
    return _summary(reader, row, figures.summary_figures)


def _summary(reader: ReaderContext, row: list[Any], view: Callable[[Tally, Sequence[str]], object]) -> Answer:
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    running = experiment.status == "RUNNING"

    def build(_: _Counted | None) -> tuple[_Counted, int, Fingerprint]:
        states = source.states(experiment)
        if states is None:
            raise not_found(NO_JOB_LIST)
        optional = OptionalParts()
        known = _recorded(source, experiment, states, optional)
        times = job_times(known, int(time.time()))
        rest = unsettled(known, times) if running else NOTHING_LIVE
        moving = {name for name, _ in rest.states}
        stays = [name not in moving for name, _ in states]
        settled = tally(compress(states, stays), list(compress(times, stays)), running)
        kept = _Counted(len(states), settled, rest, failed(states, times))
        return kept, _SUMMARY_BYTES + _JOB_BYTES * len(rest.states), optional.fingerprint

    fingerprint = source.fingerprint(experiment, *TIMED)
    key = ("experiments.counted", experiment.name, running)
    counted, found = reader.memo.get_found(key, fingerprint, build)
    rest, clock = counted.rest, clock_of(counted.jobs)
    total = counted.settled + tally(rest.states, job_times(rest, seconds_of(clock)), running)
    body = msgspec.json.encode(view(total, counted.failed))
    return Answer(body=body, depends=found + (clock if rest.states else Fingerprint()))


def performance(reader: ReaderContext, row: list[Any]) -> Answer:
    """How fast and how costly an experiment (`Experiment`) is.

    Raises:
        Problem: 404 when it lacks what Autosubmit itself needs, or a job list; 503 when the job list or the
            configuration is unusable.
    """
    return _performance(reader, row, msgspec.json.encode, named_job_list)


def performance_figures(reader: ReaderContext, row: list[Any]) -> Answer:
    """The same for programs; raises as `performance`."""
    return _performance(reader, row, lambda found: msgspec.json.encode(figures.performance_figures(found)))


def performance_picture(reader: ReaderContext, row: list[Any]) -> Answer:
    """How fast it is, as SVG; raises as `performance`."""
    name = msgspec.convert(row, Experiment).name
    return _performance(reader, row, lambda found: draw_performance(name, found).encode())


def _performance(
    reader: ReaderContext,
    row: list[Any],
    encode: Callable[[Performance], bytes],
    jobs_of: JobsOf = job_list,
) -> Answer:
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    obstacle, looked = source.obstacle(experiment)
    if obstacle is not None:
        raise not_found(obstacle)
    settings, configured = source.settings(experiment)
    optional = OptionalParts()
    optional.depends = looked + configured
    jobs = jobs_of(source, experiment)
    known = _recorded(source, experiment, [(job.name, job.status) for job in jobs], optional)
    clock = clock_of(len(jobs))
    times = job_times(known, seconds_of(clock))
    done = [
        Done(job, each, _row(job, known))
        for job, each in zip(jobs, times, strict=True)
        if job.status is JobStatus.COMPLETED and job.section in SECTIONS
    ]
    moving = {name for name, _ in unsettled(known, times).states}
    wrappers = {name: package.name for package in known.packages for name in package.jobs}
    runs = optional.read(partial(source.runs, experiment)) or ()
    shown = performance_of(
        done,
        settings,
        {run.run_id: run for run in runs},
        optional.read(partial(_energies, source, experiment, done, wrappers)) or {},
        wrappers,
    )
    live = any(one.job.name in moving for one in done)
    return Answer(body=encode(shown), depends=optional.fingerprint + (clock if live else Fingerprint()))


def _recorded(
    source: ExperimentSource, experiment: Experiment, states: Sequence[State], optional: OptionalParts
) -> Recorded:
    last = {row.name: row for row in optional.read(partial(source.last_times, experiment)) or ()}
    asked = [name for name, status in states if needs_submission(status, last.get(name))]
    lines = optional.read_files(partial(source.submissions, experiment, asked, last=True)) if asked else None
    wrappers = optional.read(partial(source.wrappers, experiment)) or {}
    edges = (optional.read(partial(source.edges, experiment)) or ()) if wrappers else ()
    return Recorded(
        states,
        last,
        {name: found[-1] for name, found in (lines or {}).items()},
        packages_of(states, wrappers, edges),
    )


def _row(job: Job, known: Recorded) -> Times | None:
    """The row of the history that the times of a job are from."""
    row = known.last.get(job.name)
    return row if recorded(job.status, row) else None


def _energies(
    source: ExperimentSource, experiment: Experiment, done: Sequence[Done], wrappers: Mapping[str, str]
) -> Mapping[Submitted, float]:
    """The energies of SIM jobs. Of runs where some were in wrappers everything is read: they share."""
    told = [(one.job.name, one.row.run_id) for one in done if one.row is not None and one.job.section == SIM]
    wrapped = {run_id for name, run_id in told if name in wrappers and run_id is not None}
    apart = {run_id for _, run_id in told} - wrapped
    rows = source.attempts(experiment, completed=(SIM,)) if apart else ()
    rows = [row for row in rows if row.run_id in apart]
    more = {run_id for row in rows if row.rowtype == 1 and (run_id := row.run_id) is not None}
    rows = [row for row in rows if row.run_id not in more]
    for run_id in wrapped | more:
        rows += source.attempts(experiment, run_id=run_id)
    return energies(rows)
