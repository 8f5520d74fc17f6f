"""Stored layouts of graphs: table `experiment_graph_draw` (formats/AUTOSUBMIT_DATA.md 5)."""

from mestral_experiments.sources.storage import Database


def examine(database: Database) -> str:
    """What was found, in words, once the whole table could be gone over.

    Raises:
        Missing: No table.
        Damaged: A table without names or positions.
    """
    database.walk("experiment_graph_draw", ("job_name", "x", "y"))
    return "table experiment_graph_draw"
