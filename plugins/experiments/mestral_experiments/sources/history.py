"""The history of an experiment: `job_data_<expid>.db` of every version (formats/AUTOSUBMIT_DATA.md 4)."""

import sqlite3

from mestral_experiments.model import Run
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.sqlite import select
from mestral_experiments.sources.values import integer, positive, text

_COLUMNS = (
    "run_id", "created", "start", "finish", "chunk_unit", "chunk_size", "completed", "total", "failed",
    "queuing", "running", "submitted", "suspended",
)  # fmt: skip


def read_latest_run(connection: sqlite3.Connection) -> Run | None:
    """The run with the largest id; None when there is none.

    Raises:
        Damaged: The table of runs has no ids.
    """
    try:
        rows = select(
            connection, "experiment_run", _COLUMNS, "ORDER BY run_id DESC LIMIT 1", needs=("run_id",)
        )
    except Missing:
        return None
    if not rows:
        return None
    run_id, created, start, finish, unit, size, *counters = rows[0]
    return Run(
        integer(run_id) or 0, text(created), positive(start), positive(finish), text(unit), integer(size),
        *(integer(counter) or 0 for counter in counters),
    )  # fmt: skip
