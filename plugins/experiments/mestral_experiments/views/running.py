"""Whether an experiment runs, as v3 tells it (contract/API_V3.md 2.6, 2.7)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from mestral_experiments.model import Experiment, Log

_ALIVE_SECONDS = 300
_RUNNING = "RUNNING"


class Running(msgspec.Struct, frozen=True):
    """Answer of `/v3/ifrun/{expid}`."""

    running: bool
    error: bool
    error_message: str


class RunLogState(msgspec.Struct, frozen=True):
    """Answer of `/v3/logrun/{expid}`."""

    error: bool
    error_message: str
    is_running: bool
    timediff: Annotated[int, Meta(description="Seconds since the newest log changed; 0 without one.")]
    log_path: Annotated[str | None, Meta(description="Absolute path of the newest log of a run.")]


def is_running(experiment: Experiment) -> bool:
    """Whether its status says so; what has no status does not run."""
    return experiment.status == _RUNNING


def run_log_state(experiment: Experiment, log: Log | None, now: float) -> RunLogState:
    """The state of the newest log of a run.

    Whether the experiment runs is what its status says. Only where it has none does the log tell: it is alive
    if it changed within 300 s, which a run with nothing to say does not do.

    Args:
        experiment: The row.
        log: The log, None without one.
        now: Seconds since the epoch.
    """
    age = int(now - log.modified.timestamp()) if log is not None and log.modified is not None else None
    alive = age is not None and age < _ALIVE_SECONDS
    return RunLogState(
        False,
        "",
        alive if experiment.status is None else is_running(experiment),
        age or 0,
        log.path if log is not None else None,
    )


def no_run_log_state(message: str) -> RunLogState:
    """The answer when it cannot be told."""
    return RunLogState(True, message, False, _ALIVE_SECONDS, None)
