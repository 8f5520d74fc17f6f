"""`Site`: a folder of installed third-party distributions and a small Autosubmit tree; Mestral is run there,
in a process of its own."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.wheels import HEADER, install, make_wheel
from tests.probe import python_path

from mestral_experiments.demo import unpack


class Site:
    """Distributions installed for one test, which a subprocess sees by PYTHONPATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages = folder / "packages"
        self.packages.mkdir()
        unpack(folder)  # an rc file, and what it points to

    def add(self, distribution: str, source: str, **more: Any) -> None:
        """Install a distribution whose one module has this source (see `wheels.HEADER` for what precedes
        it)."""
        install(make_wheel(self.folder, distribution, source, **more), self.packages)

    def write(self, path: str, source: str) -> None:
        """Write a local module (see `wheels.HEADER` for what precedes it) below the site's folder."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEADER + source)

    def run(
        self, *arguments: str, toml: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`mestral ARGUMENTS` with this mestral.toml."""
        return subprocess.run(
            self._command(arguments, toml),
            cwd=self.folder,
            env={**self._environ(), **(environ or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def start(self, *arguments: str, toml: str = "") -> "subprocess.Popen[str]":
        """The same without waiting for its end."""
        return subprocess.Popen(
            self._command(arguments, toml),
            cwd=self.folder,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def serving(self, toml: str) -> Iterator[str]:
        """`mestral serve` with this mestral.toml; gives its address."""
        log = self.folder / "log.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                self._command(("serve", "--port", "0"), toml),
                cwd=self.folder,
                env=self._environ(),
                stdout=output,
                stderr=output,
            )
        try:
            deadline = time.monotonic() + 60
            while (found := re.search(r"running on (http://[\d.:]+)", log.read_text())) is None:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            yield found[1]
        finally:
            process.terminate()
            process.wait(30)

    def _command(self, arguments: Sequence[str], toml: str) -> list[str]:
        (self.folder / "mestral.toml").write_text(toml)
        return [sys.executable, "-m", "mestral", "--config", "mestral.toml", *arguments]

    def _environ(self) -> dict[str, str]:
        return {
            **{key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ},
            "HOME": str(self.folder),
            "PYTHONPATH": python_path(self.packages),
            "MESTRAL_STATE_DIR": str(self.folder / "state"),
        }

    def plugins(self, toml: str = "", **more: Any) -> dict[str, dict[str, Any]]:
        """`mestral plugins list --json`, by name."""
        done = self.run("plugins", "list", "--json", toml=toml, **more)
        assert done.returncode in (0, 1), done.stderr
        return {record["name"]: record for record in json.loads(done.stdout)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty one."""
    return Site(tmp_path)
