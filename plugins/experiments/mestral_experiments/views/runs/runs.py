"""Runs as v4 shows them: their list, and the configuration of one (contract/API_V4.md 5.1, 5.2)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mestral_experiments.model import Run
from mestral_experiments.views.configuration import contains_nones
from mestral_experiments.views.times import moment, utc_text


class RunItem(msgspec.Struct, frozen=True):
    """One run."""

    run_id: int
    start: Annotated[str | None, Meta(description="ISO 8601, UTC.")]
    finish: Annotated[str | None, Meta(description="ISO 8601, UTC; null while it is open.")]


class RunList(msgspec.Struct, frozen=True):
    """Answer of `/runs`."""

    runs: Sequence[RunItem]


class RunConfiguration(msgspec.Struct, frozen=True):
    """Answer of `/runs/{run_id}/config`."""

    run_id: Annotated[int | None, Meta(description="Null when there is no such run.")]
    config: Annotated[
        Mapping[str, Any],
        Meta(
            description="Autosubmit 4: sections in upper case. Autosubmit 3: `conf`, `exp`, `platforms`, "
            "`jobs`, `proj`. `contains_nones`: whether it is empty or one of its values is null."
        ),
    ]


def run_list(runs: Iterable[Run]) -> RunList:
    """The list, in the order of the runs."""
    return RunList(
        [RunItem(run.run_id, utc_text(moment(run.start)), utc_text(moment(run.finish))) for run in runs]
    )


def run_configuration(run_id: int, found: Mapping[str, Any] | None) -> RunConfiguration:
    """The configuration of a run.

    Args:
        run_id: The run that was asked for.
        found: What it was made with, None when there is no such run.
    """
    config = found or {}
    shown = {**config, "contains_nones": contains_nones(config)}
    return RunConfiguration(None if found is None else run_id, shown)
