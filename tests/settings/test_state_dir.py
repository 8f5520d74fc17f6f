"""The folder for what Mestral owns: where, for whom, and not on a network file system."""

import os
import pwd
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mestral.settings import Settings, SettingsError, ensure_state_dir
from mestral.settings.state_dir import cannot_write

Load = Callable[..., Settings]

MOUNTS = """\
22 1 0:20 / / rw - ext4 /dev/sda1 rw
23 22 0:21 / {home} rw,relatime shared:5 - autofs systemd-1 rw
24 23 0:22 / {home} rw,relatime shared:6 - {kind} server:/home rw
25 24 0:23 / {home}/a\\040disk rw - ext4 /dev/sdb1 rw
"""


def test_default_is_the_state_folder_of_the_user(load: Load, tmp_path: Path) -> None:
    assert load().state_dir == tmp_path / "home/.local/state/mestral"
    assert load(None, {"XDG_STATE_HOME": "/xdg"}).state_dir == Path("/xdg/mestral")
    assert load(None, {"XDG_STATE_HOME": "xdg"}).state_dir == tmp_path / "home/.local/state/mestral"


def test_relative_folder_is_made_absolute_and_home_is_known(load: Load, tmp_path: Path) -> None:
    assert load('state_dir = "here"').state_dir == tmp_path / "here"
    assert load('state_dir = "~/here"').state_dir == tmp_path / "home/here"


def test_loading_makes_nothing_and_ensuring_makes_a_private_folder(load: Load, tmp_path: Path) -> None:
    settings = load('state_dir = "a/b"')
    assert not (tmp_path / "a").exists()
    for _ in range(2):
        assert ensure_state_dir(settings) == tmp_path / "a/b"
        assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "lustre", "gpfs", "beegfs", "fuse.sshfs"])
def test_network_file_system_is_refused(load: Load, tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(home=tmp_path / "home", kind=kind))
    with pytest.raises(SettingsError) as caught:
        ensure_state_dir(load(), mounts=mounts)
    text = str(caught.value)
    assert (
        f"home/.local/state/mestral is on a network file system ({kind}), where SQLite's locks do not hold"
        in text
    )
    assert "Set state_dir in mestral.toml, or MESTRAL_STATE_DIR, to a folder on a local disk" in text
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("home/a disk/x", "nfs"), ("homeless", "nfs"), ("home/x", "xfs")],
    ids=["disk", "beside", "xfs"],
)
def test_local_disk_is_accepted(load: Load, tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(home=tmp_path / "home", kind=kind))
    settings = load(None, {"MESTRAL_STATE_DIR": str(tmp_path / folder)})
    assert ensure_state_dir(settings, mounts=mounts).is_dir()


def test_link_to_a_network_file_system_is_refused(load: Load, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(home=tmp_path / "home", kind="nfs"))
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with pytest.raises(SettingsError, match=r"network file system \(nfs\)"):
        ensure_state_dir(load('state_dir = "link/x"'), mounts=mounts)


def test_system_that_does_not_tell_its_mounts_is_trusted(load: Load, tmp_path: Path) -> None:
    assert ensure_state_dir(load(), mounts=tmp_path / "nothing").is_dir()


def test_folder_that_cannot_be_used_is_refused_with_the_reason(
    load: Load, tmp_path: Path, as_nobody: Callable[[], object]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "foreign").mkdir(mode=0o755)
    with pytest.raises(SettingsError, match=r"file is not a folder"):
        ensure_state_dir(load('state_dir = "file"'))
    with pytest.raises(SettingsError, match=r"mestral\.toml: state_dir: .*open can be written by everybody"):
        ensure_state_dir(load('state_dir = "open"'))
    below, settings = load('state_dir = "foreign/x"'), load('state_dir = "foreign"')
    (tmp_path / "foreign").chmod(0o555)
    as_nobody()
    with pytest.raises(SettingsError, match=r"foreign cannot be written by this user"):
        ensure_state_dir(settings)
    with pytest.raises(
        SettingsError, match=r"foreign/x cannot be made: .*foreign cannot be written by this user"
    ):
        ensure_state_dir(below)


@pytest.mark.parametrize("home", ["", "relative"])
def test_empty_home_says_nothing_and_passwd_is_asked(load: Load, home: str) -> None:
    own = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert load(None, {"HOME": home}).state_dir == own / ".local/state/mestral"
    assert load('state_dir = "~/here"', {"HOME": home}).state_dir == own / "here"


def test_without_any_home_the_setting_to_give_is_named(tmp_path: Path) -> None:
    code = (
        "import os, pwd\nfrom mestral.settings import load_settings, SettingsError\n"
        "if os.getuid(): pwd.getpwuid = lambda number: {}[number]  # only root can become that user\n"
        "else: os.setuid(54321)\n"
        "try: print(load_settings(environ={'HOME': ''}).state_dir)\n"
        "except SettingsError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "default of state_dir: no home folder is known: neither HOME nor passwd" in said.stdout, said
    assert "Set state_dir in mestral.toml, or MESTRAL_STATE_DIR" in said.stdout


def test_a_disk_with_room_for_a_part_is_full(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert cannot_write(tmp_path) == ""
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        problem = cannot_write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert problem == f"nothing can be written into state_dir ({tmp_path}): File too large"
    assert list(tmp_path.iterdir()) == []
