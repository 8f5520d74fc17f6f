"""The signing key: configured, or generated once."""

import logging
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.probe import SECRET_KEY, probe_settings

from mestral.auth.keys import signing_key
from mestral.settings import Settings, SettingsError


def key_of(state: str) -> str:
    return signing_key(Settings(state_dir=Path(state)))


def test_configured_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    settings = probe_settings(tmp_path)
    assert signing_key(settings) == SECRET_KEY
    assert not settings.state_dir.exists()


def test_generated_key_is_private_reused_and_warned_about_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    key = key_of(str(tmp_path))
    file = tmp_path / "secret_key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key) >= 43
    assert list(tmp_path.iterdir()) == [file]
    assert [record.getMessage() for record in caplog.records if str(file) in record.getMessage()]
    assert key not in caplog.text
    caplog.clear()
    assert key_of(str(tmp_path)) == key
    assert not caplog.records


def test_keys_of_two_folders_differ(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert key_of(str(tmp_path / "a")) != key_of(str(tmp_path / "b"))


def test_servers_that_start_together_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(key_of, [str(tmp_path)] * 40, chunksize=1)
    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("content", ["", "short", "a" * 31, "é" * 40])
def test_damaged_key_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret_key"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"Remove the file to have a new one made"):
        key_of(str(tmp_path))
    assert file.read_text() == content


def test_key_that_others_can_read_is_warned_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    key = key_of(str(tmp_path))
    (tmp_path / "secret_key").chmod(0o644)
    caplog.clear()
    assert key_of(str(tmp_path)) == key
    assert "chmod 600" in caplog.text


@pytest.mark.parametrize(
    ("options", "remedy"), [("nr_inodes=1", "Make room on the disk"), ("ro", "cannot be written")]
)
def test_disk_that_takes_no_key(tmp_path: Path, options: str, remedy: str) -> None:
    """On a real file system without room, in a mount namespace of its own."""
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o {options} none '{tmp_path}'"
    if shutil.which("unshare") is None or subprocess.run([*alone, mount], check=False).returncode:
        pytest.skip("this system lets nobody mount in a namespace of one's own")
    code = f"from tests.auth.test_keys import key_of; key_of({str(tmp_path)!r})"
    done = subprocess.run(
        [*alone, f'{mount} && exec "$0" -c "$1"', sys.executable, code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert remedy in done.stderr
    assert "Remove the file" not in done.stderr
