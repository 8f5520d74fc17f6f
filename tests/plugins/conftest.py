"""`Site`: a folder of installed third-party distributions, and Mestral run beside it in a process of its
own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.wheels import install, make_wheel


class Site:
    """Distributions installed for one test, which a subprocess sees by PYTHONPATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = folder / "packages"
        self.packages.mkdir()

    def add(self, distribution: str, source: str, **more: Any) -> None:
        """Install a distribution whose one module has this source (see `wheels.HEADER` for what precedes
        it)."""
        install(make_wheel(self.folder, distribution, source, **more), self.packages)

    def run(
        self, *arguments: str, toml: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`mestral ARGUMENTS` with this mestral.toml."""
        (self.folder / "mestral.toml").write_text(toml)
        known = {key: os.environ[key] for key in ("PATH", "LANG", "HOME") if key in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "mestral", "--config", "mestral.toml", *arguments],
            cwd=self.folder,
            env={
                **known,
                "PYTHONPATH": str(self.packages),
                "MESTRAL_STATE_DIR": str(self.folder / "state"),
                **(environ or {}),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    def plugins(self, toml: str = "", **more: Any) -> dict[str, dict[str, Any]]:
        """`mestral plugins list --json`, by name."""
        done = self.run("plugins", "list", "--json", toml=toml, **more)
        assert done.returncode in (0, 1), done.stderr
        return {record["name"]: record for record in json.loads(done.stdout)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty one."""
    return Site(tmp_path)
