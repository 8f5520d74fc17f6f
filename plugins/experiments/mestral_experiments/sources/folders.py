"""The folders of an experiment as such, for `AutosubmitSource`: whether they are there, and whose they are.

Guarantees: those of `ExperimentSource`; nothing in them is read.
"""

import os
import pwd
from datetime import UTC, datetime

from mestral.readers import Fingerprint, fingerprint, stamp
from mestral_experiments.model import Experiment, FolderFacts
from mestral_experiments.sources import places
from mestral_experiments.sources.access import Access
from mestral_experiments.sources.faults import Fault


class Folders(Access):
    """What the file system says."""

    def obstacle(self, experiment: Experiment) -> tuple[str | None, Fingerprint]:
        """The first folder that Autosubmit would miss, in a sentence; None when all are there."""
        rc, name = self._settings(), experiment.name
        folder = places.experiment_folder(rc, name)
        sentences = {
            folder: f"Experiment {name} does not exist",
            f"{folder}/conf": f"Experiment {name}/conf does not exist",
            places.job_folder(rc, name): "Required folder tmp not found.",
        }
        looked = [folder]  # it changes when one of the others comes or goes
        for path, sentence in sentences.items():
            if not os.path.isdir(path):  # noqa: PTH112 - hot path
                looked += [path] if path != folder else []  # it may be a link that leads nowhere yet
                return sentence, fingerprint(map(stamp, looked))
        return None, fingerprint(map(stamp, looked))

    def facts(self, experiment: Experiment) -> tuple[FolderFacts | None, Fingerprint]:
        """What the file system says about the experiment's folder, None without one that lies in the root."""
        rc, name = self._settings(), experiment.name
        folder = places.experiment_folder(rc, name)
        taken = fingerprint((stamp(folder),))
        try:
            places.checked(rc, name, folder)
            st = os.stat(folder)  # noqa: PTH116 - hot path
            accessed, modified = (datetime.fromtimestamp(time, UTC) for time in (st.st_atime, st.st_mtime))
        except (Fault, OSError, ValueError, OverflowError):
            return None, taken
        return FolderFacts(folder, st.st_uid, _user(st.st_uid), accessed, modified), taken


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return ""
