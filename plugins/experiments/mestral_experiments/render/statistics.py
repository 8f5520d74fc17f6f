"""Answer of `/v3/stats/{expid}/{filter_period}/{filter_type}`.

Guarantees: it is made anew every minute, when the job list changes, and when what a job recorded changes. Of
more than 4096 files only those that changed last are looked at for that, for looking at all of them costs
more than an answer may; what appends to an older one is seen within the minute.
"""

import time
from collections.abc import Callable
from heapq import nlargest
from typing import Any

import msgspec

from mestral import not_found
from mestral.readers import Answer, Fingerprint, ReaderContext
from mestral_experiments.model import Experiment, Resources
from mestral_experiments.render.timed import JobsOf, job_list, named_job_list
from mestral_experiments.sources.protocol import SLOT, ExperimentSource
from mestral_experiments.views.figures import figures
from mestral_experiments.views.figures.statistics import CLOCK_SECONDS, Asked, Statistics, of_section
from mestral_experiments.views.figures.statistics import statistics as statistics_of

_MOST_FILES = 4096


def statistics(reader: ReaderContext, row: list[Any], hours: int, section: str) -> Answer:
    """What jobs cost.

    Args:
        reader: The reader's services and memory.
        row: The experiment (`Experiment`).
        hours: Only jobs of so many last hours; 0 for all.
        section: Only those of this section, or `Any`.

    Raises:
        Problem: 404 when the experiment lacks what Autosubmit itself needs, or a job list; 503 when the job
            list, the configuration or the folder of what jobs recorded is unusable.
    """
    return _statistics(reader, row, hours, section, lambda found, _: found, named_job_list)


def statistics_figures(reader: ReaderContext, row: list[Any], hours: int, section: str) -> Answer:
    """The same for programs; raises as `statistics`."""
    return _statistics(reader, row, hours, section, figures.statistics_figures)


def _statistics(
    reader: ReaderContext,
    row: list[Any],
    hours: int,
    section: str,
    view: Callable[[Statistics, Asked], object],
    jobs_of: JobsOf = job_list,
) -> Answer:
    source: ExperimentSource = reader.service(SLOT)
    experiment = msgspec.convert(row, Experiment)
    obstacle, looked = source.obstacle(experiment)
    if obstacle is not None:
        raise not_found(obstacle)
    settings, configured = source.settings(experiment)
    now = int(time.time()) // CLOCK_SECONDS * CLOCK_SECONDS
    asked = Asked(section, hours, now)
    jobs = of_section(jobs_of(source, experiment), asked)
    submissions, read = source.submissions(experiment, [job.name for job in jobs])
    shown = statistics_of(
        jobs, submissions, settings.resources_of if settings is not None else lambda _: Resources(), asked
    )
    depends = looked + configured + _changed_last(read)
    return Answer(body=msgspec.json.encode(view(shown, asked)), depends=depends)


def _changed_last(read: Fingerprint) -> Fingerprint:
    """Of many files those that changed last: what is written to again is among them."""
    if len(read.stamps) <= _MOST_FILES:
        return read
    newest = nlargest(_MOST_FILES, read.stamps, key=lambda stamp: stamp.ctime_ns)
    return Fingerprint(tuple(newest), taken_ns=read.taken_ns)
