"""`ExperimentSource`: the only door between experiments and the rest of the plugin.

Guarantees of every implementation: nothing is ever written; every method is sync, may block, and is called in
a thread of the front (`catalog`, `find`, `fingerprint*`, `server_settings`, `health`) or in a reader process
(the others, with the `Experiment` the front found); an instance may be called from several threads. Missing
data is empty or None; damaged or unreadable data raises `mestral.unavailable` with a sentence free of paths
and SQL (contract/API_V4.md 10.1), and never harms another experiment. It has a `Retry-After` when the fault
may pass although no file changes (a lock); without one it lasts as long as the fingerprint stays the same.

Chosen by `[plugins.experiments] source = "<name>"` (service slot `experiments.source`); the factory of that
service makes one in the front and one in every reader process, which share nothing but the `Experiment`.
Words of Autosubmit (states of jobs, parts, files) stand for what another workflow manager has in their place;
what it has nothing for is missing. `mestral_experiments.testing` holds these promises as tests.
"""

from typing import Protocol

from mestral_experiments.sources.protocol.configuration import Configured
from mestral_experiments.sources.protocol.experiments import Experiments
from mestral_experiments.sources.protocol.history import History
from mestral_experiments.sources.protocol.jobs import JobPage, JobQuery, Jobs
from mestral_experiments.sources.protocol.logs import Logs
from mestral_experiments.sources.protocol.parts import TIMED, WORKFLOW, Part

__all__ = ["SLOT", "TIMED", "WORKFLOW", "ExperimentSource", "JobPage", "JobQuery", "Part"]

SLOT = "experiments.source"
"""The service slot: `platform_of(request).services[SLOT]`, `reader.service(SLOT)`."""


class ExperimentSource(Experiments, Jobs, History, Configured, Logs, Protocol):
    """Reads experiments of one workflow manager."""
