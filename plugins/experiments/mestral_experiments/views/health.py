"""In what condition the data of an experiment is, part by part."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mestral_experiments.model import Condition, PartName, PartState
from mestral_experiments.views.times import utc_text

State = Annotated[
    PartState,
    Meta(
        description="`ok`: what is served of it can be read now: the job list and the configuration were "
        "read whole, databases were gone over page by page, folders of logs can be listed. `missing`: there "
        "is none, which is normal for an experiment that was never created or run, or is archived. `busy`: "
        "locked or being written. `unreadable`: the server's user may not read it. `damaged`: it cannot be "
        "used."
    ),
]
_WORST_FIRST = (PartState.DAMAGED, PartState.UNREADABLE, PartState.BUSY)


class PartHealth(msgspec.Struct, frozen=True):
    """One part."""

    part: PartName
    state: State
    format: Annotated[str | None, Meta(description="What was found, in words.")]
    size_bytes: Annotated[
        int | None, Meta(description="Size of its files; null without files, and for more than 1,000 logs.")
    ]
    modified: Annotated[str | None, Meta(description="When its files changed last, ISO 8601, UTC.")]
    age_seconds: Annotated[int | None, Meta(description="The time from `modified` to `checked`.")]
    reason: Annotated[str | None, Meta(description="Why it is not `ok`, in a sentence.")]


class ExperimentHealth(msgspec.Struct, frozen=True):
    """Answer of `/v4/experiments/{expid}/health`."""

    expid: str
    state: Annotated[
        Literal["ok", "busy", "unreadable", "damaged"],
        Meta(description="The worst of the parts; those that are missing harm nothing."),
    ]
    checked: Annotated[str, Meta(description="When it was looked at, ISO 8601, UTC; at most 5 s ago.")]
    parts: Sequence[PartHealth]


def experiment_health(expid: str, conditions: Sequence[Condition], now: datetime) -> ExperimentHealth:
    """The answer.

    Args:
        expid: Name of the experiment.
        conditions: Of all parts.
        now: When they were looked at (aware).
    """
    states = {condition.state for condition in conditions}
    worst = next((state for state in _WORST_FIRST if state in states), PartState.OK)
    parts = [
        PartHealth(c.part, c.state, c.format, c.size, utc_text(c.modified), _age(c.modified, now), c.reason)
        for c in conditions
    ]
    return ExperimentHealth(expid, worst.value, utc_text(now) or "", parts)  # type: ignore[arg-type]


def _age(modified: datetime | None, now: datetime) -> int | None:
    """Whole seconds; 0 for what is dated in the future, as clocks of file servers may do."""
    return None if modified is None else max(0, int((now - modified).total_seconds()))
