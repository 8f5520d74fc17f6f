"""Whether the places that experiments are read from can be used: what a deployer has to know of them.

Guarantees: nothing is kept, so that what is mended is seen at once; every sentence names file, key, value and
what to do. A locked database is no fault: it passes.
"""

import os
from collections.abc import Callable

from mestral_experiments.sources.rcfile import RcFile, RcReader


def problem_of(reader: RcReader, look: Callable[[], str]) -> str | None:
    """What is wrong with the rc file, the folder of the experiments or the shared databases; else None.

    Args:
        reader: Of the rc file.
        look: `Storage.problem`, called once the rc file can be read.
    """
    file, rc, problem = reader.look()
    problems = [problem]
    if rc is not None:
        problems.append(_of_root(file, rc))
        if what := look():
            problems.append(f"{file}: {what}")
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
