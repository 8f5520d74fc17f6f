"""What jobs recorded themselves about their submissions, for `AutosubmitSource`.

Guarantees: those of `ExperimentSource`; `submissions` knows the format. Of many jobs only those are looked at
that have a file, so the others cost nothing.
"""

import os
import time
from collections.abc import Collection, Mapping, Sequence

from mestral.readers import Fingerprint, Stamp
from mestral_experiments.model import Experiment, Submission
from mestral_experiments.sources import places
from mestral_experiments.sources.faults import Missing
from mestral_experiments.sources.logs import LOGS_UNREADABLE, Logs
from mestral_experiments.sources.submissions import Hours, read_submissions

_FEW = 50  # jobs: to look for the file of each costs less than to list the folder


class JobFiles(Logs):
    """Submissions of jobs, as they recorded them."""

    def submissions(
        self, experiment: Experiment, jobs: Collection[str], *, last: bool = False
    ) -> tuple[Mapping[str, Sequence[Submission]], Fingerprint]:
        """What jobs recorded themselves; 503 when a file is unusable."""
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
                path = f"{folder}/{file}"
                if os.path.islink(path):  # noqa: PTH114 - hot path
                    places.checked(rc, name, path)
                try:
                    recorded, taken = read_submissions(path, hours, last=last)
                except Missing:
                    recorded, taken = [], Stamp(path)
                stamps.append(taken)
                if recorded:
                    found[job] = recorded
        return found, Fingerprint(tuple(stamps), taken_ns=taken_ns)
