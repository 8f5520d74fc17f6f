"""The effective configuration of an experiment, read from its files as Autosubmit itself would.

Guarantees: nothing is written, run or imported from the experiment; nothing of the server's environment and
no rc setting is in the result; what one experiment has in its files costs no more than `limits` says.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mestral.readers import Fingerprint, stamp
from mestral_experiments.model import Configuration
from mestral_experiments.sources.configuration import as3, as4
from mestral_experiments.sources.configuration.brief import brief
from mestral_experiments.sources.configuration.files import Files
from mestral_experiments.sources.configuration.settings import settings_of
from mestral_experiments.sources.faults import Damaged, Unfinished

__all__ = ["brief", "load_configuration", "settings_of"]

_TRIES = 3
_PAUSE_SECONDS = 0.05
_NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


def load_configuration(
    folder: Path, expid: str, *, description: str = "", settings: Mapping[str, Any] = _NO_SETTINGS
) -> tuple[Configuration, Fingerprint]:
    """Read an experiment's configuration.

    Args:
        folder: The experiment's folder, absolute.
        expid: Its name.
        description: Its description in the main database: `DEFAULT.DESCRIPTION` unless a file has one.
        settings: Autosubmit's own settings that placeholders may name, such as `LOCAL_ROOT_DIR`, by
            upper-case name. Their values show where a text uses them and nowhere else: leave secrets out.

    Returns:
        The configuration, empty when there is no `conf` folder, and the fingerprint of every file and folder
        that takes part or could, taken before each was read. `description` and `settings` are not in it.

    Raises:
        Damaged: A file is damaged, cannot be read, or is beyond the limits.
        Unfinished: The same, and it is being written. Both name the file, and know what was looked at.
    """
    for attempt in range(1, _TRIES + 1):
        files = Files(folder)
        try:
            configuration = _load(files, folder, expid, description, settings)
        except Damaged as damage:
            before = files.fingerprint()
            at_rest = before.settled and all(stamp(known.place) == known for known in before.stamps)
            if at_rest or attempt == _TRIES:
                kind = type(damage) if at_rest else Unfinished
                raise kind(f"the configuration of {expid}: {damage}", before) from damage
            time.sleep(_PAUSE_SECONDS)
        else:
            return configuration, files.fingerprint()
    raise AssertionError("the last try returns or raises")


def _load(
    files: Files, folder: Path, expid: str, description: str, settings: Mapping[str, Any]
) -> Configuration:
    if not files.look(f"{folder}/conf").inode:
        return Configuration(data={}, as3=False)
    if files.look(as3.marker(folder, expid)).inode:
        return Configuration(data=as3.load(files, folder, expid), as3=True)
    return Configuration(data=as4.load(files, folder, expid, description, settings), as3=False)
