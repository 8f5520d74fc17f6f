"""The files of one configuration: stamped first, then read, within limits.

Guarantees: every file and folder that was looked at is in the fingerprint with the stamp it had *before* it
was read, the missing ones too. Only regular files are read, never a device or a pipe. A file that only its
owner may read is read for that owner's experiments alone, so that nobody shows private files of the
server's user (or of anybody else, when the server may read everything) by naming them in his own
configuration.
"""

import logging
import os
import pwd
import stat
from pathlib import Path

from mestral.readers import Fingerprint, Stamp, fingerprint, stamp
from mestral_experiments.sources.configuration.limits import MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES
from mestral_experiments.sources.faults import Damaged, Forbidden

logger = logging.getLogger(__name__)

YAML_ENDINGS = (".yml", ".yaml")


class Files:
    """Reads files and remembers their stamps.

    Args:
        folder: The experiment's folder. Its owner is the one whose private files may be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: dict[str, Stamp] = {}
        self._bytes = 0
        try:
            self._owner: int | None = os.stat(folder).st_uid  # noqa: PTH116 - hot path
        except OSError:
            self._owner = None

    def fingerprint(self) -> Fingerprint:
        """Everything that was looked at so far."""
        return fingerprint(self._stamps.values())

    def name(self, path: str) -> str:
        """The name of a file for the log: relative to the experiment's folder where it is inside."""
        return path.removeprefix(f"{self._folder}/")

    def look(self, path: str) -> Stamp:
        """Stamp a file or folder; the first stamp counts.

        Raises:
            Damaged: When too many were looked at.
        """
        known = self._stamps.get(path)
        if known is None:
            if len(self._stamps) >= MAX_FILES:
                raise Damaged(f"the configuration has more than {MAX_FILES} files")
            known = self._stamps[path] = stamp(path)
        return known

    def expand_user(self, path: str) -> str:
        """`~` means the home of the experiment's owner, not that of whoever runs the server."""
        if path == "~" or path.startswith("~/"):
            try:
                return pwd.getpwuid(self._owner or 0).pw_dir + path[1:]
            except KeyError:
                return path
        return os.path.expanduser(path) if path.startswith("~") else path  # noqa: PTH111 - `~name`, from passwd

    def yaml_files(self, folder: str) -> list[str]:
        """Paths of the YAML files of a folder in plain name order; a missing folder has none.

        Raises:
            Damaged: When the folder cannot be listed.
        """
        self.look(folder)
        try:
            with os.scandir(folder) as entries:
                names = [e.name for e in entries if e.name.endswith(YAML_ENDINGS) and not e.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _refused(error)(f"{self.name(folder)}: cannot be listed: {error.strerror}") from error
        return [f"{folder.rstrip('/')}/{name}" for name in sorted(names)]

    def read(self, path: str) -> bytes | None:
        """The content of a file, None when there is none or it is private to somebody else.

        Raises:
            Damaged: When it cannot be read, is not a regular file, or is too large.
        """
        self.look(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise _refused(error)(f"{self.name(path)}: cannot be opened: {_reason(error)}") from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Damaged(f"{self.name(path)}: not a regular file")
            if status.st_uid != self._owner and not status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
                logger.warning("%s: private to another user, not read", self.name(path))
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise Damaged(f"{self.name(path)}: cannot be read: {error.strerror}") from error
        finally:
            os.close(descriptor)
        self._bytes += len(content)
        if len(content) > MAX_FILE_BYTES:
            raise Damaged(f"{self.name(path)}: larger than {MAX_FILE_BYTES} bytes")
        if self._bytes > MAX_TOTAL_BYTES:
            raise Damaged(f"the files of the configuration are larger than {MAX_TOTAL_BYTES} bytes together")
        return content


def _refused(error: Exception) -> type[Damaged]:
    return Forbidden if isinstance(error, PermissionError) else Damaged


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
