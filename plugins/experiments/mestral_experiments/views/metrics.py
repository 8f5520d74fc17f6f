"""User metrics as v4 shows them (contract/API_V4.md 5.4)."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import UserMetric


class MetricRun(msgspec.Struct, frozen=True):
    """A run that has user metrics."""

    run_id: int


class MetricRuns(msgspec.Struct, frozen=True):
    """Answer of `/user-metrics-runs`: newest first."""

    runs: Sequence[MetricRun]


class MetricItem(msgspec.Struct, frozen=True):
    """One user metric."""

    job_name: str
    metric_name: str
    metric_value: Annotated[str, Meta(description="A number, JSON or any text, as the job wrote it.")]
    modified: Annotated[str | None, Meta(description="As Autosubmit stored it.")]


class Metrics(msgspec.Struct, frozen=True):
    """Answer of `/runs/{run_id}/user-metrics`. `run_id` is a finished JSON number, of any size."""

    run_id: Annotated[msgspec.Raw, Meta(description="As asked for.", extra_json_schema={"type": "integer"})]
    metrics: Sequence[MetricItem]


def metric_runs(run_ids: Iterable[int]) -> MetricRuns:
    """The runs, in this order."""
    return MetricRuns([MetricRun(run_id) for run_id in run_ids])


def metrics(run_id: int, found: Iterable[UserMetric]) -> Metrics:
    """The metrics of one run."""
    items = [MetricItem(one.job_name, one.metric_name, one.metric_value, one.modified) for one in found]
    return Metrics(msgspec.Raw(str(run_id).encode()), items)
