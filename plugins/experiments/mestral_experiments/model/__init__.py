"""The vocabulary of experiments: what sources produce and views consume.

Guarantees: plain frozen records, no I/O, no HTTP, no knowledge of file formats. Times are aware UTC datetimes
or epoch seconds as said; a value that is missing, unreadable or out of range is None (or the default said).
"""

from mestral_experiments.model.configuration import (
    Brief,
    Configuration,
    Footprint,
    Resources,
    SectionSettings,
    Settings,
)
from mestral_experiments.model.files import (
    Condition,
    FolderFacts,
    Log,
    LogFiles,
    PartName,
    PartState,
    RecoveryLog,
)
from mestral_experiments.model.history import (
    Attempt,
    Run,
    Submission,
    Times,
    UserMetric,
)
from mestral_experiments.model.jobs import (
    Experiment,
    Job,
    JobStatus,
)

__all__ = [
    "Attempt",
    "Brief",
    "Condition",
    "Configuration",
    "Experiment",
    "FolderFacts",
    "Footprint",
    "Job",
    "JobStatus",
    "Log",
    "LogFiles",
    "PartName",
    "PartState",
    "RecoveryLog",
    "Resources",
    "Run",
    "SectionSettings",
    "Settings",
    "Submission",
    "Times",
    "UserMetric",
]
