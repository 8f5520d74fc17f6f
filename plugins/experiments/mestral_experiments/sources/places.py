"""Where the files of an experiment lie.

Guarantees: what `checked` lets through is the place of a name that is one, and no link on the way to it leads
out of the folder it belongs to. Nothing is read here.
"""

import os
import re
from functools import lru_cache
from typing import NamedTuple

from mestral_experiments.model import Experiment
from mestral_experiments.sources.faults import Damaged
from mestral_experiments.sources.rcfile import RcFile

_NAME = re.compile(r"[a-z0-9]{4,}")
_LONGEST = 200  # bytes: no file system takes names of more than 255, endings included


def is_name(text: str) -> bool:
    """Whether a text can be the name of an experiment."""
    return _NAME.fullmatch(text) is not None


def job_folder(rc: RcFile, name: str) -> str:
    """Folder of the files of jobs."""
    return f"{experiment_folder(rc, name)}/tmp"  # noqa: S108 - the experiment's own


def is_file_name(text: str) -> bool:
    """Whether a name, of a job for example, can be part of the name of a file."""
    if "/" in text or "\0" in text:
        return False
    try:
        return len(os.fsencode(text)) <= _LONGEST
    except UnicodeEncodeError:
        return False


def experiment_folder(rc: RcFile, name: str) -> str:
    """The experiment's own folder."""
    return f"{rc.local_root}/{name}"


class JobListFile(NamedTuple):
    """Where a job list may be.

    Attributes:
        path: Absolute path.
        database: Whether it is the database of Autosubmit 4.2 and later; else a pickle.
    """

    path: str
    database: bool


def job_lists(rc: RcFile, experiment: Experiment) -> tuple[JobListFile, JobListFile]:
    """The file of the generation that the version names, then the other: the first that exists counts."""
    return _job_lists(str(rc.local_root), experiment.name, experiment.version)


@lru_cache(1 << 15)  # long lists of experiments ask for all of them, each time
def _job_lists(root: str, name: str, version: str | None) -> tuple[JobListFile, JobListFile]:
    pickled = JobListFile(f"{root}/{name}/pkl/job_list_{name}.pkl", database=False)
    database = JobListFile(f"{root}/{name}/db/job_list.db", database=True)
    return (database, pickled) if has_database(version) else (pickled, database)


def has_database(version: str | None) -> bool:
    """Whether this version of Autosubmit is 4.2 or later; what cannot be read counts as (0, 0)."""
    parts = (version or "").strip().split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdecimal() and len(part) < 9 for part in parts[:2]):
        return False
    return (int(parts[0]), int(parts[1])) >= (4, 2)


def structures(rc: RcFile, experiment: Experiment) -> tuple[str, str]:
    """Databases that may hold the edges: first that of the generation that the version names."""
    own, database = f"{rc.structures}/structure_{experiment.name}.db", _database(rc, experiment.name)
    return (database, own) if has_database(experiment.version) else (own, database)


def packages(rc: RcFile, experiment: Experiment) -> tuple[str, str]:
    """Databases that may hold the wrappers, in the same order."""
    name = experiment.name
    own = f"{experiment_folder(rc, name)}/pkl/job_packages_{name}.db"
    return (_database(rc, name), own) if has_database(experiment.version) else (own, _database(rc, name))


def _database(rc: RcFile, name: str) -> str:
    return f"{experiment_folder(rc, name)}/db/job_list.db"


def history_file(name: str) -> str:
    """Name of the database of runs and attempts of jobs, in the folder of histories."""
    return f"job_data_{name}.db"


def metrics_file(rc: RcFile, name: str) -> str:
    """Database of user metrics."""
    return f"{job_folder(rc, name)}/metrics_{name}.db"


def layout_file(rc: RcFile, name: str) -> str:
    """Database of the stored layout of the graph."""
    return f"{rc.graph or rc.local_root / 'metadata' / 'graph'}/graph_data_{name}.db"


def log_folders(rc: RcFile, name: str) -> tuple[str, str, str]:
    """Folders of logs: of jobs and states, of commands, of what jobs wrote. The others lie in the first."""
    own = job_folder(rc, name)
    return own, f"{own}/ASLOGS", f"{own}/LOG_{name}"


def submissions_file(job: str) -> str:
    """Name of the file of the submissions of a job, in the folder of the files of jobs."""
    return f"{job}_TOTAL_STATS"


def configuration_files(rc: RcFile, name: str) -> list[str]:
    """The `conf` folder and, in order, the files in it that Autosubmit reads."""
    folder = f"{rc.local_root}/{name}/conf"
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - hot path
    except (OSError, ValueError):
        names = []
    return [folder, *(f"{folder}/{file}" for file in names if file.endswith((".yml", ".yaml", ".conf")))]


def exists(path: str) -> bool:
    """Whether something is there, or may be there and cannot be looked at."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def checked(rc: RcFile, name: str, path: str) -> str:
    """The same path, once it is known to stay in the experiment's folder, and that in the root.

    What lies elsewhere, as the history does, stays in the folder it is in.

    Raises:
        Damaged: The name is none, or a link leads out or nowhere.
    """
    if not is_name(name):
        raise Damaged(f"{name!r} is not the name of an experiment")
    own = experiment_folder(rc, name)
    if path.startswith(own + "/"):
        _no_way_out(str(rc.local_root), own)
        _no_way_out(own, path)
    else:
        _no_way_out(path.rpartition("/")[0], path)
    return path


def _no_way_out(folder: str, path: str) -> None:
    """Refuse a link below `folder` that leads out of it; without links this is a few `lstat`."""
    step = path
    while len(step) > len(folder):
        if os.path.islink(step):  # noqa: PTH114 - hot path
            if not os.path.exists(step):  # noqa: PTH110 - hot path
                raise Damaged(f"{step}: a link that leads nowhere")
            if not os.path.realpath(path).startswith(os.path.realpath(folder) + "/"):
                raise Damaged(f"{path}: a link leads out of {folder}")
            return
        step = step.rpartition("/")[0]
