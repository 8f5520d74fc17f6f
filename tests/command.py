"""The command `mestral` in a process of its own, as a deployer runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO


def run_mestral(
    folder: Path, *arguments: str, environ: Mapping[str, str], stdin: IO[str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run it in a folder, which is its home too, with these variables and no others that are settings."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "mestral", *arguments],
        cwd=folder,
        env={"HOME": str(folder), **inherited, **environ},
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
