"""The folder for what Mestral owns: its default, making it, and refusing one on a network file system.

Guarantees: nothing is created before `ensure_state_dir`; the folder it makes is for its owner alone (0700).
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mestral.settings.home import home_folder
from mestral.settings.model import Finding, Settings, SettingsError

MOUNTS = Path("/proc/self/mountinfo")
_TRIED_BYTES = 64 * 1024

# fmt: off
_NETWORK = frozenset({
    "afs", "beegfs", "beegfs_nodev", "ceph", "cifs", "coda", "fhgfs", "glusterfs", "gpfs", "lustre", "ncpfs",
    "nfs", "nfs4", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "wekafs", "fuse.beegfs", "fuse.ceph",
    "fuse.dfuse", "fuse.glusterfs", "fuse.juicefs", "fuse.lustre", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
})
# fmt: on
_PSEUDO = frozenset(
    {"cgroup", "cgroup2", "configfs", "debugfs", "devpts", "mqueue", "proc", "sysfs", "tracefs"}
)


def default_state_dir(environ: Mapping[str, str]) -> Path | None:
    """`$XDG_STATE_HOME/mestral` or `~/.local/state/mestral`; None when no home folder is known."""
    base = environ.get("XDG_STATE_HOME", "")
    if base.startswith("/"):  # the XDG specification: a relative one is ignored
        return Path(base, "mestral")
    home = home_folder(environ)
    return home / ".local/state/mestral" if home is not None else None


def ensure_state_dir(settings: Settings, *, mounts: Path = MOUNTS) -> Path:
    """Make the state folder when it is not there, and check that it can be used.

    Raises:
        SettingsError: It is on a network file system, cannot be made or written, or is open to everybody.
    """
    problem = state_dir_problem(settings, mounts=mounts)
    if problem is None:
        try:
            settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            problem = _problem(settings, f"cannot be made: {error.strerror}")
    if problem is not None:
        raise SettingsError((problem,), settings)
    return settings.state_dir


def state_dir_problem(settings: Settings, *, mounts: Path = MOUNTS) -> Finding | None:
    """What can be said against the state folder, as it is or as it would be made, without making it."""
    kind = _file_system(settings.state_dir, mounts)
    what = ""
    if kind in _NETWORK:
        what = f"is on a network file system ({kind}), where SQLite's locks do not hold and data get lost"
    elif kind in _PSEUDO:
        what = f"is on a file system of the kernel ({kind}), where nothing can be kept"
    else:
        try:
            what = _unusable(settings.state_dir)
        except (OSError, ValueError) as error:
            what = f"cannot be used: {getattr(error, 'strerror', None) or error}"
    return _problem(settings, what) if what else None


def cannot_write(folder: Path) -> str:
    """Why nothing can be written into the state folder now: a full disk, a quota, a folder that is gone.

    Tried with a file that has no name; empty when it can be written.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
    except OSError as error:
        return f"nothing can be written into state_dir ({folder}): {error.strerror}"
    return ""


def _unusable(folder: Path) -> str:
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    writable = os.access(there, os.W_OK | os.X_OK, effective_ids=True)
    if there != folder:
        if not there.is_dir():
            return f"cannot be made: {there} is not a folder"
        return "" if writable else f"cannot be made: {there} cannot be written by this user"
    if not folder.is_dir():
        return "is not a folder"
    if not writable:
        return "cannot be written by this user"
    everybody = folder.stat().st_mode & 0o002
    return "can be written by everybody, who could replace the keys in it" if everybody else ""


def _problem(settings: Settings, what: str) -> Finding:
    return Finding(
        level="error",
        where=settings.origins.get("state_dir", "default of state_dir"),
        key="state_dir",
        message=f"{settings.state_dir} {what}. Set state_dir in mestral.toml, or MESTRAL_STATE_DIR, "
        "to a folder on a local disk that this user owns, such as /var/lib/mestral.",
    )


def _file_system(folder: Path, mounts: Path) -> str:
    """Type of the file system a path is on, or will be; empty where the system does not tell."""
    path = os.path.realpath(folder)
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:  # proc(5): ... mount point is field 5, octal escapes; the type follows the separator
        left, _, right = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), left.split()[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two at one point the later hides the earlier
            best, kind = point, right.split()[0]
    return kind
