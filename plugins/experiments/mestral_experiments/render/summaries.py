"""What a list of experiments shows of each: its newest run and when its job list changed.

Guarantees: an experiment is read again only when its own files changed, however long the list is; damage to
one shows as a missing value of that one (contract/API_V4.md 10.1, search).
"""

from datetime import datetime
from functools import partial

import msgspec

from mestral.readers import ReaderContext
from mestral_experiments.model import Experiment, Run
from mestral_experiments.render.optional import OptionalParts
from mestral_experiments.sources.protocol import ExperimentSource, Part

SUMMARIZED = (Part.JOBS, Part.HISTORY)
"""What summaries are made of."""
_WEIGHT_BYTES = 2048  # a summary with the fingerprint it is kept under, roughly


class Summary(msgspec.Struct, frozen=True):
    """Newest run and last change of the job list, None when there is none or it is damaged.

    `complete` is False when something could not be read just now, which may pass.
    """

    run: Run | None
    modified: datetime | None
    complete: bool = True


def summary(reader: ReaderContext, source: ExperimentSource, experiment: Experiment) -> Summary:
    """The summary of one experiment."""

    def read() -> tuple[Summary, int]:
        optional = OptionalParts()
        run = optional.read(partial(source.latest_run, experiment))
        modified = optional.read(partial(source.modified, experiment))
        if not optional.complete:
            raise _IncompleteError(Summary(run, modified, complete=False))
        return Summary(run, modified), _WEIGHT_BYTES

    fingerprint = source.fingerprint_list((experiment,), *SUMMARIZED)
    try:
        return reader.memo.get(("experiments.summary", experiment.name), fingerprint, read)
    except _IncompleteError as incomplete:
        return incomplete.summary


class _IncompleteError(Exception):
    """Keeps a summary from being kept: what is locked now may be readable next time."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary
