"""What jobs recorded themselves about their submissions, for `AutosubmitSource`.

Guarantees: those of `ExperimentSource`; `submissions` knows the format. Of many jobs only those are looked at
that have a file, so the others cost nothing. A file that cannot be used is as good as none, for its own job.
"""

import logging
import os
import time
from collections.abc import Collection, Mapping, Sequence

from mestral.readers import Fingerprint, Stamp, fingerprint, stamp
from mestral_experiments.model import Experiment, Submission
from mestral_experiments.sources import places
from mestral_experiments.sources.faults import Damaged, Missing
from mestral_experiments.sources.logs import LOGS_UNREADABLE, Logs
from mestral_experiments.sources.rcfile import RcFile
from mestral_experiments.sources.submissions import Hours, read_submissions

_FEW = 50  # jobs: to look for the file of each costs less than to list the folder


class JobFiles(Logs):
    """Submissions of jobs, as they recorded them."""

    def submissions(
        self, experiment: Experiment, jobs: Collection[str], *, last: bool = False
    ) -> tuple[Mapping[str, Sequence[Submission]], Fingerprint]:
        """What jobs recorded themselves; 503 when their folder is unusable."""
        rc, name = self._settings(), experiment.name
        folder = places.job_folder(rc, name)
        files = {job: places.submissions_file(job) for job in jobs if places.is_file_name(job)}
        found: dict[str, Sequence[Submission]] = {}
        hours, stamps = Hours(), list[Stamp]()
        taken_ns = time.time_ns()
        with self._answering(LOGS_UNREADABLE):
            places.checked(rc, name, folder)
            if len(files) > _FEW:
                names, listed = self._log_names(experiment, folder)
                stamps += listed.stamps
                present = set(names.split("/"))
                files = {job: file for job, file in files.items() if file in present}
            for job, file in files.items():
                recorded, taken = self._recorded(rc, name, f"{folder}/{file}", hours, last)
                stamps.append(taken)
                if recorded:
                    found[job] = recorded
        return found, Fingerprint(tuple(stamps), taken_ns=taken_ns)

    def _recorded(
        self, rc: RcFile, name: str, path: str, hours: Hours, last: bool
    ) -> tuple[Sequence[Submission], Stamp]:
        """What one file says, nothing where it cannot be used, and its stamp. Raises Busy."""
        try:
            if os.path.islink(path):  # noqa: PTH114 - hot path
                places.checked(rc, name, path)
            return read_submissions(path, hours, last=last)
        except Missing:
            return (), Stamp(os.fsencode(path))
        except Damaged as fault:
            taken = stamp(path)  # what changed since is not settled
            fault.taken = fingerprint((taken,))
            self._failures.tell(logging.WARNING, LOGS_UNREADABLE, fault)
            return (), taken
