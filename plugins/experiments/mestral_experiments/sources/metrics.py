"""User metrics: table `user_metrics` of `tmp/metrics_<expid>.db` (formats/AUTOSUBMIT_DATA.md 5).

Guarantees: a value is a text whatever it is stored as; a row whose job or metric has no name is left out.
"""

import logging

from mestral_experiments.model import UserMetric
from mestral_experiments.sources.storage import Database
from mestral_experiments.sources.values import integer, number, text

logger = logging.getLogger(__name__)

_COLUMNS = ("job_name", "metric_name", "metric_value", "modified")
_NEEDS = ("user_metric_id", "run_id", "job_name", "metric_name", "metric_value")


def read_runs(database: Database) -> list[int]:
    """Ids of the runs that have metrics, largest first.

    Raises:
        Missing: No table.
        Damaged: A table without ids of runs.
    """
    found = database.select("user_metrics", ("run_id",), "GROUP BY run_id", needs=("run_id",))
    return sorted((run_id for row in found if (run_id := integer(row[0])) is not None), reverse=True)


def read_metrics(database: Database, run_id: int) -> list[UserMetric]:
    """The metrics of one run in the order of the table.

    Args:
        database: What is asked.
        run_id: Within 64 bits.

    Raises:
        Missing: No table.
        Damaged: A table without what makes a metric.
    """
    tail = "WHERE run_id = ? ORDER BY user_metric_id"
    found = database.select("user_metrics", _COLUMNS, tail, (run_id,), needs=_NEEDS)
    metrics = []
    for job, metric, value, modified in found:
        job_name, metric_name = text(job), text(metric)
        if job_name is None or metric_name is None:
            logger.warning("a user metric of run %d is left out: its job or its name is no text", run_id)
            continue
        metrics.append(UserMetric(job_name, metric_name, _value(value), text(modified)))
    return metrics


def _value(value: object) -> str:
    """The text of a value; "" for none."""
    known = text(value) if isinstance(value, str) else number(value)
    return "" if known is None else str(known)
