"""A TypeScript client generated from `/openapi.json` compiles strictly, and works against the server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.probe import SECRET_TOKEN
from tests.sample_site import Site

PROJECT = Path(__file__).with_name("typescript")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the TypeScript project."""
    if shutil.which("node") is None or not (PROJECT / "node_modules").exists():
        pytest.skip(f"Node.js or packages are missing: npm ci --prefix tests/openapi/{PROJECT.name}")
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(PROJECT / "node_modules")
    return copy


def test_generated_client_compiles_and_works(project: Path, protected_site: Site) -> None:
    def run(tool: str, *arguments: str) -> str:
        path = f"{project / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [tool, *arguments],
            cwd=project,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("openapi-typescript", f"{protected_site.url}/openapi.json", "--output", "mestral.ts")
    run("tsc", "--strict", "--noEmit")
    run("tsc")
    printed = run("node", "built/example.js", protected_site.url, SECRET_TOKEN)
    assert printed.splitlines() == [
        "a000 1.00",
        "a001 0.95",
        "a002 1.00",
        "a000 has 15 jobs that are completed",
        "a000 exists, zzzz does not",
        "404 not_found",
    ]
