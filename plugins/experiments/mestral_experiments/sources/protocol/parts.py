"""The parts of an experiment's data, by which changes are told apart."""

from enum import StrEnum


class Part(StrEnum):
    """A part of an experiment's data that can be fingerprinted by itself."""

    JOBS = "jobs"
    HISTORY = "history"
    CONFIGURATION = "configuration"
    STRUCTURE = "structure"
    WRAPPERS = "wrappers"
    METRICS = "metrics"
    LAYOUT = "layout"


WORKFLOW = (Part.JOBS, Part.HISTORY, Part.STRUCTURE, Part.WRAPPERS, Part.CONFIGURATION)
"""The parts that a workflow is made of."""

TIMED = (Part.JOBS, Part.HISTORY, Part.WRAPPERS, Part.STRUCTURE)
"""The parts that the times of jobs are made of."""
