"""What the files of an experiment say about one job, of `AutosubmitSource`: settings and submissions.

Guarantees: those of `ExperimentSource`; each format is read in a module of its own (`configuration`,
`logfiles`).
"""

from mestral.readers import Fingerprint, fingerprint, stamp
from mestral_experiments.model import Experiment, JobSettings, Times
from mestral_experiments.sources import logfiles, places
from mestral_experiments.sources.configuration import as3
from mestral_experiments.sources.configuration.jobs import settings_of
from mestral_experiments.sources.configurations import Configurations
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.logs import LOGS_UNREADABLE


class JobFiles(Configurations):
    """One job, as its files describe it."""

    def job_settings(self, experiment: Experiment, section: str) -> tuple[JobSettings | None, Fingerprint]:
        """What the configuration says about the jobs of a section; 503 as `configuration`."""
        configuration, taken = self.configuration(experiment)
        rc, name = self._settings(), experiment.name
        needed = as3.needed(places.experiment_folder(rc, name), name) if configuration.as3 else ()
        present = {one.path for one in taken.stamps if one.inode}
        # Autosubmit itself does not load the configuration of an experiment without a folder for jobs.
        usable = present.issuperset(needed) and places.exists(places.job_folder(rc, name))
        return settings_of(configuration, section) if configuration.data and usable else None, taken

    def last_stamps(self, experiment: Experiment, job: str) -> tuple[Times | None, Fingerprint]:
        """The last submission of a job in its own file; 503 when that is unusable."""
        rc, name = self._settings(), experiment.name
        if not places.is_file_name(job):
            return None, Fingerprint()
        with self._answering(LOGS_UNREADABLE):
            path = places.checked(rc, name, places.stamps_file(rc, name, job))
            taken = fingerprint((stamp(path),))
            try:
                return logfiles.read_last_stamps(path, job), taken
            except Missing:
                return None, taken
