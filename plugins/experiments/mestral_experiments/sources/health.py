"""Whether the places that experiments are read from can be used: what a deployer has to know of them.

Guarantees: nothing is kept, so that what is mended is seen at once; every sentence names file, key, value and
what to do. A locked database is no fault: it passes.
"""

import os
from pathlib import Path

from mestral_experiments.sources.faults import Busy, Fault, Missing
from mestral_experiments.sources.maindb import MainDatabase
from mestral_experiments.sources.rcfile import RcFile, RcReader


def problem_of(reader: RcReader, main: MainDatabase) -> str | None:
    """What is wrong with the rc file, the folder of the experiments or the experiment database; else None."""
    file, rc, problem = reader.look()
    problems = [problem]
    if rc is not None and rc.postgres:
        problems.append(f"{file}: [database] backend = postgres, which this version cannot read")
    elif rc is not None:
        problems += [_of_root(file, rc), _of_database(file, rc, main)]
    found = [one for one in problems if one]
    if not found:
        return None
    return f"{'; '.join(found)}. Mend it, or name Autosubmit's rc file (rc_file or AUTOSUBMIT_CONFIGURATION)."


def _of_root(file: str, rc: RcFile) -> str:
    try:
        os.scandir(rc.local_root).close()
    except OSError as error:
        default = " (the default)" if rc.local_root == RcFile().local_root else ""
        return f"{file}: [local] path = {rc.local_root}{default}: {error.strerror}"
    return ""


def _of_database(file: str, rc: RcFile, main: MainDatabase) -> str:
    try:
        main.look(rc)
    except Busy:
        return ""
    except Fault as fault:
        what = _missing(rc.main_database) if isinstance(fault, Missing) else str(fault)
        default = " (the default)" if rc.database_dir == RcFile().database_dir else ""
        return f"{file}: [database] path and filename{default}: {what}"
    return ""


def _missing(database: Path) -> str:
    """Why `Missing`: SQLite takes an empty file for a database without tables."""
    return f"{database}: {'has no table experiment' if database.exists() else 'does not exist'}"
