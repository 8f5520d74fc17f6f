"""Mestral as a stranger gets it: its wheel, built and installed without extras into a clean environment."""

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Environment:
    """A virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=True)
        self.bin = folder / "venv" / "bin"

    def install(self, *arguments: str) -> None:
        """`pip install ARGUMENTS`."""
        done = self.run(
            "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments
        )
        assert done.returncode == 0, done.stderr

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, away from the checkout."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=280,
        )

    def environ(self) -> Mapping[str, str]:
        """The caller's environment without what would let the checkout, or a deployment, shine through."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MESTRAL_"))}
        return {**kept, "MESTRAL_STATE_DIR": str(self.folder / "state")}


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of a project with its own build back-end."""
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(project)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Mestral's wheel and what it depends on, without extras (this takes a minute)."""
    wheel = build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(str(wheel))
    return environment
