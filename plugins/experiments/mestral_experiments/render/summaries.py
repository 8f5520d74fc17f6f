"""What a list of experiments shows of each: its newest run and when its job list changed.

Guarantees: an experiment is read again only when its own files changed, however long the list is; damage to
one shows as a missing value of that one (contract/API_V4.md 10.1, search).
"""

import logging
from datetime import datetime

import msgspec

from mestral import Problem
from mestral.readers import Fingerprint, ReaderContext
from mestral_experiments.model import Experiment, Run
from mestral_experiments.sources.protocol import ExperimentSource, Part

logger = logging.getLogger(__name__)

_WEIGHT_BYTES = 2048  # a summary with the fingerprint it is kept under, roughly


class Summary(msgspec.Struct, frozen=True):
    """Newest run, last change of the job list (None when unknown), and whether all could be read."""

    run: Run | None
    modified: datetime | None
    complete: bool = True


UNPROVEN = Fingerprint(taken_ns=1)
"""Goes with an answer that lacks what could not be read just now: it is never settled, so it is not kept."""


def summary(reader: ReaderContext, source: ExperimentSource, experiment: Experiment) -> Summary:
    """The summary of one experiment."""

    def read() -> tuple[Summary, int]:
        return Summary(source.latest_run(experiment), source.modified(experiment)), _WEIGHT_BYTES

    fingerprint = source.fingerprint_list((experiment,), Part.JOBS, Part.HISTORY)
    try:
        return reader.memo.get(("experiments.summary", experiment.name), fingerprint, read)
    except Problem as problem:
        # not kept: what is locked now may be readable next time
        logger.warning("Experiment %s is listed without its counters: %s", experiment.name, problem.message)
        return Summary(None, source.modified(experiment), complete=False)
