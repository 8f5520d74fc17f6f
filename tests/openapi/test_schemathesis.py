"""schemathesis finds nothing: every answer of a running server is as its OpenAPI document says.

All checks, all phases, requests that fit and requests that do not. The seed makes a failure repeatable; what
it prints holds the command to repeat one request.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.probe import SECRET_TOKEN
from tests.sample_site import Site

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 40
"""Requests per operation and phase at most: two minutes or so for one server."""


@pytest.mark.parametrize("which", ["open_site", "protected_site"])
def test_finds_nothing(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if not SCHEMATHESIS.exists():
        pytest.skip("schemathesis is not installed: pip install 'mestral[test]'")
    site: Site = request.getfixturevalue(which)
    command = [
        *(str(SCHEMATHESIS), "--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", f"{site.url}/openapi.json", "--no-color", "--continue-on-failure"),
        *("--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(EXAMPLES), "--seed", "1", "--generation-database", "none"),
        *("--header", f"Authorization: Bearer {SECRET_TOKEN}"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **hooks}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No issues found" in run.stdout, run.stdout
