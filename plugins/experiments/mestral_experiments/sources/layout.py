"""Stored layouts of graphs: table `experiment_graph_draw` (formats/AUTOSUBMIT_DATA.md 5)."""

import sqlite3

from mestral_experiments.sources.sqlite import walk


def examine(connection: sqlite3.Connection) -> str:
    """What was found, in words, once the whole table could be gone over.

    Raises:
        Missing: No table.
        Damaged: A table without names or positions.
    """
    walk(connection, "experiment_graph_draw", ("job_name", "x", "y"))
    return "table experiment_graph_draw"
