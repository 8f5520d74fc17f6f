"""The workflow of an experiment in a reader: made once, used by tree, graph and their monitors.

Guarantees: as long as nothing it is made from changes, nothing is read or computed again, save the times of
jobs that are waiting or running now. What is damaged, but for the job list and the configuration, counts as
missing and harms nothing else (contract/API_V3.md 1.6).
"""

import time
from functools import partial

from mestral import not_found
from mestral.readers import Fingerprint, ReaderContext
from mestral_experiments.model import Experiment, Settings
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.render.pace import clock_of, seconds_of
from mestral_experiments.sources.protocol import WORKFLOW, ExperimentSource
from mestral_experiments.views.jobtimes import needs_submission
from mestral_experiments.views.workflow.workflow import Loaded, Workflow

NO_JOB_LIST = "The job list does not exist."
"""An error in v3, where v4 shows no jobs."""

_JOB_BYTES = 1800  # a job with all that is shown of it, roughly


def workflow(
    reader: ReaderContext, source: ExperimentSource, experiment: Experiment
) -> tuple[Workflow, Fingerprint]:
    """The workflow as it is now, until somebody asks for it again, and what it depends on beside `WORKFLOW`.

    Raises:
        Problem: 404 when the experiment lacks what Autosubmit itself needs; 503 when the job list or the
            configuration is unusable.
    """
    obstacle, looked = source.obstacle(experiment)
    if obstacle is not None:
        raise not_found(obstacle)
    settings, configured = source.settings(experiment)
    looked += configured

    def build(before: Workflow | None) -> tuple[Workflow, int, Fingerprint]:
        optional = OptionalParts()
        loaded = _load(source, experiment, settings, optional)
        weight = _JOB_BYTES * len(loaded.jobs)
        if before is None:  # else most of it is there already
            reader.memo.make_room(weight)
        return Workflow(loaded, int(time.time()), before), weight, optional.fingerprint

    known = source.fingerprint(experiment, *WORKFLOW) + looked
    made, found = reader.memo.get_found(_key(experiment), known, build)
    clock = clock_of(len(made.jobs))
    made.move_to(seconds_of(clock))
    return made, looked + found + (clock if made.live else Fingerprint())


def last_workflow(reader: ReaderContext, experiment: Experiment) -> Workflow | None:
    """The workflow as it was when it could be read last; None when that is forgotten."""
    found: Workflow | None = reader.memo.last(_key(experiment))
    return found


def _key(experiment: Experiment) -> tuple[str, str]:
    return "experiments.workflow", experiment.name


def _load(
    source: ExperimentSource, experiment: Experiment, settings: Settings | None, optional: OptionalParts
) -> Loaded:
    jobs = source.job_list(experiment)
    if jobs is None:
        raise not_found(NO_JOB_LIST)
    last = optional.read(partial(source.last_times, experiment)) or ()
    attempts = {attempt.name: attempt for attempt in last}
    asked = [job.name for job in jobs if needs_submission(job.status, attempts.get(job.name))]
    lines = optional.read_files(partial(source.submissions, experiment, asked, last=True)) if asked else None
    runs = optional.read(partial(source.runs, experiment)) or ()
    return Loaded(
        expid=experiment.name,
        jobs=jobs,
        edges=optional.read(partial(source.edges, experiment)) or (),
        wrappers=optional.read(partial(source.wrappers, experiment)) or {},
        attempts=attempts,
        submissions={name: found[-1] for name, found in (lines or {}).items() if found},
        settings=settings,
        logs=optional.read_files(partial(source.logs_by_job, experiment)) or {},
        runs={run.run_id: run for run in runs},
        modified=source.modified(experiment),
    )
